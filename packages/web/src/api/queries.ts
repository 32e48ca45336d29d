import { queryOptions, skipToken, useQuery } from "@tanstack/react-query";
import type { ActivityEvent, ActivityList } from "stackit/contract/activity";
import type { SessionList, SignedIn } from "stackit/contract/auth";
import type { RepoList, RepoStatus, RepoSummary, ServerConfig } from "stackit/contract/repo";
import type { Submission } from "stackit/contract/submit";
import type { SyncRun } from "stackit/contract/sync-run";
import type { Branch, BranchDiff, FileLines, StackDetail, View, ViewChanges } from "stackit/contract/view";
import { ApiError, getJson, getTagged, type Tagged } from "./client.ts";
import { keys } from "./keys.ts";
import { type DiffQuestion, type LinesQuestion, paths } from "./paths.ts";
import { shareView, withChanges } from "./share-view.ts";
import { laterSubmission } from "./submissions.ts";

/** Whatever the server said holds until an event says otherwise. */
const untilToldOtherwise = { staleTime: Number.POSITIVE_INFINITY };

export const configQuery = queryOptions({
  queryKey: keys.config,
  queryFn: ({ signal }) => getJson<ServerConfig>(paths.config, signal),
  ...untilToldOtherwise,
});

/** Null when nobody is signed in, or when it cannot be said now. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: async ({ signal }): Promise<SignedIn | null> => {
    try {
      return await getJson<SignedIn>(paths.me, signal);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  ...untilToldOtherwise,
});

export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: async ({ signal }) => (await getJson<SessionList>(paths.sessions, signal)).sessions,
});

export const reposQuery = queryOptions({
  queryKey: keys.repos,
  queryFn: async ({ signal }): Promise<RepoSummary[]> => (await getJson<RepoList>(paths.repos, signal)).repos,
  ...untilToldOtherwise,
});

export function statusQuery(id: string) {
  return queryOptions({
    queryKey: keys.status(id),
    queryFn: ({ signal }) => getJson<RepoStatus>(paths.repo(id), signal),
    ...untilToldOtherwise,
  });
}

export function viewQuery(id: string) {
  return queryOptions({
    queryKey: keys.view(id),
    queryFn: async ({ signal, client }): Promise<Tagged<View>> => {
      const known = client.getQueryData<Tagged<View>>(keys.view(id));
      if (known?.etag === undefined) return getTagged<View>(paths.view(id), signal);
      const changes = await getJson<ViewChanges>(paths.viewChanges(id, known.etag), signal);
      return known.etag.includes(changes.tag)
        ? known
        : { etag: changes.tag, body: withChanges(known.body, changes) };
    },
    structuralSharing: shareTaggedView,
    ...untilToldOtherwise,
  });
}

/** The query library does not know the type of what it asks to be shared. */
function shareTaggedView(previous: unknown, next: unknown): unknown {
  const before = previous as Tagged<View> | undefined;
  const after = next as Tagged<View>;
  return before === after ? before : { etag: after.etag, body: shareView(before?.body, after.body) };
}

/** One branch with its commits. */
export function branchQuery(id: string, name: string) {
  return queryOptions({
    queryKey: keys.branch(id, name),
    queryFn: ({ signal }) => getJson<Branch>(paths.branch(id, name), signal),
    ...untilToldOtherwise,
  });
}

/** The stack that goes or went by a name, an id or a root; null when none does any more. */
export function stackQuery(id: string, name: string) {
  return queryOptions({
    queryKey: keys.stack(id, name),
    queryFn: async ({ signal }): Promise<StackDetail | null> => {
      try {
        return await getJson<StackDetail>(paths.stack(id, name), signal);
      } catch (error) {
        if (error instanceof ApiError && error.code === "stack/not-found") return null;
        throw error;
      }
    },
    ...untilToldOtherwise,
  });
}

/** How a branch came to be deleted last, as far as that is remembered; null otherwise. */
export function deletionQuery(id: string, branch: string) {
  return queryOptions({
    queryKey: keys.activityNews("deletion", id, branch),
    queryFn: async ({ signal }): Promise<ActivityEvent | null> => {
      const { events } = await getJson<ActivityList>(paths.deletions(id), signal);
      return events.find((event) => event.branch === branch) ?? null;
    },
    ...untilToldOtherwise,
  });
}

/** What happened last to a stack, by its id, as far as that is remembered; null otherwise. */
export function lastOfStackQuery(id: string, stack: string) {
  return queryOptions({
    queryKey: keys.activityNews("stack", id, stack),
    queryFn: async ({ signal }): Promise<ActivityEvent | null> =>
      (await getJson<ActivityList>(paths.lastOfStack(id, stack), signal)).events[0] ?? null,
    ...untilToldOtherwise,
  });
}

/** `seen` is the commit that the reader chose to look at: a new push does not change what is on the screen. */
export function diffQuery(id: string, question: DiffQuestion, seen: string) {
  return queryOptions({
    queryKey: keys.diff(id, question, seen),
    queryFn: ({ signal }) => getJson<BranchDiff>(paths.diff(id, question), signal),
    ...untilToldOtherwise,
    structuralSharing: false,
  });
}

export function linesQuery(id: string, question: LinesQuestion) {
  return queryOptions({
    queryKey: keys.lines(id, question),
    queryFn: ({ signal }) => getJson<FileLines>(paths.lines(id, question), signal),
    ...untilToldOtherwise,
    structuralSharing: false,
  });
}

export function runQuery(id: string, runId: string) {
  return queryOptions({
    queryKey: keys.run(id, runId),
    queryFn: ({ signal }) => getJson<SyncRun>(paths.run(id, runId), signal),
    ...untilToldOtherwise,
  });
}

export function submissionQuery(id: string, submissionId: string) {
  return queryOptions({
    queryKey: keys.submission(id, submissionId),
    queryFn: async ({ signal, client }) => {
      const told = await getJson<Submission>(paths.submission(id, submissionId), signal);
      return laterSubmission(client.getQueryData<Submission>(keys.submission(id, submissionId)), told);
    },
    ...untilToldOtherwise,
  });
}

/** Told by events alone. */
export function lastSubmissionQuery(id: string, root: string) {
  return queryOptions<string>({
    queryKey: keys.lastSubmission(id, root),
    queryFn: skipToken,
    ...untilToldOtherwise,
  });
}

export function useConfig(): ServerConfig | undefined {
  return useQuery(configQuery).data;
}

/** Whether who looks at the page runs the server: on one that is open to this machine alone, everybody does. */
export function useIsOperator(): boolean {
  const config = useConfig();
  const me = useQuery({ ...meQuery, enabled: config?.authRequired ?? false }).data;
  if (!config || config.readOnly) return false;
  return config.authRequired ? (me?.isOperator ?? false) : true;
}
