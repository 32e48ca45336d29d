import type { PullRequest } from "./pull-request.ts";
import { memberFor } from "./tool-branches.ts";

const RANK = { open: 0, merged: 1, closed: 2 } as const;

/**
 * The pull request of each branch of a repository, by the branch that is shown for it. A branch of the same name in a fork is another
 * branch. Of several the open one counts, else the merged one, else the newest.
 */
export function pickPullRequests(
  pullRequests: Iterable<PullRequest>,
  repositoryId: number,
): Map<string, PullRequest> {
  const picked = new Map<string, PullRequest>();
  for (const pullRequest of pullRequests) {
    if (pullRequest.headRepositoryId !== repositoryId) continue;
    const branch = memberFor(pullRequest.head);
    const other = picked.get(branch);
    if (!other || beats(pullRequest, other)) picked.set(branch, pullRequest);
  }
  return picked;
}

function beats(one: PullRequest, other: PullRequest): boolean {
  const byState = RANK[other.state] - RANK[one.state];
  return byState !== 0 ? byState > 0 : one.number > other.number;
}
