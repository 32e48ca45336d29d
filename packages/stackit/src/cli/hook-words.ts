import type { HookHealth } from "../contract/repo.ts";
import { ago } from "./ago.ts";

/** That a change came which no webhook announced; empty when none did. */
export function hookTrouble(hook: HookHealth | undefined, nowMs: number): string[] {
  if (hook?.health !== "silent") return [];
  const { silentSince, lastPushAt } = hook;
  return [
    `a change came ${ago(silentSince, nowMs)} that no webhook announced, the last push that one announced came ${ago(lastPushAt, nowMs)}; look at the webhook's deliveries at GitHub`,
  ];
}
