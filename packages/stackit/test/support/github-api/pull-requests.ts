import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { schema as published } from "@octokit/graphql-schema";
import { buildSchema, extendSchema, GraphQLError, type GraphQLSchema, graphql, parse } from "graphql";
import { assertAnswer, leastOf } from "./answers.ts";

/** A check as GitHub knows it: a run of an App's check, or a status that somebody set. */
export type DoubleCheck =
  | {
      readonly name: string;
      readonly status: string;
      readonly conclusion: string | null;
      readonly startedAt?: string;
      readonly workflow?: string;
    }
  | { readonly context: string; readonly state: string };

/** A pull request as GitHub keeps it. */
export interface DoublePullRequest {
  readonly number: number;
  title: string;
  body: string;
  state: "OPEN" | "MERGED" | "CLOSED";
  isDraft: boolean;
  base: string;
  head: string;
  headOid: string;
  /** Of a fork: its number. Null when it was deleted. */
  headRepositoryId: number | null;
  author: string | null;
  labels: string[];
  createdAt: string;
  updatedAt: string;
  mergedAt: string | null;
  mergeCommit: string | null;
  mergeable: string;
  reviewDecision: string | null;
  reviews: { author: string; state: string }[];
  comments: { author: string; association: string; isBot?: boolean; body: string }[];
  /** Logins of people and slugs of teams who were asked to review. */
  requested: string[];
  stack: { number: number; size: number; position: number; base: string } | null;
  checks: DoubleCheck[];
}

export interface DoubleGit {
  tip(branch: string): Promise<string | undefined>;
  /** Whether `head` has commits that `base` has not. */
  isAhead(head: string, base: string): Promise<boolean>;
}

/** What GitHub keeps of one repository. */
export interface DoubleRepository {
  readonly id: number;
  readonly fullName: string;
  readonly pullRequests: DoublePullRequest[];
  /** Fields that GitHub fails to give, as `<number>.<field>`, or `<number>` for all of one. */
  readonly failing: Set<string>;
  /** By branch; a pull request can be opened into each of them all the same. */
  readonly rules: Map<string, { allowsForcePushes: boolean; viewerCanPush: boolean }>;
  /** What its Git host says; without it every branch is there, and has commits of its own. */
  git?: DoubleGit | undefined;
  hasNoDrafts?: boolean;
  /** Logins of those who can be asked to review; without it everybody can. */
  collaborators?: ReadonlySet<string>;
  /** While a copy of GitHub is behind: what GraphQL answers of it. */
  behind?: readonly DoublePullRequest[] | undefined;
}

let schemas: { withStacks: GraphQLSchema; withoutStacks: GraphQLSchema } | undefined;

/** Built once for each process: the official one takes a while. */
function schemaOf(hasStacks: boolean): GraphQLSchema {
  if (!schemas) {
    const withoutStacks = buildSchema(published.idl, { assumeValidSDL: true });
    const preview = readFileSync(new URL("stacks.graphql", import.meta.url), "utf8");
    schemas = { withoutStacks, withStacks: extendSchema(withoutStacks, parse(preview)) };
  }
  return hasStacks ? schemas.withStacks : schemas.withoutStacks;
}

export interface GraphqlWorld {
  readonly hasStacks: boolean;
  readonly repositories: readonly DoubleRepository[];
  readonly caller: {
    readonly login: string;
    /** Null for an App. */
    readonly permission: string | null;
    mayWrite(repository: DoubleRepository): boolean;
  };
  change(pullRequest: DoublePullRequest, change: Partial<DoublePullRequest>): void;
}

function draftMutations(
  repositories: readonly DoubleRepository[],
  caller: GraphqlWorld["caller"],
  change: GraphqlWorld["change"],
) {
  const set =
    (isDraft: boolean) =>
    ({ input }: { input: { pullRequestId: string } }) => {
      const [, id, number] = /^PR_(\d+)_(\d+)$/.exec(input.pullRequestId) ?? [];
      const repository = repositories.find((one) => one.id === Number(id));
      const found = repository?.pullRequests.find((one) => one.number === Number(number));
      if (!repository || !found) throw typed("NOT_FOUND", "Could not resolve to a node");
      if (!caller.mayWrite(repository)) throw typed("FORBIDDEN", "Resource not accessible");
      if (isDraft && repository.hasNoDrafts)
        throw typed("UNPROCESSABLE", "Draft pull requests are not supported");
      change(found, { isDraft });
      return { pullRequest: describePullRequest(repository, found) };
    };
  return { convertPullRequestToDraft: set(true), markPullRequestReadyForReview: set(false) };
}

/** As GraphQL names it. */
export function nodeIdOf({ id }: DoubleRepository, number: number): string {
  return `PR_${id}_${number}`;
}

/** Executes a query as GitHub does, on the official schema. */
export async function executeGraphql(
  { query, variables }: { query: string; variables: Record<string, unknown> },
  find: (fullName: string) => DoubleRepository | undefined,
  { hasStacks, repositories, caller, change }: GraphqlWorld,
): Promise<object> {
  const rootValue = {
    rateLimit: { cost: 1 },
    viewer: { login: caller.login },
    ...draftMutations(repositories, caller, change),
    repository({ owner, name }: { owner: string; name: string }) {
      const repository = find(`${owner}/${name}`);
      if (repository) return describeRepository(repository, repositories, caller.permission);
      throw typed("NOT_FOUND", `Could not resolve to a Repository with the name '${owner}/${name}'.`);
    },
    node({ id }: { id: string }) {
      const [, fullName = "", number] = /^rollup:(.*)#(\d+)$/.exec(id) ?? [];
      const repository = find(fullName);
      const pullRequest = repository?.pullRequests.find((one) => one.number === Number(number));
      if (repository?.failing.has(`${number}.contexts`)) throw typed("INTERNAL", "Something went wrong");
      return pullRequest ? describeRollup(fullName, pullRequest) : null;
    },
  };
  const result = await graphql({
    schema: schemaOf(hasStacks),
    source: query,
    rootValue,
    variableValues: variables,
  });
  return {
    ...(result.data !== undefined && { data: result.data }),
    ...(result.errors && { errors: result.errors.map(describeError) }),
  };
}

/** In GitHub's words. */
function describeError({ message, path, extensions }: GraphQLError): object {
  const [, fieldName, typeName] = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(message) ?? [];
  if (fieldName === undefined) return { type: extensions.type, path, message };
  return {
    path: ["fragment PullRequestFacts", fieldName],
    extensions: { code: "undefinedField", typeName, fieldName },
    message: `Field '${fieldName}' doesn't exist on type '${typeName}'`,
  };
}

function typed(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}

function describeRepository(
  repository: DoubleRepository,
  repositories: readonly DoubleRepository[],
  permission: string | null,
): object {
  const { id, fullName } = repository;
  const pullRequests = repository.behind ?? repository.pullRequests;
  const describe = (one: DoublePullRequest) => describePullRequest(repository, one);
  return {
    databaseId: id,
    viewerPermission: permission,
    defaultBranchRef: { name: "main" },
    pullRequests({ first, after, states, headRefName, orderBy }: PullRequestsArguments) {
      const fitting = pullRequests
        .filter(({ state }) => !states || states.includes(state))
        .filter(({ head }) => headRefName === undefined || head === headRefName)
        .toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || a.number - b.number);
      return page(orderBy.direction === "DESC" ? fitting.reverse() : fitting, first, after, describe);
    },
    pullRequest({ number }: { number: number }) {
      const found = pullRequests.find((one) => one.number === number);
      if (found) return describe(found);
      throw typed("NOT_FOUND", `Could not resolve to a PullRequest with the number of ${number}.`);
    },
    ref({ qualifiedName }: { qualifiedName: string }) {
      // Also those that were opened in another repository, as of a fork.
      const ofBranch = repositories
        .flatMap((base) => base.pullRequests.map((one) => ({ base, one })))
        .filter(({ one }) => one.headRepositoryId === id && `refs/heads/${one.head}` === qualifiedName)
        .toSorted((a, b) => Date.parse(b.one.createdAt) - Date.parse(a.one.createdAt));
      const rule = repository.rules.get(qualifiedName.replace("refs/heads/", ""));
      return {
        name: qualifiedName,
        refUpdateRule: rule ?? null,
        rules: { nodes: [] },
        associatedPullRequests: ({ first }: { first: number }) =>
          page(ofBranch, first, undefined, ({ base, one }) => describePullRequest(base, one)),
      };
    },
    nameWithOwner: fullName,
  };
}

interface PullRequestsArguments {
  readonly first: number;
  readonly after?: string;
  readonly states?: string[];
  readonly headRefName?: string;
  readonly orderBy: { readonly direction: string };
}

function describePullRequest(repository: DoubleRepository, one: DoublePullRequest): object {
  const { id, failing, fullName } = repository;
  if (failing.has(String(one.number))) throw typed("FORBIDDEN", "Resource not accessible by integration");
  const described = {
    id: nodeIdOf(repository, one.number),
    number: one.number,
    title: one.title,
    body: one.body,
    url: `https://github.com/${fullName}/pull/${one.number}`,
    state: one.state,
    isDraft: one.isDraft,
    baseRefName: one.base,
    baseRepository: { databaseId: id },
    headRefName: one.head,
    headRefOid: one.headOid,
    headRepository: one.headRepositoryId === null ? null : { databaseId: one.headRepositoryId },
    author: one.author === null ? null : { __typename: "User", login: one.author },
    labels: ({ first }: { first: number }) => page(one.labels, first, undefined, (name) => ({ name })),
    createdAt: one.createdAt,
    updatedAt: one.updatedAt,
    mergedAt: one.mergedAt,
    mergeCommit: one.mergeCommit === null ? null : { oid: one.mergeCommit },
    mergeable: one.mergeable,
    reviewDecision: one.reviewDecision,
    latestOpinionatedReviews: ({ first }: { first: number }) =>
      page(one.reviews, first, undefined, ({ author, state }) => ({
        author: { __typename: "User", login: author },
        state,
      })),
    comments: ({ first }: { first: number }) =>
      page(one.comments, first, undefined, ({ author, association, isBot, body }) => ({
        body,
        authorAssociation: association,
        author: { __typename: isBot ? "Bot" : "User", login: author },
      })),
    stack: one.stack && { ...one.stack, id: "S_1", baseRefName: one.stack.base },
    stackEntry: one.stack && { id: "SE_1", position: one.stack.position },
    statusCheckRollup: one.checks.length === 0 ? null : describeRollup(fullName, one),
  };
  for (const field of Object.keys(described)) {
    if (!failing.has(`${one.number}.${field}`)) continue;
    const fail = () => {
      throw typed("FORBIDDEN", "Resource not accessible by integration");
    };
    Object.assign(described, { [field]: fail });
  }
  return described;
}

function describeRollup(fullName: string, { number, checks }: DoublePullRequest): object {
  return {
    __typename: "StatusCheckRollup",
    id: `rollup:${fullName}#${number}`,
    contexts: ({ first, after }: { first: number; after?: string }) =>
      page(checks, first, after, describeCheck),
  };
}

function describeCheck(check: DoubleCheck): object {
  if ("context" in check) {
    const { context, state } = check;
    return {
      __typename: "StatusContext",
      context,
      state,
      createdAt: AT,
      targetUrl: "https://ci.example.com/1",
    };
  }
  const { name, status, conclusion, startedAt = AT, workflow } = check;
  const workflowRun = workflow === undefined ? null : { event: "push", workflow: { name: workflow } };
  return {
    __typename: "CheckRun",
    name,
    status,
    conclusion,
    startedAt: status === "QUEUED" ? null : startedAt,
    detailsUrl: "https://github.com/octo/widget/actions/runs/1",
    checkSuite: { app: { databaseId: 15368 }, workflowRun },
  };
}

const AT = "2026-01-05T10:00:00Z";

function page<T>(
  all: readonly T[],
  first: number,
  after: string | undefined,
  describe: (one: T) => object,
): object {
  const start = after ? Number(after) : 0;
  const end = start + first;
  return {
    pageInfo: { hasNextPage: end < all.length, endCursor: String(Math.min(end, all.length)) },
    // One that fails makes null of its own node alone.
    nodes: all.slice(start, end).map(async (one) => describe(one)),
  };
}

/** The list of GitHub's REST API, newest change first, and the tag of that state. */
export function listPullRequests(
  { id, fullName, pullRequests }: DoubleRepository,
  query: URLSearchParams,
): { etag: string; list: object[] } {
  const state = query.get("state") ?? "open";
  const list = pullRequests
    .filter((one) => state === "all" || (one.state === "OPEN") === (state === "open"))
    .toSorted((a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt))
    .slice(0, Number(query.get("per_page") ?? 30))
    .map((one) => ({
      ...leastOf("pull-request-simple"),
      number: one.number,
      state: one.state === "OPEN" ? "open" : "closed",
      title: one.title,
      body: one.body,
      draft: one.isDraft,
      created_at: one.createdAt,
      updated_at: one.updatedAt,
      merged_at: one.mergedAt,
      base: { label: one.base, ref: one.base, sha: "", user: null, repo: { ...leastOf("repository"), id } },
      head: {
        label: one.head,
        ref: one.head,
        sha: one.headOid,
        user: null,
        repo: { ...leastOf("repository"), id: one.headRepositoryId ?? 0 },
      },
      html_url: `https://github.com/${fullName}/pull/${one.number}`,
    }));
  assertAnswer("GET /repos/{owner}/{repo}/pulls", list);
  const etag = `W/"${createHash("sha256").update(JSON.stringify(list)).digest("hex")}"`;
  return { etag, list };
}
