import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { WebhookDelivery, WebhookDeliveryList } from "stackit/contract/webhook-deliveries";
import { getJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths, type WebhookQuestion } from "../../api/paths.ts";

/** Refused ones are told by no event. */
const LOOK_EVERY_MS = 5_000;

export interface Deliveries {
  /** Newest first; undefined before the first answer. */
  readonly list: readonly WebhookDelivery[] | undefined;
  readonly error: unknown;
  readonly retry: () => void;
  readonly older: { readonly has: boolean; readonly load: () => void };
}

/** Page by page. Looked at again as long as nobody has read on; who reads on is not disturbed. */
export function useDeliveries(question: WebhookQuestion): Deliveries {
  const pages = useInfiniteQuery({
    queryKey: keys.webhooks(question),
    queryFn: ({ signal, pageParam }) =>
      getJson<WebhookDeliveryList>(paths.webhooks(question, pageParam), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LOOK_EVERY_MS),
  });
  const list = useMemo(() => {
    const all = pages.data?.pages.flatMap(({ deliveries }) => deliveries);
    // What came again while pages were read stands where it was seen first.
    return all && [...new Map(all.toReversed().map((each) => [each.key, each])).values()].toReversed();
  }, [pages.data]);
  return {
    list,
    error: pages.error,
    retry: () => void pages.refetch(),
    older: {
      has: pages.hasNextPage,
      load: () => {
        if (!pages.isFetchingNextPage) void pages.fetchNextPage();
      },
    },
  };
}
