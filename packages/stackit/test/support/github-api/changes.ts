import { assertRequest, leastOf } from "./answers.ts";
import { type DoublePullRequest, type DoubleRepository, nodeIdOf } from "./pull-requests.ts";

/** Who asks. */
export interface Caller<R> {
  readonly login: string;
  /** Null for an App. */
  readonly permission: string | null;
  mayRead(repository: R): boolean;
  mayWrite(repository: R): boolean;
}

/** `after`: what was asked for is done, and nobody is told. */
export type Mishap =
  | "none"
  | "bad-gateway-before"
  | "bad-gateway-after"
  | "cut-off-before"
  | "cut-off-after"
  | "secondary-limit"
  | "primary-limit"
  /** Who asked is never answered. */
  | { readonly hangAfter: () => void };

export interface Change {
  readonly endpoint: string;
  readonly fullName: string;
  readonly number: number;
}

export interface Said {
  readonly endpoint: string;
  readonly status: number;
  readonly answer: object;
  readonly headers?: Record<string, string>;
}

interface World {
  readonly repository: DoubleRepository;
  readonly caller: Caller<DoubleRepository>;
  readonly hasStacks: boolean;
  open(given: Partial<DoublePullRequest>): DoublePullRequest;
  change(pullRequest: DoublePullRequest, change: Partial<DoublePullRequest>): void;
}

const CREATE = "POST /repos/{owner}/{repo}/pulls";
const UPDATE = "PATCH /repos/{owner}/{repo}/pulls/{pull_number}";
const REQUEST = "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers";
const LABEL = "POST /repos/{owner}/{repo}/issues/{issue_number}/labels";
const STACK = "POST /repos/{owner}/{repo}/stacks";
const EXTEND = "POST /repos/{owner}/{repo}/stacks/{stack_number}/add";
const PATHS = [CREATE, UPDATE, REQUEST, LABEL, STACK, EXTEND].map((endpoint) => {
  const path = endpoint.replace("{owner}/{repo}", "([^/]+/[^/]+)").replace(/\{\w+_number\}/, "(\\d+)");
  return { endpoint, pattern: new RegExp(`^${path}$`) };
});

/** What GitHub's API is asked to change; undefined for what only reads. */
export function writeEndpoint(method: string | undefined, pathname: string): Change | undefined {
  for (const { endpoint, pattern } of PATHS) {
    const [, fullName, number] = pattern.exec(`${method} ${pathname}`) ?? [];
    if (fullName !== undefined) {
      return { endpoint, fullName: decodeURIComponent(fullName), number: Number(number) };
    }
  }
  return undefined;
}

/** Does as GitHub does, and refuses what GitHub refuses, in its words. */
export async function writePullRequests(
  { endpoint, number }: Change,
  body: Record<string, unknown>,
  world: World,
): Promise<Said> {
  assertRequest(endpoint, body);
  const { repository, caller } = world;
  if (!caller.mayWrite(repository)) {
    const message =
      caller.permission === null
        ? "Resource not accessible by integration"
        : "Resource not accessible by personal access token";
    const headers = { "x-accepted-github-permissions": "pull_requests=write" };
    return { endpoint: "problem", status: 403, answer: { message }, headers };
  }
  if (endpoint === CREATE) return create(body, world);
  if (endpoint === STACK) return stack(body, world);
  if (endpoint === EXTEND) return extend(number, body, world);
  const found = repository.pullRequests.find((one) => one.number === number);
  if (!found) return { endpoint: "problem", status: 404, answer: { message: "Not Found" } };
  if (endpoint === UPDATE) return update(found, body, world);
  if (endpoint === REQUEST) return requestReviewers(found, body, world);
  const labels = [...new Set([...found.labels, ...texts(body.labels)])];
  world.change(found, { labels });
  return {
    endpoint,
    status: 200,
    answer: labels.map((name) => ({ ...leastOf("label"), name })),
  };
}

async function create(body: Record<string, unknown>, world: World): Promise<Said> {
  const { repository, caller } = world;
  const { git = WITHOUT_GIT, pullRequests, fullName } = repository;
  const [head = "", base = "", title = "", text = ""] = ["head", "base", "title", "body"].map((key) =>
    String(body[key] ?? ""),
  );
  const invalid = (field: string) => refused([{ resource: "PullRequest", field, code: "invalid" }]);
  const custom = (message: string) => refused([{ resource: "PullRequest", code: "custom", message }]);
  if (title.trim() === "") return refused([{ resource: "Issue", code: "missing_field", field: "title" }]);
  const tooLong = tooLongIn({ title, body: text });
  if (tooLong) return tooLong;
  const headOid = await git.tip(head);
  if ((await git.tip(base)) === undefined) return invalid("base");
  if (headOid === undefined) return invalid("head");
  if (repository.hasNoDrafts && body.draft === true) {
    return refused([], "Draft pull requests are not supported in this repository.");
  }
  if (pullRequests.some((one) => isOpenOf(one, repository, head) && one.base === base)) {
    return custom(`A pull request already exists for ${fullName.split("/")[0]}:${head}.`);
  }
  if (!(await git.isAhead(head, base))) return custom(`No commits between ${base} and ${head}`);
  const isDraft = body.draft === true;
  const opened = world.open({ head, base, title, body: text, isDraft, headOid, author: caller.login });
  return { endpoint: CREATE, status: 201, answer: describe(repository, opened) };
}

/** One after the other, as GitHub does: what was taken before a refusal stays. */
async function update(found: DoublePullRequest, body: Record<string, unknown>, world: World): Promise<Said> {
  const { repository } = world;
  const { title, body: text, base } = body;
  const tooLong = tooLongIn({ title, body: text });
  if (tooLong) return tooLong;
  if (typeof title === "string") world.change(found, { title });
  if (typeof text === "string") world.change(found, { body: text });
  if (typeof base === "string") {
    if (found.stack) return refused([], "The base branch of a pull request in a stack cannot be changed.");
    if (found.state !== "OPEN") return refused([], "Cannot change the base branch of a closed pull request.");
    const { git = WITHOUT_GIT } = repository;
    if ((await git.tip(base)) === undefined) {
      return refused([{ resource: "PullRequest", field: "base", code: "invalid" }]);
    }
    const other = repository.pullRequests.find(
      (one) => one !== found && isOpenOf(one, repository, found.head) && one.base === base,
    );
    if (other) {
      const message = `A pull request already exists for base branch '${base}' and head branch '${found.head}'`;
      return refused([{ resource: "PullRequest", field: "base", code: "invalid", message }]);
    }
    if (base !== found.base && !(await git.isAhead(found.head, base))) {
      const message = `There are no new commits between base branch '${base}' and head branch '${found.head}'`;
      return refused([{ resource: "PullRequest", field: "base", code: "invalid", message }]);
    }
    if (base !== found.base) world.change(found, { base });
  }
  return { endpoint: UPDATE, status: 200, answer: describe(repository, found) };
}

function requestReviewers(
  found: DoublePullRequest,
  body: Record<string, unknown>,
  { repository, change }: World,
): Said {
  const people = texts(body.reviewers);
  if (people.includes(found.author ?? "")) {
    return refused([], "Review cannot be requested from pull request author.");
  }
  const { collaborators } = repository;
  if (collaborators && !people.every((login) => collaborators.has(login))) {
    return refused([], "Reviews may only be requested from collaborators.");
  }
  change(found, { requested: [...new Set([...found.requested, ...people, ...texts(body.team_reviewers)])] });
  return { endpoint: REQUEST, status: 201, answer: describe(repository, found, "pull-request-simple") };
}

function stack(body: Record<string, unknown>, { repository, hasStacks, change }: World): Said {
  if (!hasStacks) return { endpoint: "problem", status: 404, answer: { message: "Not Found" } };
  const wanted: unknown[] = Array.isArray(body.pull_requests) ? body.pull_requests : [];
  const members = wanted.flatMap((number) => repository.pullRequests.filter((one) => one.number === number));
  if (members.some((one) => one.stack)) return refused([], "A pull request is in a stack already.");
  const number = 1 + Math.max(0, ...repository.pullRequests.map((one) => one.stack?.number ?? 0));
  if (members.length !== wanted.length || !arrange(number, members, change))
    return refused([], "The pull requests are no stack.");
  return { endpoint: STACK, status: 201, answer: describeStack(number, members, IN_FULL) };
}

function extend(
  number: number,
  body: Record<string, unknown>,
  { repository, hasStacks, change }: World,
): Said {
  const there = membersOf(repository, number);
  if (!hasStacks || there.length === 0)
    return { endpoint: "problem", status: 404, answer: { message: "Not Found" } };
  const wanted: unknown[] = Array.isArray(body.pull_requests) ? body.pull_requests : [];
  const added = wanted.flatMap((one) =>
    repository.pullRequests.filter((pr) => pr.number === one && !pr.stack),
  );
  if (added.length !== wanted.length || !arrange(number, [...there, ...added], change))
    return refused([], "The pull requests cannot be appended to the stack.");
  return { endpoint: EXTEND, status: 200, answer: describeStack(number, [...there, ...added], IN_FULL) };
}

/** Those that a pull request is in, of GitHub's own. */
export function listStacks(repository: DoubleRepository, pullRequest: number): object[] {
  const { stack: found } = repository.pullRequests.find(({ number }) => number === pullRequest) ?? {};
  if (!found) return [];
  return [describeStack(found.number, membersOf(repository, found.number), IN_SHORT)];
}

function membersOf({ pullRequests }: DoubleRepository, stackNumber: number): DoublePullRequest[] {
  const members = pullRequests.filter((one) => one.stack?.number === stackNumber);
  return members.toSorted((a, b) => (a.stack?.position ?? 0) - (b.stack?.position ?? 0));
}

/** Whether they are in one line, and are a stack then. */
function arrange(number: number, members: readonly DoublePullRequest[], change: World["change"]): boolean {
  const isLinear = members.every((one, at) => at === 0 || one.base === members[at - 1]?.head);
  const base = members[0]?.base ?? "";
  for (const [at, member] of isLinear ? members.entries() : []) {
    change(member, { stack: { number, size: members.length, position: at + 1, base } });
  }
  return isLinear;
}

const IN_FULL = (one: DoublePullRequest) => ({
  ...leastOf("pull-request-stack-pull-request"),
  number: one.number,
});
const IN_SHORT = ({ number, isDraft, head, headOid }: DoublePullRequest) => ({
  number,
  state: "open",
  draft: isDraft,
  merged_at: null,
  head: { ref: head, sha: headOid },
});

function describeStack(
  number: number,
  members: readonly DoublePullRequest[],
  describeMember: (one: DoublePullRequest) => object,
): object {
  return {
    id: number,
    number,
    node_id: `S_${number}`,
    url: "",
    base: { ref: members[0]?.base ?? "" },
    open: true,
    created_at: "2026-01-05T10:00:00Z",
    pull_requests: members.map(describeMember),
  };
}

const WITHOUT_GIT = { tip: async (branch: string) => oidOf(branch), isAhead: async () => true };

function oidOf(branch: string): string {
  return Buffer.from(branch).toString("hex").padEnd(40, "0").slice(0, 40);
}

function isOpenOf(one: DoublePullRequest, { id }: DoubleRepository, head: string): boolean {
  return one.state === "OPEN" && one.head === head && one.headRepositoryId === id;
}

function tooLongIn(fields: { title: unknown; body: unknown }): Said | undefined {
  for (const [field, max] of [
    ["title", 256],
    ["body", 65_536],
  ] as const) {
    if (String(fields[field] ?? "").length <= max) continue;
    const message = `${field} is too long (maximum is ${max} characters)`;
    return refused([{ resource: "Issue", code: "custom", field, message }]);
  }
  return undefined;
}

function refused(errors: object[], message = "Validation Failed"): Said {
  const answer = { message, documentation_url: "https://docs.github.com/rest", errors, status: "422" };
  return { endpoint: "validation problem", status: 422, answer };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function describe(repository: DoubleRepository, one: DoublePullRequest, schema = "pull-request"): object {
  const least = leastOf(schema);
  const side = (key: "base" | "head", ref: string, sha: string) => ({ ...Object(least[key]), ref, sha });
  return {
    ...least,
    node_id: nodeIdOf(repository, one.number),
    number: one.number,
    html_url: `https://github.com/${repository.fullName}/pull/${one.number}`,
    state: one.state === "OPEN" ? "open" : "closed",
    title: one.title,
    body: one.body,
    draft: one.isDraft,
    user: { ...leastOf("simple-user"), login: one.author ?? "ghost" },
    base: side("base", one.base, ""),
    head: side("head", one.head, one.headOid),
  };
}
