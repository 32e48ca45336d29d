import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import {
  latestChecks,
  type Reported,
  stateOfChecks,
  stateOfRun,
  stateOfStatus,
} from "../stacks/check-state.ts";
import type { CommitChecks, NativeStack, PullRequest } from "../stacks/pull-request.ts";
import { readStackWords } from "../stacks/pull-requests/pull-request-edges.ts";

/** GitHub takes none that are longer. */
const MAX_BODY_CHARS = 65_536;
const MAX_TEXT_CHARS = 1_024;

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);
const Instant = Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT" });
const Login = Nullable(Type.Object({ login: Type.String() }));

const CheckRunNode = Type.Object({
  __typename: Type.Literal("CheckRun"),
  name: Type.String(),
  status: Type.String(),
  conclusion: Nullable(Type.String()),
  startedAt: Nullable(Instant),
  detailsUrl: Nullable(Type.String()),
  checkSuite: Type.Object({
    app: Nullable(Type.Object({ databaseId: Nullable(Type.Integer()) })),
    workflowRun: Nullable(
      Type.Object({ event: Type.String(), workflow: Type.Object({ name: Type.String() }) }),
    ),
  }),
});
const StatusContextNode = Type.Object({
  __typename: Type.Literal("StatusContext"),
  context: Type.String(),
  state: Type.String(),
  createdAt: Instant,
  targetUrl: Nullable(Type.String()),
});
const Contexts = Type.Object({
  pageInfo: Type.Object({ hasNextPage: Type.Boolean(), endCursor: Nullable(Type.String()) }),
  nodes: Type.Array(Type.Union([CheckRunNode, StatusContextNode])),
});
const Comment = Type.Object({
  body: Type.String(),
  authorAssociation: Type.String(),
  author: Nullable(Type.Object({ __typename: Type.String(), login: Type.String() })),
});
const Node = Type.Object({
  number: Type.Integer({ minimum: 1 }),
  title: Type.String(),
  body: Type.String(),
  url: Type.String({ pattern: "^https?://" }),
  state: Type.Enum(["OPEN", "MERGED", "CLOSED"]),
  isDraft: Type.Boolean(),
  baseRefName: Type.String(),
  headRefName: Type.String(),
  headRefOid: Type.String({ pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$" }),
  headRepository: Nullable(Type.Object({ databaseId: Type.Integer() })),
  author: Login,
  labels: Nullable(Type.Object({ nodes: Type.Array(Type.Object({ name: Type.String() })) })),
  createdAt: Instant,
  updatedAt: Instant,
  mergedAt: Nullable(Instant),
  mergeCommit: Nullable(Type.Object({ oid: Type.String() })),
  mergeable: Type.String(),
  reviewDecision: Nullable(Type.String()),
  latestOpinionatedReviews: Nullable(
    Type.Object({ nodes: Type.Array(Type.Object({ author: Login, state: Type.String() })) }),
  ),
  comments: Nullable(Type.Object({ nodes: Type.Array(Comment) })),
});
const Stacked = Type.Object({
  stack: Nullable(Type.Object({ number: Type.Integer(), size: Type.Integer(), baseRefName: Type.String() })),
  stackEntry: Nullable(Type.Object({ position: Type.Integer() })),
});
const RolledUp = Type.Object({
  statusCheckRollup: Nullable(Type.Object({ id: Type.String(), contexts: Contexts })),
});

const node = Compile(Node);
const stacked = Compile(Stacked);
const rolledUp = Compile(RolledUp);
const contextsPage = Compile(Contexts);

/** Checks of which more must be asked for. */
export interface RestOfChecks {
  readonly rollupId: string;
  readonly after: string;
  readonly reports: readonly Reported[];
}

export interface ReadPullRequest {
  readonly pullRequest: PullRequest;
  /** Then `pullRequest` has no checks yet. */
  readonly rest?: RestOfChecks;
}

/**
 * A pull request out of an answer. `failed`: the fields of it that GitHub could not give. Undefined for what cannot be read, which
 * is no reason to forget what was known. Words of GitHub that are not known here are taken as they come.
 */
export function readPullRequestNode(
  value: unknown,
  failed: ReadonlySet<string>,
  observedAtMs: number,
): ReadPullRequest | undefined {
  if (!node.Check(value)) return undefined;
  const stack = failed.has("stack") || failed.has("stackEntry") ? undefined : readStack(value);
  const rollup = failed.has("statusCheckRollup") ? undefined : readRollup(value);
  const pullRequest: PullRequest = {
    ...readFields(value, observedAtMs),
    ...(stack !== undefined && { stack }),
    ...(rollup?.reports && { checks: checksOf(value.headRefOid, rollup.reports, observedAtMs) }),
  };
  return { pullRequest, ...(rollup?.rest && { rest: rollup.rest }) };
}

/** The next page of `rest`: what is left to ask for, or all the reports; undefined for what cannot be read. */
export function readMoreChecks(
  value: unknown,
  rest: RestOfChecks,
): { rest: RestOfChecks } | { reports: readonly Reported[] } | undefined {
  return contextsPage.Check(value) ? readContexts(value, rest.rollupId, rest.reports) : undefined;
}

export function checksOf(oid: string, reports: readonly Reported[], observedAtMs: number): CommitChecks {
  const checks = latestChecks(reports);
  return { oid, state: stateOfChecks(checks), checks, observedAtMs };
}

function readFields(value: Static<typeof Node>, observedAtMs: number): PullRequest {
  const { headRepository, author, labels, mergedAt, mergeCommit, reviewDecision } = value;
  return {
    number: value.number,
    title: value.title.slice(0, MAX_TEXT_CHARS),
    body: isAboutStacks(value, value.body) ? value.body.slice(0, MAX_BODY_CHARS) : "",
    url: value.url,
    state: STATES[value.state],
    isDraft: value.isDraft,
    base: value.baseRefName,
    head: value.headRefName,
    headOid: value.headRefOid,
    ...(headRepository && { headRepositoryId: headRepository.databaseId }),
    ...(author && { author: author.login }),
    labels: labels?.nodes.map(({ name }) => name) ?? [],
    createdAtMs: Date.parse(value.createdAt),
    updatedAtMs: Date.parse(value.updatedAt),
    ...(mergedAt !== null && { mergedAtMs: Date.parse(mergedAt) }),
    ...(mergeCommit && { mergeCommitOid: mergeCommit.oid }),
    mergeable: MERGEABLE.get(value.mergeable) ?? "unknown",
    ...(reviewDecision !== null && { reviewDecision }),
    reviews: (value.latestOpinionatedReviews?.nodes ?? []).map(({ author: reviewer, state }) => {
      return { author: reviewer?.login ?? "ghost", state };
    }),
    ...stackTextsOf(value),
    observedAtMs,
  };
}

/** Everybody may comment: heard are those who may push, tools' own accounts, and who opened it. */
function stackTextsOf(value: Static<typeof Node>): { stackTexts?: readonly string[] } {
  const { comments, author } = value;
  const texts = (comments?.nodes ?? [])
    .filter(
      (comment) =>
        MAY_PUSH.has(comment.authorAssociation) ||
        comment.author?.__typename === "Bot" ||
        (author !== null && comment.author?.login === author.login),
    )
    .map(({ body }) => body.slice(0, MAX_BODY_CHARS))
    .filter((text) => isAboutStacks(value, text));
  return texts.length > 0 ? { stackTexts: texts } : {};
}

function isAboutStacks({ number, headRefName: head }: Static<typeof Node>, text: string): boolean {
  const { marker, below } = readStackWords({ number, head, base: "", body: text.slice(0, MAX_BODY_CHARS) });
  return marker !== undefined || below !== undefined;
}

const MAY_PUSH: ReadonlySet<string> = new Set(["OWNER", "MEMBER", "COLLABORATOR"]);
const STATES = { OPEN: "open", MERGED: "merged", CLOSED: "closed" } as const;
const MERGEABLE: ReadonlyMap<string, PullRequest["mergeable"]> = new Map([
  ["MERGEABLE", "mergeable"],
  ["CONFLICTING", "conflicting"],
]);

function readStack(value: unknown): NativeStack | null | undefined {
  if (!stacked.Check(value)) return undefined;
  const { stack, stackEntry } = value;
  if (!stack || !stackEntry) return stack || stackEntry ? undefined : null;
  return { number: stack.number, size: stack.size, position: stackEntry.position, base: stack.baseRefName };
}

interface Rollup {
  /** All of them. */
  readonly reports?: readonly Reported[];
  readonly rest?: RestOfChecks;
}

function readRollup(value: unknown): Rollup | undefined {
  if (!rolledUp.Check(value)) return undefined;
  const { statusCheckRollup } = value;
  if (!statusCheckRollup) return { reports: [] };
  return readContexts(statusCheckRollup.contexts, statusCheckRollup.id, []);
}

function readContexts(
  { pageInfo, nodes }: Static<typeof Contexts>,
  rollupId: string,
  before: readonly Reported[],
): { rest: RestOfChecks } | { reports: readonly Reported[] } {
  const reports = [...before, ...nodes.map(readReport)];
  const { hasNextPage, endCursor } = pageInfo;
  return hasNextPage && endCursor !== null ? { rest: { rollupId, after: endCursor, reports } } : { reports };
}

function readReport(found: Static<typeof CheckRunNode> | Static<typeof StatusContextNode>): Reported {
  if (found.__typename === "StatusContext") {
    const { context, state, createdAt, targetUrl } = found;
    return {
      check: { name: context, state: stateOfStatus(state), status: state, ...webUrl(targetUrl) },
      key: JSON.stringify(["status", context]),
      startedAtMs: Date.parse(createdAt),
    };
  }
  const { name, status, conclusion, startedAt, detailsUrl, checkSuite } = found;
  const { app, workflowRun } = checkSuite;
  return {
    check: {
      name,
      state: stateOfRun({ status, conclusion: conclusion ?? undefined }),
      status,
      ...(conclusion !== null && { conclusion }),
      ...webUrl(detailsUrl),
    },
    key: JSON.stringify(["run", app?.databaseId, workflowRun?.workflow.name, workflowRun?.event, name]),
    startedAtMs: startedAt === null ? 0 : Date.parse(startedAt),
  };
}

/** Whoever reports a check chooses where it links to. */
function webUrl(url: string | null): { url?: string } {
  return url !== null && /^https?:\/\//i.test(url) ? { url } : {};
}
