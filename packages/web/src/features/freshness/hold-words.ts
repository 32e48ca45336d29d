import type { RepoKind } from "stackit/contract/repo";
import type { Hold, SyncRun } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";
import { describeResult, isBusy, type SyncFlow } from "./sync-flow.ts";

/**
 * What became of a hold that somebody looks at. `changed`: something else is held by now. `refused`: it was not let through, and
 * may be asked for again. `over`: nothing is held any more.
 */
export type HoldState =
  | { kind: "open" }
  | { kind: "asking" }
  | { kind: "changed"; hold: Hold }
  | { kind: "refused"; text: string }
  | { kind: "over" };

/** `latest`: the last run that finished, as far as it is known. */
export function describeHold(seen: Hold, latest: SyncRun | undefined, flow: SyncFlow): HoldState {
  if (isBusy(flow)) return { kind: "asking" };
  if (flow.step === "refused") {
    return { kind: "refused", text: [flow.title, flow.detail].filter(Boolean).join(". ") };
  }
  if (latest === undefined || latest.hold?.id === seen.id) return { kind: "open" };
  if (latest.hold) return { kind: "changed", hold: latest.hold };
  if (latest.outcome === "failed") {
    return { kind: "refused", text: `${describeResult(latest).text} Nothing was changed.` };
  }
  return { kind: "over" };
}

/** At most 200 are named; of more the difference tells. */
export function lostCount({ wouldRemove, branchesBefore, branchesAfter }: Hold): number {
  return Math.max(wouldRemove.length, branchesBefore - branchesAfter);
}

/** "17 of 21 branches". */
export function lostWords(hold: Hold): string {
  return `${lostCount(hold)} of ${count(hold.branchesBefore, "branch", "branches")}`;
}

export function loserWords(kind: RepoKind): string {
  return kind === "mirror" ? "The remote" : "This clone";
}
