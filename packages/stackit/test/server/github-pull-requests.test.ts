import { expect, onTestFinished, test } from "vitest";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { type ApiTokens, GithubPullRequests } from "../../src/forge/github-pull-requests.ts";
import type { DoubleCheck } from "../support/github-api/pull-requests.ts";
import { githubDouble } from "../support/github-double.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { testSecret } from "../support/test-secret.ts";

const WIDGET = { owner: "octo", name: "widget" };
const TOKEN = testSecret("a-token-of-a-person");
const never = new AbortController().signal;
const run = (name: string, conclusion: string | null, more: object = {}): DoubleCheck => ({
  name,
  status: conclusion === null ? "IN_PROGRESS" : "COMPLETED",
  conclusion,
  ...more,
});

async function scene({ timeoutMs = 20_000 } = {}) {
  const github = await githubDouble();
  onTestFinished(() => github[Symbol.asyncDispose]());
  github.personalTokens.add(TOKEN);
  const widget = github.addRepository("octo/widget");
  const clock = new ManualClock();
  const channel = new GithubChannel({ apiUrl: github.apiUrl, clock, timeoutMs });
  const tokens: ApiTokens = {
    tokenFor: async () => ({ token: TOKEN, mayReadChecks: true }),
    renew: () => false,
  };
  return { github, widget, clock, channel, tokens, asking: new GithubPullRequests(channel, tokens) };
}

/** All pages of the open ones. */
async function allOpen(asking: GithubPullRequests) {
  const found = [];
  let after: string | undefined;
  do {
    const page = await asking.openPage(WIDGET, after, never);
    expect(page.isWhole).toBe(true);
    found.push(...page.pullRequests);
    after = page.next;
  } while (after !== undefined);
  return found;
}

test("all that is open is read in few questions, with reviews, checks and the stack that GitHub keeps", async () => {
  const { github, widget, asking } = await scene();
  github.openPullRequest("octo/widget", {
    head: "api",
    base: "main",
    title: "Add the API",
    body: "Part 1 of 2",
    isDraft: true,
    labels: ["risky", "api"],
    mergeable: "CONFLICTING",
    reviewDecision: "CHANGES_REQUESTED",
    reviews: [{ author: "theo", state: "CHANGES_REQUESTED" }],
    stack: { number: 7, size: 2, position: 1, base: "main" },
    checks: [run("build", "SUCCESS"), { context: "ci/lint", state: "PENDING" }],
  });
  for (let number = 2; number <= 120; number++) github.openPullRequest("octo/widget", {});
  const found = await allOpen(asking);
  expect(found).toHaveLength(120);
  expect(github.queries).toHaveLength(3);
  expect(found[0]).toEqual({
    number: 1,
    title: "Add the API",
    body: "",
    url: "https://github.com/octo/widget/pull/1",
    state: "open",
    isDraft: true,
    base: "main",
    head: "api",
    headOid: widget.pullRequests[0]?.headOid,
    headRepositoryId: widget.id,
    author: "mira",
    labels: ["risky", "api"],
    createdAtMs: Date.parse(widget.pullRequests[0]?.createdAt ?? ""),
    updatedAtMs: Date.parse(widget.pullRequests[0]?.updatedAt ?? ""),
    mergeable: "conflicting",
    reviewDecision: "CHANGES_REQUESTED",
    reviews: [{ author: "theo", state: "CHANGES_REQUESTED" }],
    stack: { number: 7, size: 2, position: 1, base: "main" },
    checks: {
      oid: widget.pullRequests[0]?.headOid,
      state: "pending",
      checks: [
        expect.objectContaining({ name: "build", state: "passing", conclusion: "SUCCESS" }),
        expect.objectContaining({ name: "ci/lint", state: "pending", status: "PENDING" }),
      ],
      observedAtMs: expect.any(Number),
    },
    observedAtMs: expect.any(Number),
  });
  expect(found[1]).toMatchObject({ stack: null, checks: { state: "none", checks: [] } });
});

test("what ended is read by number and by branch, and a branch of a fork is not the repository's", async () => {
  const { github, asking } = await scene();
  const merged = { mergedAt: "2026-01-05T12:00:00Z", mergeCommit: "c".repeat(40) };
  github.openPullRequest("octo/widget", { head: "api", state: "MERGED", ...merged });
  github.openPullRequest("octo/widget", { head: "main", headRepositoryId: 5 });
  github.openPullRequest("octo/widget", {
    head: "gone",
    headRepositoryId: null,
    author: null,
    state: "CLOSED",
  });
  const byNumber = await asking.byNumber(WIDGET, [1, 3, 99], never);
  expect(byNumber).toMatchObject({ absent: [99], isWhole: true });
  expect(byNumber.pullRequests[0]).toMatchObject({
    state: "merged",
    mergedAtMs: Date.parse(merged.mergedAt),
    mergeCommitOid: merged.mergeCommit,
  });
  expect(byNumber.pullRequests[1]).not.toHaveProperty("headRepositoryId");
  expect(byNumber.pullRequests[1]).not.toHaveProperty("author");
  const ofBranches = await asking.ofBranches(WIDGET, ["api", "main", 'odd"name{}'], never);
  expect(ofBranches.pullRequests.map(({ number }) => number)).toEqual([1]);
  expect(ofBranches.isWhole).toBe(true);
});

test("what a branch asks of another repository is not the repository's, whose numbers are others", async () => {
  const { github, asking } = await scene();
  github.openPullRequest("octo/widget", { head: "ui", state: "MERGED" });
  github.addRepository("upstream/widget");
  const headRepositoryId = github.repository("octo/widget").id;
  github.openPullRequest("upstream/widget", { head: "api", headRepositoryId });
  github.openPullRequest("upstream/widget", { head: "ui", headRepositoryId });
  const { pullRequests, isWhole } = await asking.ofBranches(WIDGET, ["api", "ui"], never);
  expect(pullRequests.map(({ url }) => url)).toEqual(["https://github.com/octo/widget/pull/1"]);
  expect(isWhole).toBe(true);
});

test("more checks than fit into a page are all counted", async () => {
  const { github, asking } = await scene();
  const checks = Array.from({ length: 250 }, (_, index) => run(`job ${index}`, "SUCCESS"));
  github.openPullRequest("octo/widget", { checks: [...checks, run("the last", "FAILURE")] });
  const [found] = await allOpen(asking);
  expect(found?.checks).toMatchObject({ state: "failing" });
  expect(found?.checks?.checks).toHaveLength(251);
  expect(github.queries).toHaveLength(3);
});

test("where GitHub fails to give the rest of the checks, none count, and the answer is not whole", async () => {
  const { github, widget, asking } = await scene();
  const checks = Array.from({ length: 150 }, (_, index) => run(`job ${index}`, "SUCCESS"));
  github.openPullRequest("octo/widget", { title: "Many", checks });
  widget.failing.add("1.contexts");
  const page = await asking.openPage(WIDGET, undefined, never);
  expect(page).toMatchObject({ isWhole: false, pullRequests: [{ title: "Many" }] });
  expect(page.pullRequests[0]).not.toHaveProperty("checks");
});

test("of a check that was run again, the last run counts", async () => {
  const { github, asking } = await scene();
  const [early, late] = ["2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"];
  github.openPullRequest("octo/widget", {
    checks: [
      run("build", "SUCCESS", { startedAt: late, workflow: "CI" }),
      run("build", "FAILURE", { startedAt: early, workflow: "CI" }),
      run("build", "SKIPPED", { workflow: "Nightly" }),
    ],
  });
  const [found] = await allOpen(asking);
  expect(found?.checks?.checks.map(({ state }) => state)).toEqual(["passing", "skipped"]);
  expect(found?.checks?.state).toBe("passing");
});

test("a GitHub without stacks is asked again without them, and with them after some hours", async () => {
  const { github, channel, tokens, clock } = await scene();
  const asking = new GithubPullRequests(channel, tokens, clock);
  github.hasStacks = false;
  github.openPullRequest("octo/widget", {});
  const [found] = await allOpen(asking);
  expect(found).toMatchObject({ number: 1 });
  expect(found).not.toHaveProperty("stack");
  await asking.byNumber(WIDGET, [1], never);
  expect(github.queries.map(({ query }) => query.includes("stackEntry"))).toEqual([true, false, false]);
  github.hasStacks = true;
  await clock.advance(6 * 3_600_000);
  const [later] = (await asking.byNumber(WIDGET, [1], never)).pullRequests;
  expect(later).toHaveProperty("stack", null);
});

test("what GitHub fails to give is missing, and what it gave beside is taken", async () => {
  const { github, widget, asking } = await scene();
  for (let number = 1; number <= 4; number++) github.openPullRequest("octo/widget", {});
  widget.failing.add("1").add("2.statusCheckRollup").add("3.title");
  const page = await asking.openPage(WIDGET, undefined, never);
  expect(page.isWhole).toBe(false);
  expect(page.pullRequests.map(({ number }) => number)).toEqual([2, 4]);
  expect(page.pullRequests[0]).not.toHaveProperty("checks");
  expect(page.pullRequests[1]).toHaveProperty("checks");
  const byNumber = await asking.byNumber(WIDGET, [1, 4], never);
  expect(byNumber).toMatchObject({ absent: [], isWhole: false, pullRequests: [{ number: 4 }] });
});

test("a list in which nothing was touched costs nothing, and one in which something was names it first", async () => {
  const { github, asking } = await scene();
  const one = github.openPullRequest("octo/widget", {});
  github.openPullRequest("octo/widget", {});
  const before = await asking.recent(WIDGET, undefined, never);
  expect(before?.touched).toHaveLength(2);
  expect(await asking.recent(WIDGET, before?.etag, never)).toBeUndefined();
  github.change(one, { state: "CLOSED" });
  const after = await asking.recent(WIDGET, before?.etag, never);
  expect(after?.touched[0]).toEqual({ number: 1, updatedAtMs: Date.parse(one.updatedAt) });
});

test.for([
  ["primary-limit", "rate-limited", 1_800_000],
  ["secondary-limit", "rate-limited", 30_000],
  ["bad-gateway", "error", undefined],
  ["unreadable", "error", undefined],
] as const)(
  "with %s the question fails, and nothing is sent while GitHub wants quiet",
  async ([trouble, failure, quietMs]) => {
    const { github, asking, clock } = await scene();
    github.openPullRequest("octo/widget", {});
    github.trouble = trouble;
    const failed = { failure, ...(quietMs === undefined && { retryAfterMs: undefined }) };
    await expect(asking.openPage(WIDGET, undefined, never)).rejects.toMatchObject(failed);
    github.trouble = undefined;
    const sent = github.requests.length;
    if (quietMs !== undefined) {
      await clock.advance(quietMs - 2_000);
      await expect(asking.openPage(WIDGET, undefined, never)).rejects.toMatchObject({
        failure: "rate-limited",
      });
      expect(github.requests).toHaveLength(sent);
      await clock.advance(4_000);
    }
    expect((await asking.openPage(WIDGET, undefined, never)).pullRequests).toHaveLength(1);
  },
);

test("a GitHub that does not manage a page is asked for less the next time", async () => {
  const { github, asking } = await scene();
  for (let number = 1; number <= 60; number++) github.openPullRequest("octo/widget", {});
  github.trouble = "bad-gateway";
  await expect(asking.openPage(WIDGET, undefined, never)).rejects.toMatchObject({ failure: "error" });
  github.trouble = undefined;
  expect(await asking.openPage(WIDGET, undefined, never)).toMatchObject({ isWhole: true, next: "25" });
});

test("a GitHub that hangs is given up, and who goes away is not waited for", async () => {
  const { github, asking } = await scene({ timeoutMs: 100 });
  github.trouble = "hangs";
  await expect(asking.openPage(WIDGET, undefined, never)).rejects.toMatchObject({ failure: "unreachable" });
  const patient = await scene();
  patient.github.trouble = "hangs";
  const leaving = new AbortController();
  const asked = patient.asking.recent(WIDGET, undefined, leaving.signal);
  leaving.abort(new Error("gone"));
  await expect(asked).rejects.toThrow("gone");
});

test("the quota that is left is known, until it begins anew", async () => {
  const { github, asking, channel, clock } = await scene();
  github.quotaLeft = 100;
  expect(channel.quota).toBeUndefined();
  await asking.openPage(WIDGET, undefined, never);
  expect(channel.quota).toMatchObject({ limit: 5_000, remaining: 99 });
  await clock.advance(1_802_000);
  expect(channel.quota).toBeUndefined();
});

test("a token that is refused is replaced once, and a repository that it may not read is not there", async () => {
  const { github, channel } = await scene();
  const tokens = ["worthless", TOKEN];
  let renewed = 0;
  const asking = new GithubPullRequests(channel, {
    tokenFor: async () => ({ token: tokens[renewed] ?? "", mayReadChecks: true }),
    renew: () => ++renewed === 1,
  });
  await asking.openPage(WIDGET, undefined, never);
  expect(renewed).toBe(1);
  const nobodys = asking.openPage({ owner: "octo", name: "secret" }, undefined, never);
  await expect(nobodys).rejects.toMatchObject({ failure: "not-found" });
  github.personalTokens.clear();
  await expect(asking.openPage(WIDGET, undefined, never)).rejects.toMatchObject({ failure: "auth-failed" });
});
