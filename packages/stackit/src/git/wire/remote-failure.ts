import { explainConnection } from "./connection-failure.ts";

/** Why a remote gave no answer that can be used. `rate-limited`: it told us to wait. */
export type RemoteFailure =
  | "auth-failed"
  | "not-found"
  | "unreachable"
  | "rate-limited"
  | "timeout"
  | "aborted"
  | "error";

/** The message names neither URL nor credentials, and nothing that the remote wrote. */
export class RemoteError extends Error {
  readonly failure: RemoteFailure;
  /** Milliseconds, when the remote said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    failure: RemoteFailure,
    message: string,
    options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RemoteError";
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Such as the page of a portal. Git itself may take it for a repository without refs, and all of ours would be gone. */
export const NO_GIT_HOST = "The remote answers, but not as a Git host.";
const TO_WAIT = "The remote asks to be left alone for a while.";
const REDIRECTED =
  "The remote answered with a redirect that is not followed, so that no token goes astray. Use the new address.";

export function failureOfStatus(status: number, retryAfter: string | undefined): RemoteError {
  const retryAfterMs = parseRetryAfter(retryAfter);
  if (status === 401 || status === 403) {
    // Forges answer 403 when a quota is used up, and then say when it is not.
    if (status === 403 && retryAfterMs !== undefined) {
      return new RemoteError("rate-limited", TO_WAIT, { retryAfterMs });
    }
    return new RemoteError(
      "auth-failed",
      `The remote answered ${status}: it wants credentials, or others than it was told.`,
    );
  }
  if (status === 404 || status === 410)
    return new RemoteError("not-found", `The remote answered ${status}: nothing is there that it shows us.`);
  if (status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return new RemoteError("rate-limited", TO_WAIT, { retryAfterMs });
  }
  if (status >= 300 && status < 400) return new RemoteError("error", REDIRECTED);
  return new RemoteError("error", `The remote answered ${status}.`);
}

/** Seconds or a date (RFC 9110), as milliseconds from now; at most a day. */
export function parseRetryAfter(value: string | undefined, nowMs: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 86_400_000) : undefined;
}

/** Why an exchange broke off. `signal`: that of whoever asked. */
export function toRemoteError(error: unknown, signal: AbortSignal): RemoteError {
  if (error instanceof RemoteError) return error;
  if (signal.aborted)
    return new RemoteError("aborted", "The remote was not listened to any longer.", { cause: error });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return new RemoteError("unreachable", explainConnection(code), { cause: error });
}
