import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { SyncRun, SyncRunList } from "stackit/contract/sync-run";
import { getJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";

export interface Runs {
  /** Newest first; undefined before the first answer. */
  runs: readonly SyncRun[] | undefined;
  error: unknown;
  retry: () => void;
  older: { has: boolean; isLoading: boolean; load: () => void };
  /** The one that was asked for is not among all that are kept. */
  isMissing: boolean;
}

/** The runs of a repository as they stand: the stream keeps those that are loaded up to date. Loads until `wanted` is among them. */
export function useRuns(repoId: string, wanted: string | undefined): Runs {
  const query = useInfiniteQuery({
    queryKey: keys.runs(repoId),
    queryFn: ({ signal, pageParam }) => getJson<SyncRunList>(paths.runs(repoId, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    // What came while nobody looked was not written down here.
    staleTime: 0,
  });
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const runs = data?.pages.flatMap((page) => page.runs);
  const isAbsent = wanted !== undefined && runs !== undefined && !runs.some(({ id }) => id === wanted);
  const mayBeOlder = isAbsent && hasNextPage && wanted < (runs.at(-1)?.id ?? "");
  useEffect(() => {
    if (mayBeOlder && !isFetchingNextPage) void fetchNextPage();
  }, [mayBeOlder, isFetchingNextPage, fetchNextPage]);

  return {
    runs,
    error: query.error,
    retry: () => void query.refetch(),
    older: { has: hasNextPage, isLoading: isFetchingNextPage, load: () => void fetchNextPage() },
    isMissing: isAbsent && !mayBeOlder && !query.isFetching,
  };
}
