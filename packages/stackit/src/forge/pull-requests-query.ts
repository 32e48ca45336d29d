/** What a GitHub may not have yet. A query that names a field that is not there is refused as a whole. */
export interface QueryOptions {
  /** Stacks that GitHub itself keeps. */
  readonly withStacks: boolean;
}

/** More than that many are asked for page by page. */
export const CONTEXTS_AT_ONCE = 100;

/** Tools write about stacks when they open a pull request or soon after. */
const COMMENTS = 10;

const CONTEXTS = `
  pageInfo { hasNextPage endCursor }
  nodes {
    __typename
    ... on CheckRun {
      name status conclusion startedAt detailsUrl
      checkSuite { app { databaseId } workflowRun { event workflow { name } } }
    }
    ... on StatusContext { context state createdAt targetUrl }
  }`;

const STACK = `
  stack { number size baseRefName }
  stackEntry { position }`;

function pullRequest({ withStacks }: QueryOptions): string {
  return `
fragment PullRequestFacts on PullRequest {
  number title body url state isDraft
  baseRefName headRefName headRefOid
  headRepository { databaseId }
  author { login }
  labels(first: 20) { nodes { name } }
  createdAt updatedAt mergedAt
  mergeCommit { oid }
  mergeable reviewDecision
  latestOpinionatedReviews(first: 20) { nodes { author { login } state } }
  comments(first: ${COMMENTS}) { nodes { body authorAssociation author { __typename login } } }${withStacks ? STACK : ""}
  statusCheckRollup @include(if: $withChecks) { id contexts(first: ${CONTEXTS_AT_ONCE}) {${CONTEXTS}} }
}`;
}

const REPOSITORY = "$owner: String!, $name: String!, $withChecks: Boolean!";

/** A page of the open ones, oldest first, so that a new one comes last. */
export function openPullRequestsQuery(options: QueryOptions): string {
  return `query OpenPullRequests(${REPOSITORY}, $first: Int!, $after: String) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequests(states: OPEN, first: $first, after: $after, orderBy: { field: CREATED_AT, direction: ASC }) {
      pageInfo { hasNextPage endCursor }
      nodes { ...PullRequestFacts }
    }
  }
}${pullRequest(options)}`;
}

/** Those with these numbers, each under the name `n<number>`. */
export function pullRequestsQuery(numbers: readonly number[], options: QueryOptions): string {
  const fields = numbers.map(
    (number) => `n${number}: pullRequest(number: ${number}) { ...PullRequestFacts }`,
  );
  return `query PullRequests(${REPOSITORY}) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    databaseId
    ${fields.join("\n    ")}
  }
}${pullRequest(options)}`;
}

/** The newest of each of so many branches of the repository itself: that of `$b0` under the name `b0`. */
export function pullRequestsOfBranchesQuery(branchCount: number, options: QueryOptions): string {
  const names = Array.from({ length: branchCount }, (_, index) => `b${index}`);
  const fields = names.map(
    (name) =>
      `${name}: ref(qualifiedName: $${name}) { associatedPullRequests(first: 3, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { baseRepository { databaseId } ...PullRequestFacts } } }`,
  );
  return `query PullRequestsOfBranches(${REPOSITORY}, ${names.map((name) => `$${name}: String!`).join(", ")}) {
  rateLimit { cost }
  repository(owner: $owner, name: $name) {
    databaseId
    ${fields.join("\n    ")}
  }
}${pullRequest(options)}`;
}

/** What did not fit into the first page of a commit's checks. */
export const MORE_CHECKS_QUERY = `query MoreChecks($id: ID!, $after: String!) {
  rateLimit { cost }
  node(id: $id) {
    ... on StatusCheckRollup { contexts(first: ${CONTEXTS_AT_ONCE}, after: $after) {${CONTEXTS}} }
  }
}`;
