import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { asFields } from "../stacks/json-fields.ts";
import type { ForgeAnswer, PullRequest, TouchedPullRequests } from "../stacks/pull-request.ts";
import type { RepositoryName } from "./github-app.ts";
import type { GithubChannel } from "./github-channel.ts";
import type { GraphqlAnswer } from "./graphql-answer.ts";
import { checksOf, type ReadPullRequest, readMoreChecks } from "./pull-request-node.ts";
import { type FoundPullRequests, readPullRequestsAnswer } from "./pull-requests-answer.ts";
import {
  MORE_CHECKS_QUERY,
  openPullRequestsQuery,
  pullRequestsOfBranchesQuery,
  pullRequestsQuery,
  type QueryOptions,
} from "./pull-requests-query.ts";

export interface ApiToken {
  /** Secret. */
  readonly token: string;
  readonly mayReadChecks: boolean;
}

/** Who tells which token to use for a repository. */
export interface ApiTokens {
  /** @throws {RemoteError} when there is none that may read pull requests */
  tokenFor(repository: RepositoryName, signal: AbortSignal): Promise<ApiToken>;
  /** Whether another may be at hand for that one, which was refused. */
  renew(refused: ApiToken): boolean;
}

const MAX_PAGE = 50;
const MIN_PAGE = 5;
/** A list is a page of this many at most. */
const RECENT = 50;
/** A commit with more checks than 100 times this is not looked through. */
const MAX_CHECK_PAGES = 10;
/** How long a token that may not read checks is not asked for them. */
const WITHOUT_CHECKS_MS = 600_000;
/** How long a GitHub that knows no stacks is not asked for them. */
const WITHOUT_STACKS_MS = 6 * 3_600_000;
const NOT_THERE = "GitHub has no such repository, or none that the token may read.";
const UNREADABLE = "GitHub's API answered something that cannot be read.";

const recent = Compile(
  Type.Array(Type.Object({ number: Type.Integer({ minimum: 1 }), updated_at: Type.String() })),
);

/**
 * Asks a GitHub for pull requests with their reviews and checks, many at once. Nothing is asked twice: whoever asks decides whether
 * to ask again. Every question throws a RemoteError, or the signal's reason.
 */
export class GithubPullRequests {
  readonly #channel: GithubChannel;
  readonly #tokens: ApiTokens;
  readonly #clock: Pick<Clock, "now" | "wallNow">;
  /** Less where GitHub did not manage so many. */
  #pageSize = MAX_PAGE;
  /** Before, GitHub is not asked for stacks. */
  #stacksFromMs = Number.NEGATIVE_INFINITY;
  /** Before, GitHub is not asked for checks. */
  #checksFromMs = Number.NEGATIVE_INFINITY;

  constructor(
    channel: GithubChannel,
    tokens: ApiTokens,
    clock: Pick<Clock, "now" | "wallNow"> = systemClock,
  ) {
    this.#channel = channel;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** How many can be asked for by number, or by branch, at once. */
  get atOnce(): number {
    return this.#pageSize;
  }

  /** How long such a question must wait; 0 when it need not. */
  waitMs(urgency: "poll" | "delivery"): number {
    return this.#channel.waitMs(urgency);
  }

  /** Undefined when nothing was touched since the answer with that tag. */
  async recent(
    repository: RepositoryName,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<TouchedPullRequests | undefined> {
    const { owner, name } = repository;
    const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/pulls?state=all&sort=updated&direction=desc&per_page=${RECENT}`;
    const answer = await this.#authorized(repository, signal, ({ token }) =>
      this.#channel.get(path, etag, { token, signal }),
    );
    if (!answer) return undefined;
    if (!recent.Check(answer.data)) throw new RemoteError("error", UNREADABLE);
    return {
      etag: answer.headers.etag?.toString(),
      isCut: answer.data.length === RECENT,
      touched: answer.data.map(({ number, updated_at }) => ({ number, updatedAtMs: Date.parse(updated_at) })),
    };
  }

  /** A page of the open ones, oldest first. */
  openPage(repository: RepositoryName, after: string | undefined, signal: AbortSignal): Promise<ForgeAnswer> {
    const variables = { first: this.#pageSize, after: after ?? null };
    return this.#read(repository, openPullRequestsQuery, variables, signal);
  }

  /** `numbers`: no more than `atOnce`. */
  byNumber(
    repository: RepositoryName,
    numbers: readonly number[],
    signal: AbortSignal,
  ): Promise<ForgeAnswer> {
    return this.#read(repository, (options) => pullRequestsQuery(numbers, options), {}, signal);
  }

  /** The newest of each of these branches of the repository itself, in whatever state; no more branches than `atOnce`. */
  ofBranches(
    repository: RepositoryName,
    branches: readonly string[],
    signal: AbortSignal,
  ): Promise<ForgeAnswer> {
    const names = branches.map((branch, index) => [`b${index}`, `refs/heads/${branch}`] as const);
    return this.#read(
      repository,
      (options) => pullRequestsOfBranchesQuery(names.length, options),
      Object.fromEntries(names),
      signal,
    );
  }

  async #read(
    repository: RepositoryName,
    query: (options: QueryOptions) => string,
    variables: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<ForgeAnswer> {
    const observedAtMs = this.#clock.wallNow();
    const answer = await this.#graphql(repository, query, { ...repository, ...variables }, signal);
    const read = readPullRequestsAnswer(answer, observedAtMs);
    if (!read) {
      const isAbsent = answer.errors.some(({ type }) => type === "NOT_FOUND");
      if (isAbsent) throw new RemoteError("not-found", NOT_THERE);
      this.#askForLess();
      throw new RemoteError("error", UNREADABLE);
    }
    const { found, ...rest } = read;
    if (isForbiddenChecks(answer, read)) {
      this.#checksFromMs = this.#clock.now() + WITHOUT_CHECKS_MS;
      return { ...rest, pullRequests: found.map(({ pullRequest }) => pullRequest), isWhole: true };
    }
    const pullRequests: PullRequest[] = [];
    let { isWhole } = rest;
    for (const each of found) {
      const whole = await this.#withAllChecks(repository, each, signal);
      isWhole &&= whole !== undefined;
      pullRequests.push(whole ?? each.pullRequest);
    }
    return { ...rest, isWhole, pullRequests };
  }

  async #graphql(
    repository: RepositoryName,
    query: (options: QueryOptions) => string,
    variables: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<GraphqlAnswer> {
    const send = () =>
      this.#authorized(repository, signal, ({ token, mayReadChecks }) => {
        const all = { ...variables, withChecks: mayReadChecks && this.#clock.now() >= this.#checksFromMs };
        const withStacks = this.#clock.now() >= this.#stacksFromMs;
        return this.#channel.graphql(query({ withStacks }), all, { token, signal });
      });
    try {
      const answer = await send();
      const hasNoStacks = answer.errors.some(({ undefinedField = "" }) =>
        /^stack(Entry)?$/.test(undefinedField),
      );
      if (!hasNoStacks) return answer;
      this.#stacksFromMs = this.#clock.now() + WITHOUT_STACKS_MS;
      return await send();
    } catch (error) {
      if (error instanceof RemoteError && /^(error|unreachable)$/.test(error.failure)) this.#askForLess();
      throw error;
    }
  }

  /** A page may be too much for GitHub to answer in time. */
  #askForLess(): void {
    this.#pageSize = Math.max(MIN_PAGE, Math.floor(this.#pageSize / 2));
  }

  /** Undefined when GitHub fails to give them. Of a commit with too many there are none. */
  async #withAllChecks(
    repository: RepositoryName,
    { pullRequest, rest }: ReadPullRequest,
    signal: AbortSignal,
  ): Promise<PullRequest | undefined> {
    let left = rest;
    for (let page = 1; left && page < MAX_CHECK_PAGES; page++) {
      const { rollupId: id, after } = left;
      const { data } = await this.#graphql(repository, () => MORE_CHECKS_QUERY, { id, after }, signal);
      const read = readMoreChecks(asFields(data?.node)?.contexts, left);
      if (!read) return undefined;
      if ("reports" in read) {
        return {
          ...pullRequest,
          checks: checksOf(pullRequest.headOid, read.reports, pullRequest.observedAtMs),
        };
      }
      left = read.rest;
    }
    return pullRequest;
  }

  async #authorized<T>(
    repository: RepositoryName,
    signal: AbortSignal,
    ask: (token: ApiToken) => Promise<T>,
  ): Promise<T> {
    const token = await this.#tokens.tokenFor(repository, signal);
    try {
      return await ask(token);
    } catch (error) {
      const isRefused = error instanceof RemoteError && error.failure === "auth-failed";
      if (!isRefused || !this.#tokens.renew(token)) throw error;
      return ask(await this.#tokens.tokenFor(repository, signal));
    }
  }
}

/** A token need not be allowed to read checks. Then they are not known, and nothing else is wrong. */
function isForbiddenChecks({ errors }: GraphqlAnswer, { found }: FoundPullRequests): boolean {
  return (
    found.length > 0 &&
    errors.length >= found.length &&
    errors.every(({ type, path }) => type === "FORBIDDEN" && path.includes("statusCheckRollup"))
  );
}
