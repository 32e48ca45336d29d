import { parseRetryAfter, RemoteError } from "../git/wire/remote-failure.ts";

/** What GitHub asks of those who were too quick, when it does not say for how long. */
const QUIET_MS = 60_000;
const SUSPENDED = /account (?:was|is|has been) suspended/i;
const TOO_QUICK = "GitHub asks to be left alone for a while.";
const NOT_ITS_KEY =
  "GitHub does not accept the key of the GitHub App: STACKIT_GITHUB_APP_ID and the private key do not belong together, or GitHub does not have them any more.";

/** What to say of a question that GitHub refuses to answer. */
export interface Refusals {
  readonly unauthorized: string;
  readonly forbidden: string;
  /** Of a person's account; its words alone tell that from everything else that is forbidden. */
  readonly suspended?: string;
}

const OF_APP: Refusals = { unauthorized: NOT_ITS_KEY, forbidden: "GitHub forbids this to the GitHub App." };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** Why GitHub's API did not do what it was asked for. Quotes nothing of what it was told or answered. */
export function githubFailure(error: unknown, refusals = OF_APP): RemoteError {
  if (error instanceof RemoteError) return error;
  const answer = answerOf(error);
  if (!answer) return withoutAnswer(error);
  const { status, data } = answer;
  const retryAfterMs = quietMs(answer);
  if (retryAfterMs !== undefined) return new RemoteError("rate-limited", TOO_QUICK, { retryAfterMs });
  if (status === 401) return new RemoteError("auth-failed", refusals.unauthorized);
  if (status === 403 && refusals.suspended !== undefined && SUSPENDED.test(messageOf(data))) {
    return new RemoteError("auth-failed", refusals.suspended);
  }
  if (status === 403) return new RemoteError("auth-failed", refusals.forbidden);
  if (status === 404) return new RemoteError("not-found", "GitHub's API does not have that.");
  return new RemoteError("error", `GitHub's API answered ${status}.`);
}

/** How long to be quiet, when that is what the answer means. */
function quietMs({ status, headers, data }: Answer): number | undefined {
  const retryAfterMs = parseRetryAfter(headerOf(headers, "retry-after"));
  if (status === 503) return retryAfterMs;
  if (status !== 403 && status !== 429) return undefined;
  if (retryAfterMs !== undefined) return retryAfterMs;
  if (headerOf(headers, "x-ratelimit-remaining") === "0") {
    // Seconds since the epoch, at most an hour ahead.
    const ms = Number(headerOf(headers, "x-ratelimit-reset")) * 1000 - Date.now();
    return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : QUIET_MS;
  }
  const isTooQuick = status === 429 || /secondary rate limit/i.test(messageOf(data));
  return isTooQuick ? QUIET_MS : undefined;
}

function withoutAnswer(error: unknown): RemoteError {
  // What wraps the reason holds the request that was sent.
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (isNamed(reason, "AbortError")) return new RemoteError("aborted", "The server is ending.");
  const isLate = isNamed(reason, "TimeoutError");
  const message = isLate ? "GitHub's API did not answer in time." : "GitHub's API could not be reached.";
  const cause = reason instanceof Error ? reason.cause : undefined;
  return new RemoteError("unreachable", message, { cause });
}

function answerOf(error: unknown): Answer | undefined {
  if (!(error instanceof Error) || !("response" in error)) return undefined;
  const { response } = error;
  if (typeof response !== "object" || response === null) return undefined;
  if (!("status" in response && "headers" in response && "data" in response)) return undefined;
  const { status, headers, data } = response;
  if (typeof status !== "number" || typeof headers !== "object" || headers === null) return undefined;
  return { status, headers: { ...headers }, data };
}

function headerOf(headers: Answer["headers"], name: string): string | undefined {
  const value = headers[name];
  return value === undefined ? undefined : String(value);
}

function messageOf(data: unknown): string {
  return typeof data === "object" && data !== null && "message" in data ? String(data.message) : "";
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
