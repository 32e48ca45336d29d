import type { Octokit } from "@octokit/core";
import { parseRetryAfter, RemoteError } from "../git/wire/remote-failure.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { asFields } from "../stacks/json-fields.ts";
import { githubFailure } from "./github-failure.ts";
import { type GraphqlAnswer, readGraphqlAnswer } from "./graphql-answer.ts";
import { newOctokit } from "./new-octokit.ts";

/** What GitHub lets one of its users ask within an hour. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** On the channel's clock: then it begins anew. */
  readonly resetAtMs: number;
}

export interface ChannelOptions {
  readonly apiUrl: URL;
  readonly clock?: Clock;
  /** Of one question. Default 20 s: GitHub itself gives up after 10. */
  readonly timeoutMs?: number;
}

interface Asked {
  /** Secret. */
  readonly token: string;
  readonly signal: AbortSignal;
  /** What to throw for what went wrong. Default a RemoteError. */
  readonly failureOf?: (error: unknown) => Failure;
}

/** What became of a question; `retryAfterMs` when GitHub asks for quiet. */
type Failure = Error & { readonly retryAfterMs: number | undefined };

interface Answer {
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

const TIMEOUT_MS = 20_000;
const TOO_QUICK_MS = 60_000;
const NOT_ITS_TOKEN = "GitHub does not accept the token.";
const FORBIDDEN = "GitHub forbids this to the token.";

/** What must be left of the quota, as a share of it. */
const RESERVE = { poll: 0.3, delivery: 0.05 } as const;
/** Of the quota, for everything together. */
const SHARE = 0.6;
/** Two answers of one hour may name its end a little apart. */
const SAME_HOUR_MS = 60_000;

/**
 * The way to the API of one GitHub for one of its users, who has one quota. Nothing is asked before the time that GitHub asked to be
 * left alone for is over. Every question has a limit of time.
 */
export class GithubChannel {
  /** Questions that were sent. */
  requests = 0;
  readonly #octokit: Octokit;
  readonly #graphqlUrl: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #quota: Quota | undefined;
  /** Of the quota, in its hour, by questions that went this way. */
  #spent = 0;

  constructor({ apiUrl, clock = systemClock, timeoutMs = TIMEOUT_MS }: ChannelOptions) {
    const baseUrl = apiUrl.href.replace(/\/$/, "");
    this.#octokit = newOctokit(baseUrl);
    // A GitHub Enterprise Server has the one below /api/v3 and the other beside it.
    this.#graphqlUrl = `${baseUrl.replace(/\/api\/v3$/, "/api")}/graphql`;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** For GraphQL, as GitHub last said; undefined before, and once it has begun anew. */
  get quota(): Quota | undefined {
    return this.#quota && this.#quota.resetAtMs > this.#clock.now() ? this.#quota : undefined;
  }

  /**
   * How long to wait with a question, since GitHub asked for that or little is left of the quota, which others need too; 0 when there
   * is no need to. What was heard of goes before what is only looked for.
   */
  waitMs(urgency: "poll" | "delivery"): number {
    const { quota } = this;
    const isScarce =
      quota !== undefined &&
      (quota.remaining < quota.limit * RESERVE[urgency] ||
        (urgency === "poll" && this.#spent > quota.limit * SHARE));
    return Math.max(this.#quietMs, isScarce ? quota.resetAtMs - this.#clock.now() : 0);
  }

  get #quietMs(): number {
    return Math.max(0, this.#quietUntilMs - this.#clock.now());
  }

  /** Data, errors, or both. @throws {RemoteError} */
  async graphql(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    asked: Asked,
  ): Promise<GraphqlAnswer> {
    const { data, headers } = await this.#ask(
      { method: "POST", url: this.#graphqlUrl, query, variables },
      asked,
    );
    const answer = readGraphqlAnswer(data);
    this.#noteQuota(headers, answer);
    if (!answer.errors.some(({ isTooQuick }) => isTooQuick)) return answer;
    const untilResetMs = this.#quota?.remaining === 0 ? this.#quota.resetAtMs - this.#clock.now() : undefined;
    const retryAfterMs = parseRetryAfter(headers["retry-after"]?.toString()) ?? untilResetMs ?? TOO_QUICK_MS;
    throw this.#noteQuiet(
      new RemoteError("rate-limited", "GitHub asks to be left alone for a while.", { retryAfterMs }),
    );
  }

  /** Undefined when nothing changed since the answer with that tag, which costs none of the quota. @throws {RemoteError} */
  async get(path: string, etag: string | undefined, asked: Asked): Promise<Answer | undefined> {
    try {
      const headers = etag === undefined ? {} : { "if-none-match": etag };
      return await this.#ask({ method: "GET", url: path, headers }, asked);
    } catch (error) {
      if (error instanceof NotModified) return undefined;
      throw error;
    }
  }

  /** Asks for a change, and answers with what GitHub says of it. @throws {RemoteError} */
  async write(
    method: "POST" | "PATCH",
    path: string,
    body: Readonly<Record<string, unknown>>,
    asked: Asked,
  ): Promise<unknown> {
    return (await this.#ask({ method, url: path, data: body }, asked)).data;
  }

  async #ask(
    parameters: { method: "GET" | "POST" | "PATCH"; url: string } & Record<string, unknown>,
    { token, signal, failureOf = toReadFailure }: Asked,
  ): Promise<Answer> {
    if (this.#quietMs > 0) {
      const retryAfterMs = this.#quietMs;
      throw new RemoteError("rate-limited", "GitHub asked to be left alone for a while.", { retryAfterMs });
    }
    const until = AbortSignal.any([AbortSignal.timeout(this.#timeoutMs), signal]);
    const headers = { ...Object(parameters.headers), authorization: `Bearer ${token}` };
    this.requests++;
    try {
      const answer = await this.#octokit.request({ ...parameters, headers, request: { signal: until } });
      // An answer that was cut short looks whole.
      until.throwIfAborted();
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && "status" in error && error.status === 304) throw new NotModified();
      throw this.#noteQuiet(failureOf(error));
    }
  }

  #noteQuiet(failure: Failure): Failure {
    if (failure.retryAfterMs !== undefined) {
      this.#quietUntilMs = Math.max(this.#quietUntilMs, this.#clock.now() + failure.retryAfterMs);
    }
    return failure;
  }

  /** By GitHub's clock, which need not be ours. */
  #noteQuota(headers: Answer["headers"], { data }: GraphqlAnswer): void {
    const { cost } = asFields(data?.rateLimit) ?? {};
    this.#spent += typeof cost === "number" ? cost : 1;
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) =>
      Number(headers[`x-ratelimit-${name}`] ?? Number.NaN),
    );
    if (!limit || remaining === undefined || !reset || Number.isNaN(remaining + reset)) return;
    const theirNowMs = Date.parse(String(headers.date)) || this.#clock.wallNow();
    const resetAtMs = this.#clock.now() + reset * 1000 - theirNowMs;
    if (Math.abs(resetAtMs - (this.#quota?.resetAtMs ?? resetAtMs)) > SAME_HOUR_MS) this.#spent = 0;
    this.#quota = { limit, remaining, resetAtMs };
  }
}

class NotModified extends Error {}

function toReadFailure(error: unknown): RemoteError {
  return githubFailure(error, { unauthorized: NOT_ITS_TOKEN, forbidden: FORBIDDEN });
}
