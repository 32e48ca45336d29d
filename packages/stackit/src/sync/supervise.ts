import type { Clock } from "../lib/clock.ts";
import type { RunFailure } from "./run-record.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "./sync-target.ts";

export type Outcome = { result: SyncResult } | { failure: RunFailure };

export interface Answer {
  readonly outcome: Outcome;
  /** Present when the target ignored the abort: settles when it has ended after all. */
  readonly hanging?: Promise<void>;
}

export interface Supervision {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What an aborted target gets to clean up before its run is answered without it. */
  readonly graceMs: number;
  /** Hears what clients must not: errors that are no `SyncFailure`, and those that have a cause. */
  onError(error: unknown): void;
}

/**
 * Calls `target.sync` at once and answers for it: at the deadline, or when `aborter` aborts, the run has failed, however
 * the target takes it. A target that succeeds in spite of the abort has succeeded. Never rejects.
 */
export function supervise(
  target: SyncTarget,
  work: Omit<SyncWork, "signal" | "extendDeadline">,
  aborter: AbortController,
  { clock, timeoutMs, graceMs, onError }: Supervision,
): Promise<Answer> {
  if (aborter.signal.aborted) return Promise.resolve({ outcome: { failure: aborter.signal.reason } });
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { signal } = aborter;
  let isOver = false;
  let cancelTimer = (): void => {};
  const setDeadline = (ms: number): void => {
    if (isOver || signal.aborted) return;
    cancelTimer();
    cancelTimer = clock.after(ms, () => aborter.abort(timedOut(ms)));
  };
  setDeadline(target.timeoutMs ?? timeoutMs);

  const ended = (async () => target.sync({ ...work, signal, extendDeadline: setDeadline }))().then(
    (result) => settle({ result }),
    (error: unknown) => settle({ failure: failureOf(error) }),
  );
  signal.addEventListener("abort", () => {
    cancelTimer();
    cancelTimer = clock.after(graceMs, () =>
      resolve({ outcome: { failure: signal.reason }, hanging: ended }),
    );
  });
  return promise;

  function settle(outcome: Outcome): void {
    isOver = true;
    cancelTimer();
    resolve({ outcome });
  }

  function failureOf(error: unknown): RunFailure {
    if (signal.aborted) return signal.reason;
    if (error instanceof SyncFailure) {
      if (error.cause !== undefined) onError(error);
      return error;
    }
    onError(error);
    return UNEXPECTED;
  }
}

const UNEXPECTED: RunFailure = {
  code: "sync/unreadable",
  message: "Something unexpected failed while the repository was read; the server's log has the cause.",
  retryable: true,
};

function timedOut(timeoutMs: number): RunFailure {
  return {
    code: "sync/timeout",
    message: `The run did not end within ${timeoutMs / 1000} s and was stopped.`,
    retryable: true,
  };
}
