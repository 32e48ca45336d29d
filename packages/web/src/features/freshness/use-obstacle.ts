import { describeLink } from "../../api/live/link.ts";
import { useServices, useStore, useTicking } from "../../services.ts";
import { isBusy } from "./sync-flow.ts";
import type { Sync } from "./use-sync.ts";

/** Why no sync can be asked for now. */
export function useObstacle(sync: Sync): string | undefined {
  const { live, ticker } = useServices();
  const link = useStore(live.link);
  useTicking((now) => describeLink(link, now).kind);
  const state = describeLink(link, ticker.now());
  if (state.kind === "offline") return "You are offline";
  if (state.kind === "reconnecting" && state.silent) return "The server does not answer";
  return isBusy(sync.flow) ? "A sync is under way" : undefined;
}
