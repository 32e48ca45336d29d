import type { ForgeHealth } from "../../contract/repo.ts";
import { LATE_MS } from "./forge-pace.ts";

/** How it stands with asking a forge about one repository. Times are epoch milliseconds. */
export interface ForgeStanding {
  /** When the forge last said that nothing else is new. */
  readonly checkedAtMs: number | undefined;
  readonly failing:
    | { readonly sinceMs: number; readonly reason: string; readonly nextAttemptAtMs: number }
    | undefined;
}

/** Whether what the forge said may be taken for how things are now. */
export function isCurrent(checkedAtMs: number | undefined, nowMs: number): boolean {
  return checkedAtMs !== undefined && nowMs - checkedAtMs < LATE_MS;
}

/** A failure is told at once, though what was said before is current for a while. */
export function forgeHealth({ checkedAtMs, failing }: ForgeStanding, nowMs: number): ForgeHealth {
  const checked = checkedAtMs === undefined ? {} : { checkedAt: instant(checkedAtMs) };
  if (failing) {
    return {
      health: "failing",
      ...checked,
      failingSince: instant(failing.sinceMs),
      reason: failing.reason,
      nextAttemptAt: instant(Math.max(failing.nextAttemptAtMs, nowMs)),
    };
  }
  if (checkedAtMs === undefined) return { health: "never" };
  return { health: isCurrent(checkedAtMs, nowMs) ? "current" : "late", ...checked };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
