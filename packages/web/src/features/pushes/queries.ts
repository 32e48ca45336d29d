import { queryOptions } from "@tanstack/react-query";
import type { PushComparison, PushList } from "stackit/contract/pushes";
import type { BranchDiff } from "stackit/contract/view";
import { getJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { type PushesQuestion, paths } from "../../api/paths.ts";

/** What two commits give never changes. */
const forGood = { staleTime: Number.POSITIVE_INFINITY, structuralSharing: false } as const;

export function pushesQuery(id: string, branch: string) {
  return queryOptions({
    queryKey: keys.pushes(id, branch),
    queryFn: ({ signal }) => getJson<PushList>(paths.pushes(id, branch), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `revisions` are the commits that the numbers stand for. */
export function rangeQuery(id: string, question: PushesQuestion, revisions: readonly string[]) {
  return queryOptions({
    queryKey: keys.comparison(id, question, "range", revisions),
    queryFn: ({ signal }) => getJson<PushComparison>(paths.comparison(id, question, "range"), signal),
    ...forGood,
  });
}

export function treeQuery(id: string, question: PushesQuestion, revisions: readonly string[]) {
  return queryOptions({
    queryKey: keys.comparison(id, question, "tree", revisions),
    queryFn: ({ signal }) => getJson<BranchDiff>(paths.comparison(id, question, "tree"), signal),
    ...forGood,
  });
}

/** What one commit changes that either push has. */
export function commitQuery(id: string, question: PushesQuestion, sha: string) {
  return queryOptions({
    queryKey: keys.comparison(id, question, "commit", sha),
    queryFn: ({ signal }) => getJson<BranchDiff>(paths.comparedCommit(id, question, sha), signal),
    ...forGood,
  });
}
