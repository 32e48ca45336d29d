import type { LoggedEvent } from "../contract/events.ts";
import type { Freshness } from "../contract/repo.ts";
import type { SyncRun } from "../contract/sync-run.ts";
import type { EventLog } from "../events/event-log.ts";
import type { ActivityReader, SyncHistory, SyncRequester } from "../http/server-parts.ts";

/**
 * What a public server says of its runs: what failed, but not in which folder, by which variable or for whom. That stands in its log,
 * and `stackit doctor` tells it to its operator.
 */
const FOR_ITS_OPERATOR = "Why is told to the operator of this server.";

export function runForStrangers({ requestedBy: _, pushedBy: __, error, ...run }: SyncRun): SyncRun {
  return { ...run, ...(error && { error: { ...error, detail: FOR_ITS_OPERATOR } }) };
}

export function freshnessForStrangers(freshness: Freshness): Freshness {
  const { lastAttempt } = freshness;
  if (lastAttempt?.detail === undefined) return freshness;
  return { ...freshness, lastAttempt: { ...lastAttempt, detail: FOR_ITS_OPERATOR } };
}

/** Where runs are told of. */
export function eventsForStrangers(events: EventLog): Pick<EventLog, "append" | "passOn"> {
  return {
    append: (event) => events.append(eventForStrangers(event)),
    passOn: (event) => events.passOn(eventForStrangers(event)),
  };
}

function eventForStrangers(event: LoggedEvent): LoggedEvent {
  if (event.name !== "sync") return event;
  const { run, freshness, ...data } = event.data;
  return {
    name: "sync",
    data: { ...data, run: runForStrangers(run), freshness: freshnessForStrangers(freshness) },
  };
}

export function syncsForStrangers(syncs: SyncRequester): SyncRequester {
  return {
    request: (repoId, ask) => syncs.request(repoId, ask),
    observe: (observer) => syncs.observe(observer),
    backlog: () => syncs.backlog(),
    pending: () => syncs.pending(),
    cancel: (repoId, runId) => syncs.cancel(repoId, runId),
    freshness: (repoId) => freshnessForStrangers(syncs.freshness(repoId)),
    findRun: (repoId, runId) => {
      const run = syncs.findRun(repoId, runId);
      return run && runForStrangers(run);
    },
  };
}

export function historyForStrangers(history: SyncHistory): SyncHistory {
  return {
    check: () => history.check(),
    async list(repoId, page) {
      const { runs, ...rest } = await history.list(repoId, page);
      return { ...rest, runs: runs.map(runForStrangers) };
    },
    async find(repoId, runId) {
      const run = await history.find(repoId, runId);
      return run && runForStrangers(run);
    },
  };
}

/** What forges and commits say of people is public there; who added a repository here is not. */
export function activityForStrangers(activity: ActivityReader): ActivityReader {
  return {
    async list(repoIds, asked) {
      const { events, ...rest } = await activity.list(repoIds, asked);
      return { ...rest, events: events.filter(({ kind }) => kind !== "repo-added") };
    },
  };
}
