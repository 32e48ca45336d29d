import { expect, test } from "vitest";
import { MINUTE_MS, watchedForge } from "../support/watched-forge.ts";

test("a change that the list told of and GraphQL does not know yet is asked for until it is seen", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(20 * MINUTE_MS);
  const widget = github.repository("octo/widget");
  widget.behind = structuredClone(widget.pullRequests);
  github.change(api, { title: "New" });
  await pass(12 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("Do api");
  const checkedAt = repo.forge?.checkedAt;
  widget.behind = undefined;
  await pass(5 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("New");
  expect(Date.parse(repo.forge?.checkedAt ?? "")).toBeGreaterThan(Date.parse(checkedAt ?? ""));
  const asked = github.queries.length;
  await pass(5 * MINUTE_MS);
  expect(github.queries).toHaveLength(asked);
});

test("while a change is not seen, nothing is said to be confirmed, and a restart asks for it again", async () => {
  const { github, repo, watch, pass, restarted } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(0);
  const checkedAt = repo.forge?.checkedAt;
  const widget = github.repository("octo/widget");
  widget.behind = structuredClone(widget.pullRequests);
  github.change(api, { title: "New" });
  await pass(2 * MINUTE_MS);
  expect(github.queries.length).toBeGreaterThan(3);
  expect(repo.forge?.checkedAt).toBe(checkedAt);
  await watch[Symbol.asyncDispose]();
  widget.behind = undefined;
  const again = await restarted();
  again.watch.start();
  await pass(MINUTE_MS);
  expect(again.repo.knowledge?.pullRequests.get("api")?.title).toBe("New");
});

test("a change that GraphQL never shows is given up, and neither stops the looks nor is asked for without end", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  const ui = github.openPullRequest("octo/widget", { head: "ui" });
  watch.start();
  await pass(0);
  const widget = github.repository("octo/widget");
  widget.behind = [structuredClone(api), ui];
  github.change(api, { title: "New" });
  let isAnswered = false;
  const heard = { numbers: [1], updatedAtMs: Date.parse(api.updatedAt), branches: [], oids: [] };
  watch.heardOf("widget", heard, async () => {
    isAnswered = true;
  });
  await pass(30 * MINUTE_MS);
  expect(isAnswered).toBe(true);
  expect(repo.forge?.health).toBe("current");
  const asked = github.queries.length;
  expect(asked).toBeLessThan(25);
  github.change(ui, { title: "New" });
  await pass(15 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("ui")?.title).toBe("New");
  expect(repo.forge?.health).toBe("current");
  await pass(10 * MINUTE_MS);
  expect(github.queries.length).toBeLessThan(asked + 5);
});

test("a delivery that comes before GraphQL knows of it is answered when it does, within seconds", async () => {
  const { github, repo, watch, pass, clock } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(20 * MINUTE_MS);
  const widget = github.repository("octo/widget");
  widget.behind = structuredClone(widget.pullRequests);
  const ui = github.openPullRequest("octo/widget", { head: "ui" });
  let isAnswered = false;
  const heard = { numbers: [2], updatedAtMs: Date.parse(ui.updatedAt), branches: [], oids: [] };
  const asked = github.queries.length;
  watch.heardOf("widget", heard, async () => {
    isAnswered = true;
  });
  await clock.advance(600);
  await expect.poll(() => github.queries.length).toBe(asked + 1);
  await expect.poll(() => clock.pendingTimers).toBeGreaterThan(0);
  expect(isAnswered).toBe(false);
  widget.behind = undefined;
  await clock.advance(1_100);
  await expect.poll(() => isAnswered).toBe(true);
  expect(repo.states).toEqual({ api: "open none", ui: "open none" });
});

test("a new pull request does not vanish when a copy of GitHub that does not know it yet is asked", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  watch.start();
  await pass(MINUTE_MS);
  const { number } = github.openPullRequest("octo/widget", { head: "api" });
  await pass(2 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "open none" });
  const widget = github.repository("octo/widget");
  widget.behind = [];
  watch.heardOf("widget", { numbers: [number], branches: [], oids: [] }, async () => {});
  await pass(MINUTE_MS);
  expect(repo.states).toEqual({ api: "open none" });
  await pass(15 * MINUTE_MS);
  watch.heardOf("widget", { numbers: [number], branches: [], oids: [] }, async () => {});
  await pass(MINUTE_MS);
  expect(repo.states).toEqual({});
});
