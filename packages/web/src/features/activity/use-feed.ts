import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { ActivityEvent, ActivityList } from "stackit/contract/activity";
import { getJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { type ActivityQuestion, paths } from "../../api/paths.ts";
import { useHeldTop } from "../../ui/use-held-top.ts";

export interface Feed {
  /** Newest first; undefined before the first answer. */
  events: readonly ActivityEvent[] | undefined;
  /** How many newer ones there are, which are shown when they are asked for. */
  unseen: number;
  showUnseen: () => void;
  error: unknown;
  retry: () => void;
  older: { has: boolean; isLoading: boolean; load: () => void };
}

const forEver = { staleTime: Number.POSITIVE_INFINITY };

/** What happened, page by page, and what comes. While somebody reads further down, nothing moves: what is new is counted only. */
export function useFeed(question: ActivityQuestion, isAtTop: boolean): Feed {
  const client = useQueryClient();
  const pages = useInfiniteQuery({
    queryKey: keys.activityPages(question),
    queryFn: ({ signal, pageParam }) => getJson<ActivityList>(paths.activity(question, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    ...forEver,
  });
  const newest = useQuery({
    queryKey: keys.activityNews(question),
    queryFn: ({ signal }) => getJson<ActivityList>(paths.activity(question), signal),
    enabled: pages.data !== undefined,
    ...forEver,
  });
  const all = useMemo(() => merged(pages.data?.pages, newest.data), [pages.data, newest.data]);
  const newestId = all?.[0]?.id;
  const { top, release } = useHeldTop(newestId, isAtTop);

  // More came than one page holds: what lies between is not known.
  const hasGap =
    newest.data !== undefined && pages.data !== undefined && leavesGap(newest.data, pages.data.pages);
  useEffect(() => {
    if (hasGap) void client.invalidateQueries({ queryKey: keys.activityPages(question) });
  }, [hasGap, client, question]);

  const events = all?.filter(({ id }) => top === undefined || id <= top);
  return {
    events,
    unseen: (all?.length ?? 0) - (events?.length ?? 0),
    showUnseen: release,
    error: pages.error,
    retry: () => void pages.refetch(),
    older: {
      has: pages.hasNextPage,
      isLoading: pages.isFetchingNextPage,
      load: () => void pages.fetchNextPage(),
    },
  };
}

function merged(pages: readonly ActivityList[] | undefined, newest: ActivityList | undefined) {
  if (!pages) return undefined;
  const all = [...(newest?.events ?? []), ...pages.flatMap(({ events }) => events)];
  const byId = new Map(all.map((event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

function leavesGap({ events, next }: ActivityList, [first]: readonly ActivityList[]): boolean {
  const [oldest, known] = [events.at(-1)?.id, first?.events[0]?.id];
  return next !== undefined && oldest !== undefined && known !== undefined && oldest > known;
}
