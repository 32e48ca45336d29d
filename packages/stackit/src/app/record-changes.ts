import type { Logger } from "pino";
import type { LoggedEvent } from "../contract/events.ts";
import { problemOf } from "../contract/problems.ts";
import type { HookHealth } from "../contract/repo.ts";
import type { Hold } from "../contract/sync-run.ts";
import type { EventLog } from "../events/event-log.ts";
import type { Store } from "../store/open-store.ts";
import type { ForgeNames } from "../sync/forge-names.ts";
import type { ForgeWatchOptions } from "../sync/pull-requests/forge-watch.ts";
import type { RunChange } from "../sync/run-observers.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import type { UpkeepEnded } from "../sync/upkeep-schedule.ts";
import type { OpenedRepo } from "./open-repos.ts";

/** Names in one event; more are counted only. */
const MAX_EVENT_BRANCHES = 500;

/**
 * Each change of a run goes into the store and onto the streams; one line per finished run into the log. Its progress
 * goes onto the streams alone, where nobody who comes later is told what it was.
 */
export function recordRuns(
  queue: SyncQueue,
  store: Store,
  events: Pick<EventLog, "append" | "passOn">,
  log: Logger,
): void {
  queue.observe(async ({ what, storeKey, run, freshness }: RunChange) => {
    const event: LoggedEvent = { name: "sync", data: { repoId: run.repoId, run, freshness } };
    if (what === "progress") return events.passOn(event);
    events.append(event);
    if (run.state === "finished") {
      const { repoId, outcome, triggers, durationMs, error, recloned, hold } = run;
      const isBad = outcome === "failed" || outcome === "held" || recloned;
      const level = isBad ? "warn" : outcome === "unchanged" ? "debug" : "info";
      const facts = { runId: run.id, repoId, outcome, triggers, durationMs, recloned, ...heldFacts(hold) };
      const failure = error && {
        code: error.code,
        detail: error.detail,
        mend: problemOf(error.code)?.mend,
        nextAttemptAt: error.nextAttemptAt,
      };
      log[level]({ ...facts, ...failure }, "sync run");
    }
    await store.syncRuns.save(storeKey, run);
  });
}

/** Names of branches are in the run's record. */
function heldFacts(hold: Hold | undefined): object {
  if (!hold) return {};
  const { id: holdId, branchesBefore, branchesAfter, confirmsAt } = hold;
  return { holdId, branchesBefore, branchesAfter, confirmsAt, mend: problemOf("sync/held")?.mend };
}

/** Webhooks that fall silent, and that announce pushes, go into the log and, where there are any, onto the streams. */
export function hookChanges(
  events: Pick<EventLog, "append"> | undefined,
  log: Logger,
): (repoId: string, hook: HookHealth) => void {
  return (repoId, hook) => {
    const { health, lastPushAt, silentSince, runId } = hook;
    if (health === "silent")
      log.warn({ repoId, runId, silentSince, lastPushAt }, "a change came that no webhook announced");
    else log.info({ repoId }, "a webhook announces the pushes of a repository");
    events?.append({ name: "hook", data: { repoId, hook } });
  };
}

export function logUpkeep({ repoId, durationMs, report, error }: UpkeepEnded, log: Logger): void {
  if (!report) log.warn({ err: error, repoId, durationMs }, "the upkeep of a mirror failed");
  else if (report.isDamaged)
    log.warn({ repoId, durationMs }, "a mirror is damaged; its next run clones it anew");
  else log[report.wasEnded ? "debug" : "info"]({ repoId, durationMs, ...report }, "upkeep of a mirror");
}

export function publishEvents(repo: Pick<OpenedRepo, "id" | "onPublished">, events: EventLog): void {
  repo.onPublished(({ by, generation, stacks, branches, switched }) => {
    const data = {
      repoId: repo.id,
      generation,
      branches: branches.slice(0, MAX_EVENT_BRANCHES),
      truncated: branches.length > MAX_EVENT_BRANCHES,
    };
    if (by === "forge") events.append({ name: "forge", data });
    else events.append({ name: "refresh", data: { ...data, stacks } });
    if (switched) {
      const timestamp = new Date().toISOString();
      events.append({ name: "branch_switched", data: { repoId: repo.id, ...switched, timestamp } });
    }
  });
}

/** That a forge does not answer is told once, and once that it does again. */
export function forgeWatchOptions(names: ForgeNames, events: EventLog, log: Logger): ForgeWatchOptions {
  return {
    forgeRepoIdOf: (repoId) => names.forgeRepoIdOf(repoId),
    onHealth(repoId, generation, { health, reason, checkedAt, nextAttemptAt }) {
      events.append({ name: "forge", data: { repoId, generation, branches: [], truncated: false } });
      const level = health === "failing" ? "warn" : "info";
      log[level]({ repoId, health, reason, checkedAt, nextAttemptAt }, "pull requests");
    },
    onError: (error, repoId) => log.error({ err: error, repoId }, "asking for pull requests failed"),
  };
}
