import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { type Clock, systemClock } from "../lib/clock.ts";
import { ForgeWriteError } from "./forge-write-error.ts";
import type { RepositoryName } from "./github-app.ts";
import type { GithubChannel } from "./github-channel.ts";
import type { GraphqlAnswer } from "./graphql-answer.ts";
import { type As, type PatienceOptions, PatientGithub } from "./patient-github.ts";
import {
  type ForgePullRequest,
  type ForgeSituation,
  pullRequestsOfHeadsQuery,
  readPullRequestsOfHeads,
} from "./pull-requests-of-heads.ts";

export interface NewPullRequest {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

export interface WantedReviewers {
  readonly people: readonly string[];
  /** Their slugs, without the organisation. */
  readonly teams: readonly string[];
}

/** A stack of GitHub's own. */
export interface NativeStack {
  readonly number: number;
  /** Numbers of pull requests, the lowest first. */
  readonly members: readonly number[];
}

type PullRequestChange = Partial<Pick<ForgePullRequest, "base" | "title" | "body">>;

/** In one question. */
const HEADS_AT_ONCE = 25;
/** How long an older GitHub is not asked for rules. */
const WITHOUT_RULES_MS = 6 * 3_600_000;
const UNREADABLE = "GitHub's API answered something that cannot be read.";
const NO_REPOSITORY = "GitHub has no such repository, or none that the token may read.";
const DRAFTS = {
  to: "mutation ToDraft($id: ID!) { convertPullRequestToDraft(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
  from: "mutation ToReady($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }",
};

const created = Compile(
  Type.Object({
    node_id: Type.String(),
    number: Type.Integer({ minimum: 1 }),
    html_url: Type.String({ pattern: "^https?://" }),
    title: Type.String(),
    body: Type.Union([Type.String(), Type.Null()]),
    draft: Type.Optional(Type.Boolean()),
    base: Type.Object({ ref: Type.String() }),
    head: Type.Object({ ref: Type.String(), sha: Type.String() }),
    user: Type.Union([Type.Object({ login: Type.String() }), Type.Null()]),
  }),
);
const nativeStacks = Compile(
  Type.Array(
    Type.Object({
      number: Type.Integer(),
      pull_requests: Type.Array(Type.Object({ number: Type.Integer() })),
    }),
  ),
);

/**
 * Changes pull requests of a GitHub in the name of whoever gives a token, one change after the other. Each change can be asked for again: what
 * is done already is not done twice. One for each of GitHub's users, as their channel. Everything throws a ForgeWriteError, or the
 * signal's reason.
 */
export class GithubPullRequestWriter {
  readonly #github: PatientGithub;
  readonly #clock: Pick<Clock, "now">;
  /** Before, GitHub is not asked for rules. */
  #rulesFromMs = Number.NEGATIVE_INFINITY;

  constructor(channel: GithubChannel, options: PatienceOptions = {}) {
    this.#github = new PatientGithub(channel, options);
    this.#clock = options.clock ?? systemClock;
  }

  /** What there is now of the pull requests of these branches. */
  async find(repository: RepositoryName, heads: readonly string[], as: As): Promise<ForgeSituation> {
    const [first = [], ...rest] = chunks([...new Set(heads)], HEADS_AT_ONCE);
    let found = await this.#findSome(repository, first, as);
    for (const some of rest) {
      const more = await this.#findSome(repository, some, as);
      found = {
        ...found,
        pullRequests: new Map([...found.pullRequests, ...more.pullRequests]),
        guarded: new Map([...found.guarded, ...more.guarded]),
      };
    }
    return found;
  }

  /** The open one of that head and base, if there is one already. */
  async create(repository: RepositoryName, wanted: NewPullRequest, as: As): Promise<ForgePullRequest> {
    const there = await this.#openOne(repository, wanted, as);
    if (there) return there;
    try {
      return readCreated(await this.#github.write("POST", `${pathOf(repository)}/pulls`, { ...wanted }, as));
    } catch (error) {
      // An answer may have been lost, and the next one says that it is there.
      const isDone = error instanceof ForgeWriteError && /^(refused|unreachable|error)$/.test(error.failure);
      const found = isDone ? await this.#openOne(repository, wanted, as) : undefined;
      if (found) return found;
      throw error;
    }
  }

  /**
   * Sends what differs from `current` alone, and its base by itself: GitHub refuses a base that is not to change, and takes the other
   * half of what it refuses.
   */
  async update(
    repository: RepositoryName,
    current: ForgePullRequest,
    { base = current.base, title = current.title, body = current.body }: PullRequestChange,
    as: As,
  ): Promise<ForgePullRequest> {
    const path = `${pathOf(repository)}/pulls/${current.number}`;
    if (base !== current.base) await this.#setBase(repository, current, base, as);
    const text = { ...(title !== current.title && { title }), ...(body !== current.body && { body }) };
    if (Object.keys(text).length > 0) await this.#github.write("PATCH", path, text, as);
    return { ...current, base, title, body };
  }

  async setDraft(current: ForgePullRequest, isDraft: boolean, as: As): Promise<ForgePullRequest> {
    if (current.isDraft === isDraft) return current;
    const query = isDraft ? DRAFTS.to : DRAFTS.from;
    const { data, errors } = await this.#github.mutate(query, { id: current.nodeId }, as);
    if (!data || errors.length > 0) {
      const words = isDraft ? "make a draft of this pull request" : "say that this pull request is ready";
      throw errors.some(({ type }) => type === "FORBIDDEN")
        ? new ForgeWriteError("forbidden", `GitHub does not let the token ${words}.`)
        : new ForgeWriteError("refused", `GitHub refuses to ${words}.`);
    }
    return { ...current, isDraft };
  }

  /** Nobody is asked to review what is theirs. */
  async requestReviewers(
    repository: RepositoryName,
    { number, author }: ForgePullRequest,
    { people, teams }: WantedReviewers,
    as: As,
  ): Promise<void> {
    const reviewers = people.filter((login) => login.toLowerCase() !== author?.toLowerCase());
    if (reviewers.length + teams.length === 0) return;
    const path = `${pathOf(repository)}/pulls/${number}/requested_reviewers`;
    await this.#github.write("POST", path, { reviewers, team_reviewers: teams }, as);
  }

  /** Those that it has stay. */
  async addLabels(
    repository: RepositoryName,
    number: number,
    labels: readonly string[],
    as: As,
  ): Promise<void> {
    if (labels.length === 0) return;
    await this.#github.write("POST", `${pathOf(repository)}/issues/${number}/labels`, { labels }, as);
  }

  /** The one of GitHub's own that a pull request is in; "unsupported" where GitHub keeps none for this repository. */
  async nativeStackOf(
    repository: RepositoryName,
    number: number,
    as: As,
  ): Promise<NativeStack | "none" | "unsupported"> {
    const answer = await this.#github.read(`${pathOf(repository)}/stacks?pull_request=${number}`, as);
    if (answer === undefined) return "unsupported";
    if (!nativeStacks.Check(answer)) throw new ForgeWriteError("error", UNREADABLE);
    const found = answer.find(({ pull_requests: members }) => members.some((one) => one.number === number));
    return found ? { number: found.number, members: found.pull_requests.map((one) => one.number) } : "none";
  }

  /** `numbers`: the lowest first, two or more. */
  async createStack(repository: RepositoryName, numbers: readonly number[], as: As): Promise<void> {
    await this.#github.write("POST", `${pathOf(repository)}/stacks`, { pull_requests: numbers }, as);
  }

  /** `numbers`: what comes on top of it, the lowest first. */
  async extendStack(
    repository: RepositoryName,
    { number }: NativeStack,
    numbers: readonly number[],
    as: As,
  ): Promise<void> {
    const path = `${pathOf(repository)}/stacks/${number}/add`;
    await this.#github.write("POST", path, { pull_requests: numbers }, as);
  }

  async #setBase(
    repository: RepositoryName,
    { number, head }: ForgePullRequest,
    base: string,
    as: As,
  ): Promise<void> {
    try {
      await this.#github.write("PATCH", `${pathOf(repository)}/pulls/${number}`, { base }, as);
    } catch (error) {
      if (!(error instanceof ForgeWriteError && error.failure === "refused")) throw error;
      const { pullRequests } = await this.find(repository, [head], as);
      const now = pullRequests.get(head)?.find((one) => one.number === number);
      if (now?.base !== base) throw error;
    }
  }

  async #openOne(
    repository: RepositoryName,
    { head, base }: NewPullRequest,
    as: As,
  ): Promise<ForgePullRequest | undefined> {
    const { pullRequests } = await this.find(repository, [head], as);
    return pullRequests.get(head)?.find((one) => one.state === "open" && one.base === base);
  }

  async #findSome(repository: RepositoryName, heads: readonly string[], as: As): Promise<ForgeSituation> {
    let answer = await this.#askOf(repository, heads, as);
    if (answer.errors.some(({ undefinedField }) => /^(rules|refUpdateRule)$/.test(undefinedField ?? ""))) {
      this.#rulesFromMs = this.#clock.now() + WITHOUT_RULES_MS;
      answer = await this.#askOf(repository, heads, as);
    }
    const read = readPullRequestsOfHeads(answer, heads);
    if (read) return read;
    const isAbsent = answer.errors.some(({ type, path }) => type === "NOT_FOUND" && path.length === 1);
    throw isAbsent
      ? new ForgeWriteError("not-found", NO_REPOSITORY)
      : new ForgeWriteError("error", UNREADABLE);
  }

  #askOf({ owner, name }: RepositoryName, heads: readonly string[], as: As): Promise<GraphqlAnswer> {
    const withRules = this.#clock.now() >= this.#rulesFromMs;
    const variables = heads.flatMap((head, index) => [
      [`h${index}`, head],
      ...(withRules ? [[`q${index}`, `refs/heads/${head}`]] : []),
    ]);
    const query = pullRequestsOfHeadsQuery(heads.length, { withRules });
    return this.#github.query(query, { owner, name, ...Object.fromEntries(variables) }, as);
  }
}

/** @throws {ForgeWriteError} for names that would lead elsewhere, which no repository has */
function pathOf({ owner, name }: RepositoryName): string {
  const parts = [owner, name].map((part) => encodeURIComponent(part));
  if (parts.some((part) => /^\.{0,2}$/.test(part))) throw new ForgeWriteError("not-found", NO_REPOSITORY);
  return `/repos/${parts.join("/")}`;
}

function readCreated(answer: unknown): ForgePullRequest {
  if (!created.Check(answer)) throw new ForgeWriteError("error", UNREADABLE);
  return {
    nodeId: answer.node_id,
    number: answer.number,
    url: answer.html_url,
    state: "open",
    isDraft: answer.draft === true,
    title: answer.title,
    body: answer.body ?? "",
    base: answer.base.ref,
    head: answer.head.ref,
    headOid: answer.head.sha,
    ...(answer.user && { author: answer.user.login }),
  };
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}
