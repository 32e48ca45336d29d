import type { Branch, Ci } from "stackit/contract/view";
import { count } from "../../lib/words.ts";
import type { GlyphName } from "../../ui/glyphs.tsx";

export type ChecksStatus = Ci["status"];

/** What stands for the checks; each beside its words. */
export const checksSigns: Record<Exclude<ChecksStatus, "none">, GlyphName> = {
  passing: "ok",
  failing: "failing",
  pending: "running",
  skipped: "paused",
  unknown: "never",
};

const statusWords: Record<ChecksStatus, string> = {
  passing: "checks passing",
  failing: "checks failing",
  pending: "checks running",
  skipped: "checks skipped",
  none: "no checks",
  unknown: "checks not known yet",
};

/** "2 of 9 checks failing"; nothing where there is no open pull request. */
export function checksWords({ ci }: Branch): string | undefined {
  if (!ci) return undefined;
  const { status, counts } = ci;
  if (!counts || (status !== "failing" && status !== "pending")) return statusWords[status];
  const all = counts.passing + counts.failing + counts.pending + counts.skipped;
  return `${counts[status]} of ${count(all, "check")} ${status === "failing" ? "failing" : "running"}`;
}

const decisions: ReadonlyMap<string, string> = new Map([
  ["APPROVED", "approved"],
  ["CHANGES_REQUESTED", "changes requested"],
  ["REVIEW_REQUIRED", "review needed"],
]);

export function reviewWords({ ci }: Branch): string | undefined {
  return decisions.get(ci?.reviewDecision ?? "");
}

/** Whether somebody must do something before it can be merged. */
export function isObjectedTo(branch: Branch): boolean {
  const { ci } = branch;
  return ci?.status === "failing" || ci?.reviewDecision === "CHANGES_REQUESTED" || hasMergeConflict(branch);
}

/** Whether its forge says so, or a merge that was tried here. */
export function hasMergeConflict({ pr, restack }: Branch): boolean {
  return pr?.mergeable === "conflicting" || restack.trunkMerge?.state === "conflicts";
}
