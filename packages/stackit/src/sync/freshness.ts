import type { Freshness, RepoKind } from "../contract/repo.ts";
import type { SyncProgress } from "../contract/sync-run.ts";
import type { RunHistory } from "../store/run-history.ts";

export interface FreshnessFacts {
  readonly kind: RepoKind;
  readonly expectedMaxAgeSec: number;
  readonly history: RunHistory;
  readonly activity: "idle" | "queued" | "running";
  /** Of the run at work. */
  readonly progress?: SyncProgress | undefined;
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
    ...(facts.progress === undefined ? {} : { progress: facts.progress }),
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
