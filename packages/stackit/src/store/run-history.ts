import type { Freshness } from "../contract/repo.ts";
import type { SyncRun } from "../contract/sync-run.ts";

/** What the finished runs of a repository leave behind. */
export type RunHistory = Pick<
  Freshness,
  "lastAttempt" | "lastSuccessAt" | "lastChangeAt" | "consecutiveFailures"
>;

export const NO_HISTORY: RunHistory = { consecutiveFailures: 0 };

/** What counts of a run; a SyncRun is one. */
export type EndedRun = Pick<SyncRun, "id" | "outcome" | "finishedAt"> & { error?: { code: string } };

/** Ends that say nothing about the repository: the run was taken away from it. */
const CUT_SHORT: ReadonlySet<string> = new Set(["sync/shutting-down", "repo/not-found"]);

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
  return {
    ...history,
    lastAttempt: {
      at,
      runId: run.id,
      outcome: run.outcome,
      ...(run.error ? { code: run.error.code } : {}),
    },
    ...(succeeded ? { lastSuccessAt: at } : {}),
    ...(run.outcome === "updated" || run.outcome === "partial" ? { lastChangeAt: at } : {}),
    consecutiveFailures: run.outcome === "failed" ? history.consecutiveFailures + 1 : 0,
  };
}
