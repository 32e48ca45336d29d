import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { asFields } from "../stacks/json-fields.ts";
import type { GraphqlAnswer } from "./graphql-answer.ts";

/** A pull request as it is to be changed. */
export interface ForgePullRequest {
  /** GitHub's own name of it. */
  readonly nodeId: string;
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly isDraft: boolean;
  readonly title: string;
  readonly body: string;
  readonly base: string;
  readonly head: string;
  readonly headOid: string;
  /** Absent: the account is gone. */
  readonly author?: string;
}

/** What GitHub tells a token about a repository and some of its branches. */
export interface ForgeSituation {
  /** Of the token's user; of an App its name with `[bot]`. */
  readonly login: string;
  /** Undefined where GitHub does not say, as to an App. */
  readonly mayPush: boolean | undefined;
  readonly defaultBranch?: string;
  /** By head branch, of the repository itself alone: the open ones, the newest first, then the last that is not open. */
  readonly pullRequests: ReadonlyMap<string, readonly ForgePullRequest[]>;
  /** Branches with rules that keep all pushes out, or those that take commits away; who may pass them is not known. */
  readonly guarded: ReadonlyMap<string, "push" | "force-push">;
}

const OPEN_AT_ONCE = 50;
const CLOSED_AT_ONCE = 20;

const FACTS = `
fragment HeadFacts on PullRequest {
  id number url state isDraft title body baseRefName headRefName headRefOid
  headRepository { databaseId }
  author { login }
}`;
const RULES = "refUpdateRule { allowsForcePushes viewerCanPush } rules(first: 50) { nodes { type } }";

/** The branch `$h0` under the names `o0`, `c0` and, with rules, `r0`, which an older GitHub does not have. */
export function pullRequestsOfHeadsQuery(headCount: number, { withRules }: { withRules: boolean }): string {
  const indexes = Array.from({ length: headCount }, (_, index) => index);
  const order = "orderBy: { field: CREATED_AT, direction: DESC }";
  const fields = indexes.map(
    (
      index,
    ) => `o${index}: pullRequests(headRefName: $h${index}, states: OPEN, first: ${OPEN_AT_ONCE}, ${order}) { nodes { ...HeadFacts } }
    c${index}: pullRequests(headRefName: $h${index}, states: [CLOSED, MERGED], first: ${CLOSED_AT_ONCE}, ${order}) { nodes { ...HeadFacts } }
    ${withRules ? `r${index}: ref(qualifiedName: $q${index}) { ${RULES} }` : ""}`,
  );
  const declared = indexes.map((index) => `, $h${index}: String!${withRules ? `, $q${index}: String!` : ""}`);
  return `query PullRequestsOfHeads($owner: String!, $name: String!${declared.join("")}) {
  rateLimit { cost }
  viewer { login }
  repository(owner: $owner, name: $name) {
    databaseId viewerPermission
    defaultBranchRef { name }
    ${fields.join("\n    ")}
  }
}${headCount > 0 ? FACTS : ""}`;
}

const Node = Type.Object({
  id: Type.String(),
  number: Type.Integer({ minimum: 1 }),
  url: Type.String({ pattern: "^https?://" }),
  state: Type.Enum(["OPEN", "MERGED", "CLOSED"]),
  isDraft: Type.Boolean(),
  title: Type.String(),
  body: Type.String(),
  baseRefName: Type.String(),
  headRefName: Type.String(),
  headRefOid: Type.String(),
  headRepository: Type.Union([Type.Object({ databaseId: Type.Integer() }), Type.Null()]),
  author: Type.Union([Type.Object({ login: Type.String() }), Type.Null()]),
});
const Page = Type.Object({ nodes: Type.Array(Node) });
const page = Compile(Page);
const about = Compile(
  Type.Object({
    databaseId: Type.Integer(),
    viewerPermission: Type.Union([Type.String(), Type.Null()]),
    defaultBranchRef: Type.Union([Type.Object({ name: Type.String() }), Type.Null()]),
  }),
);
const guard = Compile(
  Type.Object({
    refUpdateRule: Type.Union([
      Type.Object({ allowsForcePushes: Type.Boolean(), viewerCanPush: Type.Boolean() }),
      Type.Null(),
    ]),
    rules: Type.Union([
      Type.Object({ nodes: Type.Array(Type.Object({ type: Type.String() })) }),
      Type.Null(),
    ]),
  }),
);

const MAY_PUSH: ReadonlySet<string> = new Set(["WRITE", "MAINTAIN", "ADMIN"]);
const STATES = { OPEN: "open", MERGED: "merged", CLOSED: "closed" } as const;

/** Undefined for what cannot be read. Rules that GitHub does not tell are taken for none. */
export function readPullRequestsOfHeads(
  { data, errors }: GraphqlAnswer,
  heads: readonly string[],
): ForgeSituation | undefined {
  const repository = data?.repository;
  const login = asFields(data?.viewer)?.login;
  const isBroken = errors.some(({ path }) => !/^r\d+$/.test(path[1] ?? ""));
  if (isBroken || typeof login !== "string" || !about.Check(repository)) return undefined;
  const { databaseId, viewerPermission, defaultBranchRef } = repository;
  const fields: Readonly<Record<string, unknown>> = asFields(repository) ?? {};
  const pullRequests = new Map<string, readonly ForgePullRequest[]>();
  const guarded = new Map<string, "push" | "force-push">();
  for (const [index, head] of heads.entries()) {
    const [open, closed] = [fields[`o${index}`], fields[`c${index}`]];
    if (!page.Check(open) || !page.Check(closed)) return undefined;
    const own = (found: Static<typeof Page>) =>
      found.nodes.filter(({ headRepository }) => headRepository?.databaseId === databaseId).map(readNode);
    pullRequests.set(head, [...own(open), ...own(closed).slice(0, 1)]);
    const kept = keptOut(fields[`r${index}`]);
    if (kept) guarded.set(head, kept);
  }
  return {
    login,
    mayPush: viewerPermission === null ? undefined : MAY_PUSH.has(viewerPermission),
    ...(defaultBranchRef && { defaultBranch: defaultBranchRef.name }),
    pullRequests,
    guarded,
  };
}

function keptOut(ref: unknown): "push" | "force-push" | undefined {
  if (!guard.Check(ref)) return undefined;
  const { refUpdateRule: rule, rules } = ref;
  const types = new Set(rules?.nodes.map(({ type }) => type));
  if (rule?.viewerCanPush === false || types.has("UPDATE") || types.has("LOCK_BRANCH")) return "push";
  return rule?.allowsForcePushes === false || types.has("NON_FAST_FORWARD") ? "force-push" : undefined;
}

function readNode(node: Static<typeof Node>): ForgePullRequest {
  return {
    nodeId: node.id,
    number: node.number,
    url: node.url,
    state: STATES[node.state],
    isDraft: node.isDraft,
    title: node.title,
    body: node.body,
    base: node.baseRefName,
    head: node.headRefName,
    headOid: node.headRefOid,
    ...(node.author && { author: node.author.login }),
  };
}
