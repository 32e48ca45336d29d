import { isDeepStrictEqual } from "node:util";
import type { Branch, Ci, PullRequest as PullRequestView } from "../contract/view.ts";
import type { BranchNode, StackGraph } from "../stacks/build-graph.ts";
import type { ChecksState, CommitChecks, PullRequest } from "../stacks/pull-request.ts";
import type { StackMember } from "../stacks/stack-status.ts";

/** What is known of the pull requests of a repository's branches. Immutable. */
export interface ForgeKnowledge {
  /** By branch, the one that counts. */
  readonly pullRequests: ReadonlyMap<string, PullRequest>;
  /** All that were merged, also where a newer one counts for the branch. */
  readonly merged: readonly PullRequest[];
  /** Whether it may be taken for how things are now. */
  readonly isCurrent: boolean;
}

/** The branches of which a reader would see something else. When things were seen is no difference. */
export function changedBranches(before: ForgeKnowledge | undefined, after: ForgeKnowledge): string[] {
  const names = new Set([...(before?.pullRequests.keys() ?? []), ...after.pullRequests.keys()]);
  const all = before?.isCurrent !== after.isCurrent;
  return [...names].filter((name) => {
    const [old, now] = [before?.pullRequests.get(name), after.pullRequests.get(name)];
    if (all || old === undefined || now === undefined) return true;
    return old !== now && !isDeepStrictEqual(timeless(old), timeless(now));
  });
}

/** Whether it tells of commits that heads became, of which nothing was told before. */
export function hasNewMerges(before: ForgeKnowledge | undefined, { merged }: ForgeKnowledge): boolean {
  const known = new Set(before?.merged.map(({ mergeCommitOid }) => mergeCommitOid));
  return merged.some(({ mergeCommitOid: oid }) => oid !== undefined && !known.has(oid));
}

function timeless(pullRequest: PullRequest): unknown {
  const { body: _, updatedAtMs: __, observedAtMs, checks, ...shown } = pullRequest;
  const isOld = checks && checks.observedAtMs < observedAtMs;
  return [shown, checks?.oid, checks?.state, checks?.checks, isOld];
}

/** The same branch with what its forge says, which knows better than what a tool once recorded. */
export function withPullRequest(branch: Branch, pullRequest: PullRequest): Branch {
  const ci = pullRequest.state === "open" ? ciView(branch.revision, pullRequest) : undefined;
  return { ...branch, pr: pullRequestView(pullRequest), ...(ci && { ci }) };
}

/** With each check and review. */
export function withChecks(branch: Branch, { checks, reviews }: PullRequest): Branch {
  if (!branch.ci) return branch;
  const isOfRevision = checks?.oid === branch.revision;
  return {
    ...branch,
    ci: {
      ...branch.ci,
      ...(isOfRevision && { checks: checks.checks.map((check) => ({ ...check })) }),
      ...(reviews.length > 0 && { reviews: reviews.map((review) => ({ ...review })) }),
    },
  };
}

/** What decides about a branch in its stack. */
export function stackMember(
  node: BranchNode,
  graph: StackGraph,
  forge: ForgeKnowledge | undefined,
): StackMember {
  const { state } = node.standing;
  const pullRequest = forge?.pullRequests.get(node.name);
  const isMerged = pullRequest !== undefined && isMergedBelow(node, pullRequest, graph);
  const recorded = node.metadata?.pullRequest;
  const isReady = recorded !== undefined && recorded.state !== "CLOSED" && !recorded.isDraft;
  return {
    isLanded: node.landed !== undefined || state === "merged" || isMerged,
    isLocked: node.metadata?.lockReason !== undefined,
    isMoved: state === "parent-moved" || state === "diverged",
    isUncertain: node.problems.some(({ code }) => code === "metadata-unreadable"),
    hasPullRequest: pullRequest ? pullRequest.state === "open" : isReady,
    ...(pullRequest?.state === "open" && {
      forge: { ...pullRequest, checks: knownChecks(node.tip, pullRequest, forge) },
    }),
  };
}

/** Whether all of it went into what it stands on. What was merged into another branch may never come to the trunk. */
function isMergedBelow(
  { tip, parent }: BranchNode,
  { state, headOid, base }: PullRequest,
  { trunk, nodes }: StackGraph,
): boolean {
  if (state !== "merged" || headOid !== tip) return false;
  for (let at = nodes.get(parent); at; at = nodes.get(at.parent)) if (at.name === base) return true;
  return base === trunk?.name;
}

function knownChecks(
  tip: string,
  { checks, observedAtMs }: PullRequest,
  forge: ForgeKnowledge | undefined,
): ChecksState | "unknown" {
  if (checks?.oid !== tip) return "unknown";
  // What went wrong stays wrong until somebody says otherwise; what went well need not be so by now.
  const isCurrent = forge?.isCurrent && checks.observedAtMs >= observedAtMs;
  return isCurrent || checks.state === "failing" ? checks.state : "unknown";
}

function pullRequestView(pullRequest: PullRequest): PullRequestView {
  const { number, title, url, isDraft, base, author, labels, mergeable, mergedAtMs } = pullRequest;
  const { stack, stackObservedAtMs } = pullRequest;
  return {
    number,
    title,
    state: pullRequest.state.toUpperCase(),
    url,
    isDraft,
    base,
    revision: pullRequest.headOid,
    ...(author !== undefined && { author }),
    ...(labels.length > 0 && { labels: [...labels] }),
    ...(pullRequest.state === "open" && { mergeable }),
    ...(mergedAtMs !== undefined && { mergedAt: instant(mergedAtMs) }),
    ...(stack && {
      stack: {
        number: stack.number,
        position: stack.position,
        size: stack.size,
        ...(stackObservedAtMs !== undefined && { observedAt: instant(stackObservedAtMs) }),
      },
    }),
    observedAt: instant(pullRequest.observedAtMs),
  };
}

/** Checks of another commit than the branch has say nothing about it. */
function ciView(revision: string, { checks, reviewDecision, observedAtMs }: PullRequest): Ci {
  const isOfRevision = checks?.oid === revision;
  return {
    status: isOfRevision ? checks.state : "unknown",
    ...(reviewDecision !== undefined && { reviewDecision }),
    ...(isOfRevision && checks.checks.length > 0 && { counts: countsOf(checks) }),
    ...(checks &&
      !isOfRevision && {
        outdated: {
          status: checks.state,
          revision: checks.oid,
          observedAt: instant(checks.observedAtMs),
        },
      }),
    observedAt: instant(isOfRevision ? checks.observedAtMs : observedAtMs),
  };
}

function countsOf({ checks }: CommitChecks): NonNullable<Ci["counts"]> {
  const counts = { passing: 0, failing: 0, pending: 0, skipped: 0 };
  for (const { state } of checks) counts[state]++;
  return counts;
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
