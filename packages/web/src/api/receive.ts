import type { QueryClient, QueryKey } from "@tanstack/react-query";
import type { ServerEventName, ServerEvents } from "stackit/contract/events";
import type { Freshness, RepoStatus, RepoSummary, ServerConfig } from "stackit/contract/repo";
import type { Submission } from "stackit/contract/submit";
import type { SyncRun } from "stackit/contract/sync-run";
import { coalesce } from "../lib/coalesce.ts";
import { keys } from "./keys.ts";
import type { LiveEvent, LiveListener } from "./live/live-hub.ts";
import { type RunPages, withRun } from "./run-pages.ts";
import { staleAfter } from "./stale-after.ts";
import { laterSubmission } from "./submissions.ts";

/** A list is drawn anew at most twice a second, however fast the pushes come. */
const READ_AGAIN_EVERY_MS = 500;

/** Keeps what is known of the server true to what it says. A hidden page only notes what is stale, and reads it when seen. */
export function receiveInto(client: QueryClient): LiveListener & Disposable {
  const stale = coalesce<QueryKey>(READ_AGAIN_EVERY_MS, (queryKeys) => {
    const refetchType = document.hidden ? "none" : "active";
    for (const queryKey of distinct(queryKeys)) void client.invalidateQueries({ queryKey, refetchType });
  });

  const readWhatIsStale = () => {
    if (document.hidden) return;
    void client.refetchQueries({ type: "active", predicate: (query) => query.state.isInvalidated });
  };
  document.addEventListener("visibilitychange", readWhatIsStale);

  return {
    event(event) {
      if (event.name === "sync") keep(client, event.data);
      if (event.name === "submit") keepSubmission(client, event.data.submission);
      if (event.name === "connected" || event.name === "heartbeat") noticeVersion(client, event.data.version);
      stale.add(...staleKeys(event));
    },
    async gap() {
      const live = { predicate: ({ queryKey }: { queryKey: QueryKey }) => queryKey[0] !== "diff" };
      await client.invalidateQueries({ ...live, refetchType: document.hidden ? "none" : "active" });
    },
    [Symbol.dispose]() {
      stale.dispose();
      document.removeEventListener("visibilitychange", readWhatIsStale);
    },
  };
}

function staleKeys(event: LiveEvent): readonly QueryKey[] {
  // The record has one function for each name, and an event's data is that of its name.
  const answer = staleAfter[event.name] as (data: ServerEvents[ServerEventName]) => readonly QueryKey[];
  return answer(event.data);
}

function distinct(queryKeys: QueryKey[]): QueryKey[] {
  return [...new Map(queryKeys.map((key) => [JSON.stringify(key), key])).values()];
}

function noticeVersion(client: QueryClient, version: string): void {
  const known = client.getQueryData<ServerConfig>(keys.config)?.version;
  if (known !== undefined && known !== version) void client.invalidateQueries({ queryKey: keys.config });
}

/** A run, and the freshness that follows from it, travel with the event: nothing needs to be asked. */
function keep(client: QueryClient, { repoId, run, freshness }: ServerEvents["sync"]): void {
  client.setQueryData<SyncRun>(keys.run(repoId, run.id), (known) =>
    known?.state === "finished" ? known : run,
  );
  client.setQueryData<RunPages>(keys.runs(repoId), (pages) => withRun(pages, run));
  const refreshed = <T extends { freshness: Freshness }>(repo: T): T => ({ ...repo, freshness });
  client.setQueryData<RepoStatus>(keys.status(repoId), (status) => (status ? refreshed(status) : status));
  client.setQueryData<RepoSummary[]>(keys.repos, (repos) =>
    repos?.map((repo) => (repo.id === repoId ? refreshed(repo) : repo)),
  );
}

function keepSubmission(client: QueryClient, told: Submission): void {
  const { repoId, id, rootBranch } = told;
  client.setQueryData<Submission>(keys.submission(repoId, id), (known) => laterSubmission(known, told));
  // Ids grow with time: the end of an older one says nothing of the stack.
  client.setQueryData<string>(keys.lastSubmission(repoId, rootBranch), (known) =>
    known !== undefined && known > id ? known : id,
  );
}

/** Of what was answered rather than told: events may have come before it that are newer. */
export function keepAnswered(client: QueryClient, answered: Submission): void {
  const { repoId, id } = answered;
  if (!client.getQueryData<Submission>(keys.submission(repoId, id))) keepSubmission(client, answered);
}
