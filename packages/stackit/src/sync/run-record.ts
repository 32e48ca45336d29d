import { type ProblemCode, problems } from "../contract/problems.ts";
import type { RunError, SyncRun, Trigger } from "../contract/sync-run.ts";
import type { SyncResult } from "./sync-target.ts";

/** Why a run failed, as clients may read it. A `SyncFailure` is one. */
export interface RunFailure {
  readonly code: ProblemCode;
  readonly message: string;
  readonly retryable: boolean;
  /** The remote asks not to be asked again before. */
  readonly retryAfterMs?: number | undefined;
}

/** The records below are values: each change makes a new one, so whoever was given one keeps what was true then. */
export type RunRecord = Readonly<SyncRun>;

/** The people behind a request. */
export interface AskedBy {
  readonly requestedBy?: string | undefined;
  readonly pushedBy?: readonly string[] | undefined;
}

/** Of those who pushed. */
const MAX_NAMED = 10;

export function queuedRun(
  run: { id: string; repoId: string; triggers: readonly Trigger[] } & AskedBy,
  wallMs: number,
): RunRecord {
  return {
    id: run.id,
    repoId: run.repoId,
    triggers: [...run.triggers],
    ...namesOf(run),
    requestedAt: instant(wallMs),
    state: "queued",
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
  };
}

/** A further request for a run that has not started. The first person who asked stays named, and everybody who pushed. */
export function joinedRun(run: RunRecord, triggers: readonly Trigger[], by: AskedBy = {}): RunRecord {
  return {
    ...run,
    triggers: [...new Set([...run.triggers, ...triggers])],
    ...namesOf({
      requestedBy: run.requestedBy ?? by.requestedBy,
      pushedBy: [...(run.pushedBy ?? []), ...(by.pushedBy ?? [])],
    }),
  };
}

function namesOf({ requestedBy, pushedBy = [] }: AskedBy): Pick<SyncRun, "requestedBy" | "pushedBy"> {
  return {
    ...(requestedBy !== undefined && { requestedBy }),
    ...(pushedBy.length > 0 && { pushedBy: [...new Set(pushedBy)].slice(0, MAX_NAMED) }),
  };
}

export function startedRun(run: RunRecord, wallMs: number, queueMs: number): RunRecord {
  return {
    ...run,
    state: "running",
    startedAt: instant(wallMs),
    phases: { ...run.phases, queueMs: Math.round(queueMs) },
  };
}

export function succeededRun(
  run: RunRecord,
  result: SyncResult,
  wallMs: number,
  durationMs: number,
): RunRecord {
  return {
    ...finishedRun(run, wallMs),
    durationMs: Math.round(durationMs),
    outcome: result.outcome,
    generation: result.generation,
    refs: result.refs,
    stacks: result.stacks,
    phases: { ...result.phases, queueMs: run.phases.queueMs },
    ...(result.recloned ? { recloned: true } : {}),
    ...(result.repair ? { repair: result.repair } : {}),
    ...(result.hold === undefined ? {} : { hold: result.hold }),
    ...(result.unmet === undefined || result.unmet.length === 0 ? {} : { unmet: [...result.unmet] }),
  };
}

/** `durationMs` is left out for a run that never started. */
export function failedRun(
  run: RunRecord,
  failure: RunFailure,
  wallMs: number,
  more: { durationMs?: number | undefined; nextAttemptAtMs?: number | undefined } = {},
): RunRecord {
  const error: RunError = {
    code: failure.code,
    title: problems[failure.code].title,
    detail: failure.message,
    retryable: failure.retryable,
    ...(more.nextAttemptAtMs === undefined ? {} : { nextAttemptAt: instant(more.nextAttemptAtMs) }),
  };
  return {
    ...finishedRun(run, wallMs),
    ...(more.durationMs === undefined ? {} : { durationMs: Math.round(more.durationMs) }),
    outcome: "failed",
    error,
  };
}

function finishedRun({ progress: _, ...run }: RunRecord, wallMs: number): RunRecord {
  return { ...run, state: "finished", finishedAt: instant(wallMs) };
}

export function instant(wallMs: number): string {
  return new Date(wallMs).toISOString();
}
