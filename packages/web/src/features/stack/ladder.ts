import type { Branch, StackDetail } from "stackit/contract/view";
import {
  hasProblem,
  isMerged,
  isMoved,
  landedWords,
  problemWords,
  remoteWords,
} from "../stacks/branch-state.ts";
import { leafFirst } from "../stacks/rail.ts";
import { checksWords, hasMergeConflict } from "../stacks/review-state.ts";

/** What stands in the way of a branch. `somebody` has to act; `time` is needed, or somebody else's word. */
export interface Obstacle {
  kind: ObstacleKind;
  needs: "somebody" | "time";
  words: string;
}

type ObstacleKind =
  | "problem"
  | "moved"
  | "locked"
  | "conflict"
  | "checks"
  | "changes"
  | "closed"
  | "unpushed"
  | "no-pr"
  | "draft"
  | "review"
  | "running"
  | "unknown";

/** One branch on the way from the trunk to the leaf. */
export interface Rung {
  branch: Branch;
  /** From the trunk: 1 is the root. */
  position: number;
  /** `stands`: as it should, where no pull request says whether it may be merged. */
  state: "merged" | "ready" | "was-ready" | "stands" | "blocked" | "waiting" | "waits-for";
  words: string;
  /** Its own, also when it waits for another branch first. */
  obstacle: Obstacle | undefined;
}

export type StackState = "landed" | "ready" | "was-ready" | "blocked" | "waiting" | "closed" | "stands";

export interface Ladder {
  /** Root first. */
  rungs: Rung[];
  /** The branch that holds up the others. */
  first: Rung | undefined;
  state: StackState;
  /** When it landed, as far as that is known. */
  landedAt: string | undefined;
}

/** Whether what is known of pull requests, reviews and checks is known now. `none`: there is nobody who would know. */
export type ForgeKnowledge = "current" | "old" | "none";

/**
 * How far a stack is on its way into the trunk. A branch is ready only when the forge's word on it is current and nothing
 * below it stands in the way.
 */
export function ladderOf(stack: StackDetail, forge: ForgeKnowledge): Ladder {
  const ordered = leafFirst(stack.branches).toReversed();
  const left = ordered.filter((branch) => !isMerged(branch));
  const byReview = stack.prCount > 0 || forge !== "none";
  const holders = new Map<string, number>();
  const rungs = ordered.map((branch, index): Rung => {
    const position = index + 1;
    const obstacle = obstacleOf(branch, byReview);
    const place = { branch, position, obstacle };
    if (isMerged(branch)) {
      const words = branch.landed ? landedWords(branch.landed) : "merged";
      return { ...place, obstacle: undefined, state: "merged", words };
    }
    const holder = holders.get(branch.parent ?? "");
    if (holder !== undefined) {
      holders.set(branch.name, holder);
      const also = obstacle?.needs === "somebody" ? `, and ${obstacle.words}` : "";
      return { ...place, state: "waits-for", words: `waits for ${holder}${also}` };
    }
    if (obstacle) {
      holders.set(branch.name, position);
      return obstacle.needs === "somebody"
        ? { ...place, state: "blocked", words: `blocked here: ${obstacle.words}` }
        : { ...place, state: "waiting", words: obstacle.words };
    }
    if (!byReview) return { ...place, state: "stands", words: "stands on its parent" };
    return forge === "old"
      ? { ...place, state: "was-ready", words: "was ready" }
      : { ...place, state: "ready", words: "ready" };
  });
  const first =
    rungs.find(({ state }) => state === "blocked") ?? rungs.find(({ state }) => state === "waiting");
  const landedAt = ordered
    .map(({ landed, pr }) => landed?.date ?? pr?.mergedAt)
    .reduce(
      (latest, at) => (at !== undefined && (latest === undefined || at > latest) ? at : latest),
      undefined,
    );
  return { rungs, first, state: stateOf(stack, left, rungs, first), landedAt };
}

function stateOf(
  { status }: StackDetail,
  left: readonly Branch[],
  rungs: readonly Rung[],
  first: Rung | undefined,
): StackState {
  if (left.length === 0) return "landed";
  if (left.every((branch) => branch.pr?.state?.toLowerCase() === "closed")) return "closed";
  if (first) return first.state === "blocked" ? "blocked" : "waiting";
  if (rungs.some(({ state }) => state === "was-ready")) return "was-ready";
  if (rungs.some(({ state }) => state === "stands")) return "stands";
  // The server knows of doubts that no branch shows, such as a record that cannot be read.
  return status === "shippable" ? "ready" : "waiting";
}

/** The first thing that stands in the way, what somebody has to do before what only takes time. */
function obstacleOf(branch: Branch, byReview: boolean): Obstacle | undefined {
  const { ci, pr, restack, remoteStatus } = branch;
  const somebody = (kind: ObstacleKind, words: string): Obstacle => ({ kind, needs: "somebody", words });
  const time = (kind: ObstacleKind, words: string): Obstacle => ({ kind, needs: "time", words });
  const [problem] = branch.problems ?? [];
  if (hasProblem(branch) && problem) return somebody("problem", problemWords[problem.code]);
  if (isMoved(branch)) {
    return somebody("moved", restack.state === "diverged" ? "diverged from parent" : "parent moved");
  }
  if (branch.isLocked || branch.isFrozen) {
    const kind = branch.isLocked ? "locked" : "frozen";
    return somebody("locked", branch.lockReason ? `${kind}, ${branch.lockReason}` : kind);
  }
  if (hasMergeConflict(branch)) return somebody("conflict", "merge conflict");
  if (ci?.status === "failing") return somebody("checks", checksWords(branch) ?? "checks failing");
  if (ci?.reviewDecision === "CHANGES_REQUESTED") return somebody("changes", "changes requested");
  if (!byReview) return undefined;
  if (pr?.state?.toLowerCase() === "closed") return somebody("closed", "pull request closed");
  const remote = remoteWords(branch);
  if (remoteStatus?.missingRemote && !pr) return somebody("unpushed", "not pushed");
  if (!pr) return somebody("no-pr", "no pull request");
  if (remoteStatus && remoteStatus.ahead > 0 && remote) return somebody("unpushed", remote);
  if (pr.isDraft) return time("draft", "still a draft");
  if (ci?.reviewDecision === "REVIEW_REQUIRED") return time("review", "waits for review");
  if (ci?.status === "pending") return time("running", checksWords(branch) ?? "checks running");
  if (!ci || ci.status === "unknown") return time("unknown", "checks not known");
  return undefined;
}

/** "1–3 ready · 4 blocked here: parent moved · 5 waits for 4": what neighbours have in common is said once. */
export function ladderWords(rungs: readonly Rung[]): string {
  const spans: { from: number; to: number; words: string }[] = [];
  for (const { position, words } of rungs) {
    const last = spans.at(-1);
    if (last?.words === words) last.to = position;
    else spans.push({ from: position, to: position, words });
  }
  return spans
    .map(({ from, to, words }) => {
      if (from === to) return `${from} ${words}`;
      return `${from}–${to} ${inPlural(words)}`;
    })
    .join(" · ");
}

function inPlural(words: string): string {
  return words
    .replace(/^waits /, "wait ")
    .replace(/^was /, "were ")
    .replace(/^stands on its/, "stand on their");
}

export interface Totals {
  branches: number;
  commits: number;
  /** Of the branches whose lines are counted. */
  added: number;
  deleted: number;
  /** Branches whose lines are not counted yet. */
  uncounted: number;
}

export function totalsOf({ branches }: StackDetail): Totals {
  const totals: Totals = { branches: branches.length, commits: 0, added: 0, deleted: 0, uncounted: 0 };
  for (const { commitCount, linesAdded, linesDeleted } of branches) {
    totals.commits += commitCount;
    if (linesAdded === undefined) totals.uncounted += 1;
    totals.added += linesAdded ?? 0;
    totals.deleted += linesDeleted ?? 0;
  }
  return totals;
}
