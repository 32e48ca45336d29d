import { expect, test } from "vitest";
import { MINUTE_MS, STEP_MS, watchedForge } from "../support/watched-forge.ts";

test("what is known is shown at once after a restart, as what it is, and not as current when it is old", async () => {
  const { github, watch, pass, clock, restarted } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api", checks: [{ context: "ci", state: "SUCCESS" }] });
  watch.start();
  await pass(0);
  const soon = await restarted();
  expect(soon.repo.knowledge?.isCurrent).toBe(true);
  expect(soon.repo.forge?.health).toBe("current");
  await watch[Symbol.asyncDispose]();
  await clock.advance(40 * MINUTE_MS);
  const late = await restarted();
  expect(late.repo.states).toEqual({ api: "open passing" });
  expect(late.repo.knowledge?.isCurrent).toBe(false);
  expect(late.repo.forge?.health).toBe("late");
});

test("another repository that takes the name is not shown for this one", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(0);
  github.rename("octo/widget", "octo/gone");
  github.addRepository("octo/widget");
  github.openPullRequest("octo/widget", { head: "theirs" });
  await pass(70 * MINUTE_MS);
  expect(repo.states).toEqual({ theirs: "open none" });
});

test("of another repository that takes the name nothing of the former one is shown, also while nothing is told of it", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(0);
  github.rename("octo/widget", "octo/gone");
  github.addRepository("octo/widget");
  github.openPullRequest("octo/widget", { head: "theirs" });
  watch.heardOf("widget", { numbers: [api.number], branches: [], oids: [] }, async () => {});
  const answers = [true, false];
  github.front = (_request, response) => {
    if (answers.shift()) return false;
    response.writeHead(502).end();
    return true;
  };
  await pass(MINUTE_MS);
  expect(repo.states).toEqual({});
});

test("the end waits for what is asked, and what was not answered is not said to be", async () => {
  const { github, watch, pass, clock } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(MINUTE_MS);
  github.trouble = "hangs";
  let isAnswered = false;
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {
    isAnswered = true;
  });
  const asked = github.requests.length;
  await clock.advance(10_000);
  await expect.poll(() => github.requests.length).toBe(asked + 1);
  await watch[Symbol.asyncDispose]();
  expect(isAnswered).toBe(false);
});

test("a repository that is watched no more is not asked for, and its look that runs is ended", async () => {
  const { github, repo, watch, pass, clock } = await watchedForge();
  watch.start();
  await pass(0);
  github.openPullRequest("octo/widget", { head: "api" });
  watch.heardOf("widget", { numbers: [1], oids: [], branches: [] }, async () => {});
  await clock.advance(STEP_MS);
  await watch.unwatch("widget");
  const asked = github.queries.length;
  await clock.advance(60 * MINUTE_MS);
  expect(github.queries).toHaveLength(asked);
  expect(watch.watches("widget")).toBe(false);
  expect(repo.states).toEqual({});
});
