import type { Freshness, RepoKind } from "../contract/repo.ts";
import type { SyncRun } from "../contract/sync-run.ts";

/** What the finished runs of a repository leave behind. */
export type RunHistory = Pick<
  Freshness,
  "lastAttempt" | "lastSuccessAt" | "lastChangeAt" | "consecutiveFailures"
>;

export const NO_HISTORY: RunHistory = { consecutiveFailures: 0 };

/** Ends that say nothing about the repository: the run was taken away from it. */
const CUT_SHORT: ReadonlySet<string> = new Set(["sync/shutting-down", "repo/not-found"]);

/**
 * A held run is no failure, since the remote answered, and no success either, since readers keep the old state: a
 * mirror that stays held becomes late.
 */
export function historyAfter(history: RunHistory, run: SyncRun): RunHistory {
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

export interface FreshnessFacts {
  readonly kind: RepoKind;
  readonly expectedMaxAgeSec: number;
  readonly history: RunHistory;
  readonly activity: "idle" | "queued" | "running";
  readonly nextDueAt?: string | undefined;
}

/** What to tell people about how far the repository can be believed at `wallMs`. */
export function deriveFreshness(facts: FreshnessFacts, wallMs: number): Freshness {
  const { history } = facts;
  const firstClone =
    facts.kind === "mirror" && facts.activity === "running" && history.lastSuccessAt === undefined;
  return {
    health: health(facts, wallMs),
    activity: firstClone ? "cloning" : facts.activity,
    ...(history.lastSuccessAt === undefined ? {} : { lastSuccessAt: history.lastSuccessAt }),
    ...(history.lastChangeAt === undefined ? {} : { lastChangeAt: history.lastChangeAt }),
    ...(history.lastAttempt === undefined ? {} : { lastAttempt: history.lastAttempt }),
    consecutiveFailures: history.consecutiveFailures,
    ...(facts.nextDueAt === undefined ? {} : { nextDueAt: facts.nextDueAt }),
    expectedMaxAgeSec: facts.expectedMaxAgeSec,
  };
}

function health({ kind, expectedMaxAgeSec, history }: FreshnessFacts, wallMs: number): Freshness["health"] {
  if (history.consecutiveFailures > 0) return "failing";
  if (history.lastSuccessAt === undefined) return "never";
  if (kind === "working-copy") return "local";
  return wallMs - Date.parse(history.lastSuccessAt) > expectedMaxAgeSec * 1000 ? "late" : "fresh";
}
