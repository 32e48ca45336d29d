import { Problem } from "../contract/problem-error.ts";
import { type ProblemCode, problems } from "../contract/problems.ts";
import { ForgeWriteError, type ForgeWriteFailure } from "../forge/forge-write-error.ts";
import { mirrorFailure } from "../sync/mirror-target.ts";

/** Why something was not done, in words for a client: no path, no URL, no secret. */
export interface Failure {
  readonly code: ProblemCode;
  readonly title: string;
  readonly detail: string;
  /** Wall clock: not before this time, as the forge asked. */
  readonly retryAtMs?: number;
}

export function failureOf(error: unknown, wallMs: number): Failure {
  if (error instanceof Problem) return withTitle(error.code, error.message);
  if (error instanceof ForgeWriteError) {
    const { failure, message, retryAfterMs } = error;
    const retryAtMs = retryAfterMs === undefined ? undefined : wallMs + retryAfterMs;
    return { ...withTitle(OF_FORGE[failure], message), ...(retryAtMs !== undefined && { retryAtMs }) };
  }
  const { code, message, retryAfterMs } = mirrorFailure(error);
  const retryAtMs = retryAfterMs === undefined ? undefined : wallMs + retryAfterMs;
  return { ...withTitle(code, message), ...(retryAtMs !== undefined && { retryAtMs }) };
}

/** What ended what the signal is for, which may look like a failure of git or the remote. Undefined while it has not aborted. */
export function interruption(signal: AbortSignal, cause: unknown): Problem | undefined {
  if (!signal.aborted) return undefined;
  const { reason } = signal;
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new Problem("sync/timeout", "The submit was not through in time.", { cause })
    : new Problem("sync/shutting-down", "The server stops, or nobody waits for this any more.", { cause });
}

const OF_FORGE: Readonly<Record<ForgeWriteFailure, ProblemCode>> = {
  "auth-failed": "submit/no-credentials",
  forbidden: "submit/not-permitted",
  "not-found": "submit/not-permitted",
  refused: "submit/pull-request-refused",
  "rate-limited": "sync/rate-limited",
  unreachable: "sync/remote-unreachable",
  aborted: "sync/shutting-down",
  error: "sync/remote-error",
};

function withTitle(code: ProblemCode, detail: string): Failure {
  return { code, title: problems[code].title, detail };
}

/** Whoever was told to wait, or may not do this, is told the same of all else. */
export function isForAll(error: unknown): boolean {
  return error instanceof ForgeWriteError && ["rate-limited", "auth-failed"].includes(error.failure);
}
