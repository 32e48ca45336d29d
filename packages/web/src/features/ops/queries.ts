import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { AuditList } from "stackit/contract/audit";
import type { Ops } from "stackit/contract/ops";
import { ApiError, getJson } from "../../api/client.ts";
import { keys } from "../../api/keys.ts";
import { paths } from "../../api/paths.ts";

/** No event tells of the queue as a whole: it is asked while somebody looks. */
const ASK_EVERY_MS = 2_000;

export function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && [401, 403, 404].includes(error.status);
}

export const opsQuery = queryOptions({
  queryKey: keys.ops,
  queryFn: ({ signal }) => getJson<Ops>(paths.ops, signal),
  // Who may not see it is not asked about again: each refusal is written down.
  refetchInterval: ({ state: { error } }) => (isRefusal(error) ? false : ASK_EVERY_MS),
  retry: false,
});

export const auditQuery = infiniteQueryOptions({
  queryKey: keys.audit,
  queryFn: ({ signal, pageParam }) => getJson<AuditList>(paths.audit(pageParam), signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});
