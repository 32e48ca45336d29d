import type { Branch, LandedBranch, StackDetail } from "stackit/contract/view";
import { checksWords, hasMergeConflict, isObjectedTo } from "./review-state.ts";

/** The shape of a node on the rail: the life of its pull request, unless the parent moved. */
export type NodeShape = "none" | "draft" | "open" | "merged" | "closed" | "moved";
/** Its colour. */
export type NodeTone = "waiting" | "ready" | "running" | "blocked" | "merged" | "moved";

export function nodeShape(branch: Branch): NodeShape {
  if (isMerged(branch)) return "merged";
  if (isMoved(branch)) return "moved";
  const state = branch.pr?.state?.toLowerCase();
  if (!branch.pr || hasMergedPr(branch)) return "none";
  if (state === "closed") return "closed";
  return branch.pr.isDraft ? "draft" : "open";
}

export function nodeTone(branch: Branch, stack: StackDetail): NodeTone {
  if (isMerged(branch)) return "merged";
  if (isMoved(branch)) return "moved";
  if (hasProblem(branch) || isObjectedTo(branch)) return "blocked";
  if (branch.ci?.status === "pending") return "running";
  return stack.status === "shippable" ? "ready" : "waiting";
}

/** Since when it waits for somebody: since its newest commit, until it is merged. */
export function waitingSince(branch: Branch): string | undefined {
  return isMerged(branch) ? undefined : branch.commitDate;
}

export function isMerged(branch: Branch): boolean {
  return branch.restack.state === "merged" || (hasMergedPr(branch) && !hasGoneOn(branch));
}

function hasMergedPr({ pr }: Branch): boolean {
  return pr?.state?.toLowerCase() === "merged";
}

/** Whether it has commits that its pull request never had. */
function hasGoneOn({ pr, revision }: Branch): boolean {
  return pr?.revision !== undefined && pr.revision !== revision;
}

export function isMoved(branch: Branch): boolean {
  const { state } = branch.restack;
  return state === "parent-moved" || state === "diverged" || (branch.needsRestack && state !== "merged");
}

export function hasProblem(branch: Branch): boolean {
  return (branch.problems?.length ?? 0) > 0;
}

/** Ancestry always names another parent where the recorded one moved; that is no dispute of its own. */
export function isDisputed(branch: Branch): boolean {
  if (branch.edge.agreed) return false;
  if (!isMoved(branch) && !isMerged(branch)) return true;
  const told = branch.edge.sources.filter(({ source }) => source !== "ancestry").map(({ parent }) => parent);
  return new Set(told).size > 1;
}

export interface Chip {
  text: string;
  tone: "warn" | "bad" | "idle" | "merged" | "here";
}

/** Only what is out of the ordinary: a branch without chips is as it should be. */
export function chipsOf(branch: Branch): Chip[] {
  const chips: Chip[] = [];
  const add = (text: string, tone: Chip["tone"]) => chips.push({ text, tone });
  if (branch.isCurrent) add("You are here", "here");
  if (branch.landed) add(landedWords(branch.landed), "merged");
  else if (isMerged(branch)) add("merged", "merged");
  else if (branch.restack.state === "diverged") add("diverged from parent", "warn");
  else if (isMoved(branch)) add("parent moved", "warn");
  if (branch.restack.preview?.state === "conflicts") add("restack conflicts", "bad");
  if (branch.ci?.status === "failing") add(checksWords(branch) ?? "checks failing", "bad");
  if (branch.ci?.reviewDecision === "CHANGES_REQUESTED") add("changes requested", "bad");
  if (hasMergeConflict(branch)) add("merge conflict", "bad");
  for (const problem of branch.problems ?? []) add(problemWords[problem.code], "bad");
  if (isDisputed(branch)) add("parent disputed", "warn");
  if (branch.isLocked) add("locked", "idle");
  if (branch.isFrozen) add("frozen", "idle");
  if (branch.inWorktree && !branch.isCurrent) add("in a worktree", "idle");
  return chips;
}

const landedVerbs = { merge: "merged by", squash: "squashed as", rebase: "rebased as" } as const;

export function landedWords({ how, commit }: LandedBranch): string {
  return `${landedVerbs[how]} ${commit.slice(0, 7)}`;
}

type ProblemCode = NonNullable<Branch["problems"]>[number]["code"];

export const problemWords: Record<ProblemCode, string> = {
  "metadata-unreadable": "metadata unreadable",
  "parent-not-recorded": "no parent recorded",
  "parent-missing": "parent is in no stack",
  "parent-is-self": "is its own parent",
  cycle: "parents form a circle",
  "ambiguous-parent": "parent is a guess",
  "has-merges": "contains merges",
  "unrelated-history": "unrelated history",
  "missing-object": "commit is missing",
};

export function prWords(branch: Branch): string | undefined {
  const { pr } = branch;
  if (!pr) return undefined;
  const shape = isMerged(branch) ? "merged" : pr.isDraft ? "draft" : (pr.state?.toLowerCase() ?? "open");
  const isOver = shape !== "draft" && shape !== "open";
  return `PR ${pr.number} ${shape}${isOver && hasGoneOn(branch) ? ", and the branch went on" : ""}`;
}

/** What stands against the branch's remote counterpart, or nothing when both are equal or there is no remote. */
export function remoteWords(branch: Branch): string | undefined {
  const status = branch.remoteStatus;
  if (!status) return undefined;
  if (status.missingRemote) return "not pushed";
  if (status.diverged) return `diverged, ${status.ahead} ahead and ${status.behind} behind the remote`;
  if (status.ahead > 0) return `${status.ahead} ahead of the remote`;
  if (status.behind > 0) return `${status.behind} behind the remote`;
  return undefined;
}

/** The headline of a branch: its pull request's, else that of its newest commit. */
export function branchTitle(branch: Branch): string {
  return branch.pr?.title || branch.commitMessage || branch.name;
}
