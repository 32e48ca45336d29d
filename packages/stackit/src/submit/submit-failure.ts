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
