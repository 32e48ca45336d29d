import type { BranchNode } from "../stacks/build-graph.ts";
import { firstParents, type History } from "../stacks/history.ts";
import type { PullRequest } from "../stacks/pull-request.ts";
import type { ForgeKnowledge } from "./forge-knowledge.ts";

/** One sentence about a branch whose pull request was merged, though it is not known that all of it has landed. */
export function mergeNote(
  { name, tip, standing, landed, metadata }: BranchNode,
  {
    forge,
    history,
    info: { trunk },
  }: {
    readonly forge?: ForgeKnowledge | undefined;
    readonly history: History;
    readonly info: { readonly trunk: string };
  },
): string | undefined {
  if (landed || standing.state === "merged") return undefined;
  const pullRequest = forge?.pullRequests.get(name);
  if (pullRequest)
    return pullRequest.state === "merged" ? forgeNote(pullRequest, tip, trunk, history) : undefined;
  const recorded = metadata?.pullRequest;
  if (recorded?.state !== "MERGED") return undefined;
  return `Its pull request #${recorded.number} is recorded as merged, but it has commits that are not known to be on ${trunk}.`;
}

function forgeNote(
  { number, headOid, mergedAtMs, mergeCommitOid }: PullRequest,
  tip: string,
  trunk: string,
  history: History,
): string {
  const day = mergedAtMs === undefined ? "" : ` on ${new Date(mergedAtMs).toISOString().slice(0, 10)}`;
  const was = `Its pull request #${number} was merged${day}`;
  const more = commitsSince(history, tip, headOid);
  if (more === undefined) return `${was} at ${headOid.slice(0, 7)}, which it does not stand on.`;
  if (more > 0) return `${was}, and it has ${more} more ${more === 1 ? "commit" : "commits"} since.`;
  const as = mergeCommitOid === undefined ? "" : ` as ${mergeCommitOid.slice(0, 7)}`;
  return `${was}${as}, but that is not known to be on ${trunk}.`;
}

/** Undefined when it does not stand on it. */
function commitsSince(history: History, tip: string, oid: string): number | undefined {
  let count = 0;
  for (const commit of firstParents(history, tip)) {
    if (commit.oid === oid) return count;
    count++;
  }
  return undefined;
}
