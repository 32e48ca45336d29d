import type { Departed } from "./departed.ts";
import type { History } from "./history.ts";
import type { LandedTips } from "./landed.ts";
import { type LandingQuestion, landingQuestion } from "./landing-questions.ts";
import type { PullRequest } from "./pull-request.ts";
import { forkPoint } from "./restack.ts";

/** What a forge says it merged. It came into the trunk if the trunk has that commit. */
export interface ForgeMerge {
  readonly tip: string;
  readonly base: string;
  /** Newest first; none where merges make them no series. */
  readonly commits: readonly string[];
  readonly commit: string;
  readonly mergedAtMs: number | undefined;
}

/**
 * The heads of merged pull requests that are off the trunk, or were when they left the stacks, and are not known to have landed. With
 * the commit that a head became came all of it that was off the trunk, whatever branch it was merged into first.
 */
export function forgeMerges(
  merged: readonly PullRequest[],
  departed: readonly Departed[],
  landed: LandedTips,
  history: History,
): ForgeMerge[] {
  const merges: ForgeMerge[] = [];
  for (const { headOid: tip, mergeCommitOid: commit, mergedAtMs } of merged) {
    if (commit === undefined || landed.has(tip)) continue;
    const question = questionOf(tip, history) ?? departed.find((each) => each.tip === tip)?.question;
    if (question) merges.push({ tip, base: question.base, commits: question.commits, commit, mergedAtMs });
  }
  return merges;
}

function questionOf(tip: string, history: History): LandingQuestion | undefined {
  const fork = history.commit(tip) && forkPoint(history, tip);
  return fork === undefined ? undefined : landingQuestion(tip, fork, history);
}
