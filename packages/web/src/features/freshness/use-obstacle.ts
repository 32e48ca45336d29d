import { describeLink } from "../../api/live/link.ts";
import { useServices, useStore, useTicking } from "../../services.ts";
import { isBusy } from "./sync-flow.ts";
import type { Sync } from "./use-sync.ts";

/** Why no sync can be asked for now. */
export function useObstacle(sync: Sync): string | undefined {
  const unreachable = useUnreachable();
  return unreachable ?? (isBusy(sync.flow) ? "A sync is under way" : undefined);
}

/** Why nothing can be asked of the server now. */
export function useUnreachable(): string | undefined {
  const { live } = useServices();
  const link = useStore(live.link);
  // The link keeps the browser's time, not the server's.
  useTicking(() => describeLink(link, Date.now()).kind);
  const state = describeLink(link, Date.now());
  if (state.kind === "offline") return "You are offline";
  if (state.kind === "reconnecting" && state.silent) return "The server does not answer";
  return undefined;
}
