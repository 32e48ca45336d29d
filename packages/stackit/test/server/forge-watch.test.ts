import { expect, test } from "vitest";
import { MINUTE_MS, watchedForge } from "../support/watched-forge.ts";

test("what is touched is asked for alone, and where nothing is, nothing of the quota is spent", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  github.openPullRequest("octo/widget", { head: "ui" });
  watch.start();
  await pass(0);
  expect(repo.states).toEqual({ api: "open none", ui: "open none" });
  expect(repo.forge?.health).toBe("current");
  await pass(20 * MINUTE_MS);
  const spent = github.queries.length;
  for (let poll = 0; poll < 3; poll++) await pass(10 * MINUTE_MS);
  expect(github.queries).toHaveLength(spent);
  github.change(api, { state: "MERGED", mergedAt: "2026-01-01T00:30:00Z", mergeCommit: "c".repeat(40) });
  await pass(16 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "merged", ui: "open none" });
  expect(github.queries.slice(spent).map(({ query }) => /\w+: pullRequest/.exec(query)?.[0])).toContain(
    "n1: pullRequest",
  );
});

test("what is heard of is asked for at once and together, and only when it was asked for it is answered", async () => {
  const { github, repo, watch, pass, clock } = await watchedForge();
  const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
  const pulls = numbers.map((number) => github.openPullRequest("octo/widget", { head: `b${number}` }));
  watch.start();
  await pass(30 * MINUTE_MS);
  const [asked, listed] = [github.queries.length, github.requests.length];
  const answered: string[] = [];
  const hear = (name: string, heardOf: object) =>
    watch.heardOf("widget", { numbers: [], branches: [], oids: [], ...heardOf }, async () => {
      answered.push(name);
    });
  for (const pull of pulls) pull.checks = [{ context: "ci", state: "SUCCESS" }];
  hear("by number", { numbers: [1, 2] });
  hear("by branch", { branches: ["b3", "unknown"] });
  hear("by commit", { oids: [pulls[3]?.headOid, "f".repeat(40)] });
  hear("of nothing that is known", { branches: ["main"] });
  expect(answered).toEqual([]);
  await clock.advance(600);
  await expect.poll(() => answered).toHaveLength(4);
  expect(github.queries).toHaveLength(asked + 1);
  expect(github.requests).toHaveLength(listed + 1);
  expect(Object.values(repo.states).filter((state) => state === "open passing")).toHaveLength(4);
});

test("what could not be asked for is asked for again, and then answered", async () => {
  const { github, watch, pass, clock, healths, repo } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(20 * MINUTE_MS);
  github.trouble = "bad-gateway";
  let isAnswered = false;
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {
    isAnswered = true;
  });
  await clock.advance(600);
  await expect.poll(() => repo.forge?.health).toBe("failing");
  expect(isAnswered).toBe(false);
  expect(repo.states).toEqual({ api: "open none" });
  github.trouble = undefined;
  await pass(MINUTE_MS);
  expect(isAnswered).toBe(true);
  expect(repo.forge).toMatchObject({ health: "current" });
  expect(repo.forge).not.toHaveProperty("failingSince");
  expect(healths).toEqual(["current", "failing", "current"]);
});

test("what is still to come is asked for again, sooner while it is young", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api", mergeable: "UNKNOWN" });
  api.checks = [{ context: "ci", state: "PENDING" }];
  watch.start();
  await pass(0);
  expect(repo.states).toEqual({ api: "open pending" });
  api.checks = [{ context: "ci", state: "FAILURE" }];
  api.mergeable = "MERGEABLE";
  await pass(2 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "open failing" });
  expect(repo.knowledge?.pullRequests.get("api")?.mergeable).toBe("mergeable");
});

test("a stack that the forge takes apart, and a check that runs again, are found within the hour", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const stack = { number: 1, size: 2, position: 1, base: "main" };
  const api = github.openPullRequest("octo/widget", { head: "api", stack });
  watch.start();
  await pass(20 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.stack).toEqual(stack);
  api.stack = null;
  api.checks = [{ context: "ci", state: "ERROR" }];
  await pass(60 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.stack).toBeNull();
  expect(repo.states).toEqual({ api: "open failing" });
});

test("an answer that lacks something takes nothing away of what was known", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  github.openPullRequest("octo/widget", { head: "ui", checks: [{ context: "ci", state: "SUCCESS" }] });
  const widget = github.repository("octo/widget");
  watch.start();
  await pass(0);
  widget.failing.add("2.statusCheckRollup").add("1");
  github.change(api, { state: "CLOSED" });
  const ui = widget.pullRequests[1];
  if (ui) github.change(ui, { title: "New title" });
  await pass(2 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "open none", ui: "open passing" });
  expect(repo.knowledge?.pullRequests.get("ui")?.title).toBe("New title");
  expect(repo.forge).toMatchObject({ health: "failing" });
  widget.failing.clear();
  await pass(20 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "closed", ui: "open passing" });
  expect(repo.forge).toMatchObject({ health: "current" });
});

test("a branch whose pull request ended long ago is asked for once, and again only when it comes back", async () => {
  const { github, repo, watch, pass, restarted } = await watchedForge();
  for (let number = 1; number <= 60; number++) {
    github.openPullRequest("octo/widget", { head: `old-${number}`, state: "CLOSED" });
  }
  repo.refs.set("refs/heads/old-1", "a".repeat(40)).set("refs/heads/none", "b".repeat(40));
  watch.start();
  await pass(0);
  expect(repo.states["old-1"]).toBe("closed");
  const looks = () => github.queries.filter(({ query }) => query.includes("associatedPullRequests")).length;
  expect(looks()).toBe(1);
  await pass(30 * MINUTE_MS);
  expect(looks()).toBe(1);
  const again = await restarted();
  expect(again.repo.states["old-1"]).toBe("closed");
});

test("what was merged long ago of a branch that has a newer pull request is asked for once, and told beside that one", async () => {
  const { github, repo, watch, pass, restarted } = await watchedForge();
  const merge = { state: "MERGED" as const, mergeCommit: "c".repeat(40) };
  const older = github.openPullRequest("octo/widget", { head: "api", headOid: "a".repeat(40), ...merge });
  older.updatedAt = "2025-01-01T00:00:00Z";
  github.openPullRequest("octo/widget", { head: "api", headOid: "b".repeat(40) });
  // It is not among the latest that were touched.
  for (let number = 1; number <= 60; number++) {
    github.openPullRequest("octo/widget", { head: `old-${number}`, state: "CLOSED" });
  }
  watch.start();
  await pass(0);
  expect(repo.knowledge?.merged).toEqual([]);
  repo.refs.set("refs/heads/api", "b".repeat(40));
  watch.pushed("widget");
  await pass(2 * MINUTE_MS);
  expect(repo.states.api).toMatch(/^open/);
  expect(repo.knowledge?.merged).toMatchObject([{ number: older.number, headOid: "a".repeat(40) }]);
  const looks = () => github.queries.filter(({ query }) => query.includes("associatedPullRequests")).length;
  expect(looks()).toBe(1);
  await pass(30 * MINUTE_MS);
  expect(looks()).toBe(1);
  expect((await restarted()).repo.knowledge?.merged).toMatchObject([{ number: older.number }]);
});

test("an answer from before what is known changes nothing, and what it missed is found soon", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(40 * MINUTE_MS);
  github.change(api, { title: "New" });
  await pass(70 * MINUTE_MS);
  const { updatedAt } = api;
  Object.assign(api, { title: "Old", updatedAt: api.createdAt });
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {});
  await pass(MINUTE_MS / 2);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("New");
  Object.assign(api, { title: "Newest", updatedAt: new Date(Date.parse(updatedAt) + 60_000).toISOString() });
  await pass(MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("Newest");
});

test("a stack that GitHub fails to give is not taken apart, and what ended unheard is found within the hour", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const stack = { number: 1, size: 2, position: 1, base: "main" };
  const api = github.openPullRequest("octo/widget", { head: "api", stack });
  const ui = github.openPullRequest("octo/widget", { head: "ui" });
  watch.start();
  await pass(MINUTE_MS);
  const widget = github.repository("octo/widget");
  widget.failing.add("1.stack");
  github.change(api, { title: "New" });
  await pass(2 * MINUTE_MS);
  const kept = repo.knowledge?.pullRequests.get("api");
  expect(kept).toMatchObject({ title: "New", stack });
  expect(kept?.stackObservedAtMs).toBeLessThan(kept?.observedAtMs ?? 0);
  widget.failing.clear();
  await pass(20 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")).not.toHaveProperty("stackObservedAtMs");
  // As GitHub never does by itself: nothing says that it was touched.
  Object.assign(ui, { state: "CLOSED" });
  await pass(10 * MINUTE_MS);
  expect(repo.states.ui).toBe("open none");
  await pass(60 * MINUTE_MS);
  expect(repo.states.ui).toBe("closed");
});

test("after a push the forge is asked soon, however long nothing had happened", async () => {
  const { github, watch, pass } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(40 * MINUTE_MS);
  const asked = github.requests.length;
  await pass(MINUTE_MS);
  expect(github.requests).toHaveLength(asked);
  watch.pushed("widget");
  await pass(MINUTE_MS / 2);
  expect(github.requests.length).toBeGreaterThan(asked);
});

test("pages that stop half way take nothing away, and are not taken for all there is", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const pulls = Array.from({ length: 120 }, (_, index) =>
    github.openPullRequest("octo/widget", { head: `b${index + 1}` }),
  );
  watch.start();
  await pass(0);
  expect(Object.keys(repo.states)).toHaveLength(120);
  const checkedAt = repo.forge?.checkedAt;
  // All that the list has room for, so that all that is open is asked for.
  for (const pull of pulls.slice(50)) github.change(pull, { title: "New" });
  let answers = 2;
  github.front = ({ url }, response) => {
    if (url !== "/graphql" || answers-- > 0) return false;
    response.writeHead(502).end();
    return true;
  };
  await pass(2 * MINUTE_MS);
  expect(Object.keys(repo.states)).toHaveLength(120);
  expect(repo.knowledge?.pullRequests.get("b51")?.title).toBe("New");
  expect(repo.knowledge?.pullRequests.get("b120")?.title).toBe("Do b120");
  expect(repo.forge).toMatchObject({ health: "failing", checkedAt });
  github.front = undefined;
  await pass(5 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("b120")?.title).toBe("New");
  expect(repo.forge?.health).toBe("current");
});

test("what ended long ago is forgotten, but for what is still needed", async () => {
  const { github, repo, store, watch, pass } = await watchedForge();
  const ended = { state: "CLOSED" as const, checks: [{ context: "ci", state: "SUCCESS" }] };
  const kept = github.openPullRequest("octo/widget", { ...ended, head: "kept", body: "Long" });
  const below = github.openPullRequest("octo/widget", { ...ended, head: "below" });
  github.openPullRequest("octo/widget", { head: "above", base: "below" });
  const oldest = github.openPullRequest("octo/widget", { ...ended, head: "oldest" });
  const names = Array.from({ length: 501 }, (_, index) => `old-${index}`);
  for (const head of names) github.openPullRequest("octo/widget", { ...ended, head });
  for (const head of ["kept", "below", "oldest", ...names])
    repo.refs.set(`refs/heads/${head}`, "a".repeat(40));
  for (const pull of [kept, below, oldest]) pull.updatedAt = "2025-01-01T00:00:00Z";
  watch.start();
  await pass(15 * MINUTE_MS);
  expect(Object.keys(repo.states)).toHaveLength(505);
  expect(repo.knowledge?.pullRequests.get("kept")).not.toHaveProperty("checks");
  for (const head of ["oldest", "below", ...names]) repo.refs.delete(`refs/heads/${head}`);
  watch.pushed("widget");
  await pass(2 * MINUTE_MS);
  const left = Object.keys(repo.states);
  expect(left).toHaveLength(503);
  expect(left).toEqual(expect.arrayContaining(["above", "below", "kept"]));
  expect(left).not.toContain("oldest");
  const stored = await store.forgeFacts.find("mirror:widget");
  expect(stored?.pullRequests.map(({ head }) => head).sort()).toEqual(left.sort());
});
