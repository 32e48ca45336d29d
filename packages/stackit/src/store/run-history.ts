import type { Freshness } from "../contract/repo.ts";
import type { RunOutcome, SyncRun } from "../contract/sync-run.ts";

/** What the finished runs of a repository leave behind. */
export type RunHistory = Pick<
  Freshness,
  "lastAttempt" | "lastSuccessAt" | "lastChangeAt" | "consecutiveFailures" | "failingSince" | "recent"
> & { readonly news?: News };

/** Since when a repository has been quiet. */
export interface News {
  readonly at: string;
  /**
   * How its last change came to be known. `look`: without a webhook. `first-run`: none is known since the first run
   * that is.
   */
  readonly by: "webhook" | "look" | "first-run";
}

export const NO_HISTORY: RunHistory = { consecutiveFailures: 0, recent: [] };

/** So many runs are shown at a glance. */
const KEPT_RECENT = 12;

/** What counts of a run. */
export type EndedRun = Pick<SyncRun, "id" | "outcome" | "finishedAt" | "durationMs"> & {
  error?: { code: string; detail?: string };
  /** The refs or the stacks were others than before. */
  readonly changed: boolean;
  /** A webhook was among what asked for it. */
  readonly announced: boolean;
};

/** Ends that say nothing about the repository: the run was taken away from it. */
const CUT_SHORT: ReadonlySet<string> = new Set(["sync/shutting-down", "sync/cancelled", "repo/not-found"]);

export function endedRun(run: Readonly<SyncRun>): EndedRun {
  return { ...run, changed: changedAnything(run), announced: run.triggers.includes("webhook") };
}

/** The first reading of a process has nothing to be compared with: such a run says `updated`, and found no change. */
function changedAnything({ refs, stacks }: Readonly<SyncRun>): boolean {
  const many =
    refs.created +
    refs.updated +
    refs.deleted +
    stacks.created.length +
    stacks.changed.length +
    stacks.removed.length;
  return many > 0;
}

/**
 * Runs are given in the order in which they ended; one that has not ended changes nothing.
 * A held run is no failure, since the remote answered, and no success either, since readers keep the old state: a
 * mirror that stays held becomes late.
 */
export function historyAfter(history: RunHistory, run: EndedRun): RunHistory {
  const at = run.finishedAt;
  if (at === undefined || run.outcome === undefined) return history;
  if (run.error && CUT_SHORT.has(run.error.code)) return history;
  const succeeded = run.outcome === "updated" || run.outcome === "unchanged" || run.outcome === "partial";
  const failed = run.outcome === "failed";
  const { failingSince = at, ...before } = history;
  return {
    ...before,
    lastAttempt: {
      at,
      runId: run.id,
      outcome: run.outcome,
      ...(run.error ? { code: run.error.code } : {}),
      ...(run.error?.detail === undefined ? {} : { detail: run.error.detail }),
    },
    ...(succeeded ? { lastSuccessAt: at, news: newsAfter(history.news, run, at) } : {}),
    ...(succeeded && run.changed ? { lastChangeAt: at } : {}),
    consecutiveFailures: failed ? history.consecutiveFailures + 1 : 0,
    ...(failed ? { failingSince } : {}),
    recent: [...history.recent.slice(1 - KEPT_RECENT), glance(run.outcome, run.durationMs)],
  };
}

function glance(outcome: RunOutcome, durationMs: number | undefined): RunHistory["recent"][number] {
  return { outcome, ...(durationMs === undefined ? {} : { durationMs }) };
}

/** A webhook that brings nothing new announced what somebody who was quicker had found. */
function newsAfter(news: News | undefined, { changed, announced }: EndedRun, at: string): News {
  if (!news) return { at, by: "first-run" };
  if (changed) return { at, by: announced ? "webhook" : "look" };
  return announced && news.by === "look" ? { ...news, by: "webhook" } : news;
}
