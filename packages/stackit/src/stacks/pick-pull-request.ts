import type { PullRequest } from "./pull-request.ts";

const RANK = { open: 0, merged: 1, closed: 2 } as const;

/**
 * The pull request of each branch of a repository, by branch. A branch of the same name in a fork is another branch. Of several
 * the open one counts, else the merged one, else the newest.
 */
export function pickPullRequests(
  pullRequests: Iterable<PullRequest>,
  repositoryId: number,
): Map<string, PullRequest> {
  const picked = new Map<string, PullRequest>();
  for (const pullRequest of pullRequests) {
    if (pullRequest.headRepositoryId !== repositoryId) continue;
    const other = picked.get(pullRequest.head);
    if (!other || beats(pullRequest, other)) picked.set(pullRequest.head, pullRequest);
  }
  return picked;
}

function beats(one: PullRequest, other: PullRequest): boolean {
  const byState = RANK[other.state] - RANK[one.state];
  return byState !== 0 ? byState > 0 : one.number > other.number;
}
