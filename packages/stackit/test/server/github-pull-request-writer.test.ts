import { expect, onTestFinished, test } from "vitest";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { GithubPullRequestWriter } from "../../src/forge/github-pull-request-writer.ts";
import type { PatienceOptions } from "../../src/forge/patient-github.ts";
import type { Mishap } from "../support/github-api/changes.ts";
import { githubDouble } from "../support/github-double.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { testSecret } from "../support/test-secret.ts";

const WIDGET = { owner: "octo", name: "widget" };
const NEW = { head: "api", base: "main", title: "Add the API", body: "Why.", draft: false };
const WAITS_NOT: PatienceOptions = { pauseMs: 0, patienceMs: 0, backoff: { baseMs: 0, capMs: 0 } };

async function scene(options: PatienceOptions = WAITS_NOT) {
  const github = await githubDouble();
  onTestFinished(() => github[Symbol.asyncDispose]());
  const token = testSecret("a-token-of-mira");
  github.people.set(token, { login: "mira", permission: "WRITE" });
  const widget = github.addRepository("octo/widget");
  const writer = new GithubPullRequestWriter(
    new GithubChannel({ apiUrl: github.apiUrl, ...(options.clock && { clock: options.clock }) }),
    options,
  );
  const as = { token, signal: AbortSignal.timeout(60_000) };
  /** What was changed since, as method and path. */
  const changes = () => github.requests.filter((request) => !request.endsWith("/graphql"));
  return { github, widget, writer, as, changes };
}

test("a pull request is created as it was asked for, and found by its head", async () => {
  const { writer, as, widget } = await scene();
  const made = await writer.create(WIDGET, { ...NEW, draft: true }, as);
  expect(made).toMatchObject({ ...{ head: "api", base: "main", title: "Add the API", body: "Why." } });
  expect(made).toMatchObject({ number: 1, state: "open", isDraft: true, author: "mira" });
  expect(made.url).toBe("https://github.com/octo/widget/pull/1");
  const { login, mayPush, defaultBranch, pullRequests } = await writer.find(WIDGET, ["api", "ui"], as);
  expect({ login, mayPush, defaultBranch }).toEqual({ login: "mira", mayPush: true, defaultBranch: "main" });
  expect(pullRequests.get("api")).toEqual([made]);
  expect(pullRequests.get("ui")).toEqual([]);
  expect(widget.pullRequests).toHaveLength(1);
});

test("the open ones of a branch come first, then the last that is not, and none of a fork", async () => {
  const { github, writer, as } = await scene();
  const open = (given: object) => github.openPullRequest("octo/widget", { head: "api", ...given });
  open({ state: "CLOSED", createdAt: "2026-01-01T00:00:00Z" });
  open({ state: "MERGED", createdAt: "2026-01-02T00:00:00Z" });
  open({ base: "next", createdAt: "2026-01-03T00:00:00Z" });
  open({ base: "main", createdAt: "2026-01-04T00:00:00Z" });
  open({ headRepositoryId: 77, createdAt: "2026-01-05T00:00:00Z" });
  open({ headRepositoryId: null, state: "CLOSED", createdAt: "2026-01-06T00:00:00Z" });
  const { pullRequests } = await writer.find(WIDGET, ["api"], as);
  expect(pullRequests.get("api")?.map(({ number, state }) => [number, state])).toEqual([
    [4, "open"],
    [3, "open"],
    [2, "merged"],
  ]);
});

test("a hundred branches take few questions", async () => {
  const { github, writer, as } = await scene();
  const heads = Array.from({ length: 100 }, (_, index) => `b${index}`);
  for (const head of heads) github.openPullRequest("octo/widget", { head });
  const { pullRequests } = await writer.find(WIDGET, heads, as);
  expect(heads.every((head) => pullRequests.get(head)?.[0]?.head === head)).toBe(true);
  expect(github.requests).toHaveLength(4);
});

test("branches that refuse pushes are told", async () => {
  const { writer, as, widget } = await scene();
  widget.rules.set("main", { allowsForcePushes: false, viewerCanPush: false });
  widget.rules.set("next", { allowsForcePushes: false, viewerCanPush: true });
  widget.rules.set("api", { allowsForcePushes: true, viewerCanPush: true });
  const { guarded } = await writer.find(WIDGET, ["main", "next", "api", "ui"], as);
  expect([...guarded]).toEqual([
    ["main", "push"],
    ["next", "force-push"],
  ]);
});

test("what is there already is not created again", async () => {
  const { writer, as, changes } = await scene();
  const first = await writer.create(WIDGET, NEW, as);
  expect(await writer.create(WIDGET, { ...NEW, title: "Another" }, as)).toEqual(first);
  expect(changes()).toHaveLength(1);
});

const AGAIN: Mishap[][] = [
  ["bad-gateway-before"],
  ["bad-gateway-after"],
  ["cut-off-before"],
  ["cut-off-after"],
  ["bad-gateway-before", "cut-off-before", "bad-gateway-after"],
  ["cut-off-after", "bad-gateway-after", "cut-off-after", "bad-gateway-before"],
];

test.each(AGAIN.map((mishaps) => [mishaps.join(", "), mishaps] as const))(
  "one pull request is created, and changed once, through: %s",
  async (_, mishaps) => {
    const { github, writer, as, widget } = await scene();
    github.mishaps.push(...mishaps);
    const made = await writer.create(WIDGET, NEW, as);
    expect(widget.pullRequests.map(({ title }) => title)).toEqual(["Add the API"]);
    github.mishaps.splice(0, Number.POSITIVE_INFINITY, ...mishaps.slice(0, 3));
    const moved = await writer.update(WIDGET, made, { base: "next" }, as);
    github.mishaps.splice(0, Number.POSITIVE_INFINITY, ...mishaps.slice(0, 3));
    const told = await writer.update(WIDGET, moved, { title: "Add it", body: "Because." }, as);
    github.mishaps.splice(0, Number.POSITIVE_INFINITY, ...mishaps.slice(0, 3));
    const draft = await writer.setDraft(told, true, as);
    const { pullRequests } = await writer.find(WIDGET, ["api"], as);
    expect(pullRequests.get("api")).toEqual([draft]);
    expect(draft).toMatchObject({ base: "next", title: "Add it", body: "Because.", isDraft: true });
  },
);

test("an answer that never comes says that nothing tells whether it was done", async () => {
  const { github, writer, as, widget } = await scene();
  github.mishaps.push(...Array.from({ length: 4 }, (): Mishap => "bad-gateway-before"));
  await expect(writer.create(WIDGET, NEW, as)).rejects.toMatchObject({
    failure: "unreachable",
    message: "GitHub's API answered 502.",
  });
  expect(widget.pullRequests).toEqual([]);
});

test("only what differs is sent, and a base by itself, so that a refusal leaves no half", async () => {
  const { writer, as, changes, github, widget } = await scene();
  const made = await writer.create(WIDGET, NEW, as);
  expect(await writer.update(WIDGET, made, { base: "main", title: NEW.title, body: NEW.body }, as)).toEqual(
    made,
  );
  expect(changes()).toHaveLength(1);
  const stacked = widget.pullRequests[0];
  if (stacked) github.change(stacked, { stack: { number: 1, size: 2, position: 1, base: "main" } });
  const update = writer.update(WIDGET, made, { base: "next", body: "New." }, as);
  await expect(update).rejects.toMatchObject({
    failure: "refused",
    message: "GitHub refuses this: The base branch of a pull request in a stack cannot be changed.",
  });
  expect(stacked?.body).toBe("Why.");
  await writer.update(WIDGET, made, { base: "main", body: "New." }, as);
  expect(stacked?.body).toBe("New.");
});

test("a base that somebody else changed to the wanted one is taken as done", async () => {
  const { writer, as, widget, github } = await scene();
  const made = await writer.create(WIDGET, NEW, as);
  const [kept] = widget.pullRequests;
  const stack = { number: 1, size: 2, position: 1, base: "main" };
  if (kept) github.change(kept, { base: "next", stack });
  expect(await writer.update(WIDGET, made, { base: "next" }, as)).toMatchObject({ base: "next" });
});

test.each([
  ["no such base", { base: "gone" }, "base is invalid"],
  ["no such head", { head: "gone" }, "head is invalid"],
  ["no commits", { head: "empty" }, "No commits between main and empty"],
  ["no drafts", { draft: true }, "Draft pull requests are not supported in this repository"],
  ["a title that is too long", { title: "x".repeat(257) }, "title is too long (maximum is 256 characters)"],
])("what GitHub refuses is told in its words: %s", async (_, given, said) => {
  const { writer, as, widget } = await scene();
  widget.hasNoDrafts = true;
  widget.git = {
    tip: async (branch) => (branch === "gone" ? undefined : "a".repeat(40)),
    isAhead: async (head) => head !== "empty",
  };
  await expect(writer.create(WIDGET, { ...NEW, ...given }, as)).rejects.toMatchObject({
    failure: "refused",
    message: `GitHub refuses this: ${said}.`,
  });
  expect(widget.pullRequests).toEqual([]);
});

test("a token that may only read is told what it needs, and one that is worth nothing is not repeated", async () => {
  const { writer, as, github } = await scene();
  const made = await writer.create(WIDGET, NEW, as);
  github.people.set("reader", { login: "theo", permission: "READ" });
  const reader = { ...as, token: "reader" };
  expect((await writer.find(WIDGET, [], reader)).mayPush).toBe(false);
  await expect(writer.create(WIDGET, { ...NEW, base: "next" }, reader)).rejects.toMatchObject({
    failure: "forbidden",
    message:
      "GitHub forbids this: Resource not accessible by personal access token. The token needs pull_requests=write.",
  });
  await expect(writer.setDraft(made, true, reader)).rejects.toMatchObject({ failure: "forbidden" });
  await expect(writer.create(WIDGET, NEW, { ...as, token: "nobody" })).rejects.toMatchObject({
    failure: "auth-failed",
  });
  github.front = (_, response) => {
    const said = { message: `Bad\u001b[31m token ${as.token} \u202e`, errors: [] };
    response.writeHead(422, { "content-type": "application/json" }).end(JSON.stringify(said));
    return true;
  };
  await expect(writer.addLabels(WIDGET, 1, ["api"], as)).rejects.toMatchObject({
    failure: "refused",
    message: "GitHub refuses this: Bad [31m token …",
  });
});

test.each([
  { owner: "..", name: "widget" },
  { owner: "octo", name: "." },
  { owner: "octo", name: "" },
  { owner: "octo/../acme", name: "x" },
  { owner: "octo", name: "widget/pulls?x=#y{z}" },
])("a name that is none of a repository leads nowhere else: %o", async (name) => {
  const { writer, as, github } = await scene();
  const pullRequest = {
    number: 1,
    nodeId: "",
    url: "",
    state: "open",
    isDraft: false,
    head: "a",
    headOid: "",
  } as const;
  const current = { ...pullRequest, base: "main", title: "t", body: "" };
  for (const change of [
    () => writer.find(name, ["api"], as),
    () => writer.create(name, NEW, as),
    () => writer.update(name, current, { title: "u" }, as),
    () => writer.addLabels(name, 1, ["x"], as),
  ]) {
    await expect(change()).rejects.toMatchObject({ failure: "not-found" });
  }
  const paths = github.requests.map((request) => request.split(" ")[1]);
  for (const path of paths)
    expect(path).toMatch(/^\/graphql$|^\/repos\/[^/?#]+\/[^/?#]+\/(pulls|issues)(\/1(\/labels)?)?$/);
});

test("reviewers, labels and GitHub's own stack are added, and nobody reviews what is theirs", async () => {
  const { writer, as, widget, github, changes } = await scene();
  const made = await writer.create(WIDGET, NEW, as);
  await writer.requestReviewers(WIDGET, made, { people: ["Mira"], teams: [] }, as);
  await writer.addLabels(WIDGET, made.number, [], as);
  expect(changes()).toHaveLength(1);
  await writer.requestReviewers(WIDGET, made, { people: ["Mira", "theo"], teams: ["core"] }, as);
  await writer.addLabels(WIDGET, made.number, ["api", "risky"], as);
  expect(widget.pullRequests[0]).toMatchObject({ requested: ["theo", "core"], labels: ["api", "risky"] });
  const upper = await writer.create(WIDGET, { ...NEW, head: "ui", base: "api" }, as);
  expect(await writer.nativeStackOf(WIDGET, made.number, as)).toBe("none");
  await writer.createStack(WIDGET, [made.number, upper.number], as);
  const top = await writer.create(WIDGET, { ...NEW, head: "docs", base: "ui" }, as);
  const native = await writer.nativeStackOf(WIDGET, upper.number, as);
  expect(native).toEqual({ number: 1, members: [1, 2] });
  if (typeof native !== "string") await writer.extendStack(WIDGET, native, [top.number], as);
  expect(widget.pullRequests.map(({ stack }) => stack?.position)).toEqual([1, 2, 3]);
  github.hasStacks = false;
  expect(await writer.nativeStackOf(WIDGET, made.number, as)).toBe("unsupported");
});

/** Moves the clock to each time that something waits for, until that is done. */
async function throughAll<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) await clock.advance(clock.pendingTimers > 0 ? 250 : 0);
  return over;
}

test("changes follow each other after a pause, also when they are asked for at once", async () => {
  const clock = new ManualClock();
  const { writer, as, widget } = await scene({ clock });
  const heads = ["a", "b", "c"];
  const work = Promise.all(heads.map((head) => writer.create(WIDGET, { ...NEW, head }, as)));
  await throughAll(clock, work);
  expect(widget.pullRequests).toHaveLength(3);
  expect(clock.now()).toBeGreaterThanOrEqual(2_000);
});

test("quiet that GitHub asks for is kept, and told when it is too long to wait for", async () => {
  const clock = new ManualClock();
  const { writer, as, widget, github } = await scene({ clock });
  github.mishaps.push("secondary-limit");
  await throughAll(clock, writer.create(WIDGET, NEW, as));
  expect(widget.pullRequests).toHaveLength(1);
  expect(clock.now()).toBeGreaterThanOrEqual(30_000);
  github.mishaps.push("primary-limit");
  const late = throughAll(clock, writer.create(WIDGET, { ...NEW, head: "ui" }, as));
  await expect(late).rejects.toMatchObject({ failure: "rate-limited" });
  await expect(late).rejects.toHaveProperty("retryAfterMs", expect.any(Number));
  const asked = github.requests.length;
  await expect(writer.find(WIDGET, ["ui"], as)).rejects.toMatchObject({ failure: "rate-limited" });
  expect(github.requests).toHaveLength(asked);
});

test("whoever asked can leave in the middle of a pause", async () => {
  const clock = new ManualClock();
  const { writer, as, github } = await scene({ clock });
  const leaving = new AbortController();
  github.mishaps.push("secondary-limit");
  const work = writer.create(WIDGET, NEW, { ...as, signal: leaving.signal });
  await expect.poll(() => clock.pendingTimers).toBe(1);
  leaving.abort(new Error("gone"));
  await expect(work).rejects.toThrow("gone");
  expect(clock.pendingTimers).toBe(0);
  github.mishaps.length = 0;
});
