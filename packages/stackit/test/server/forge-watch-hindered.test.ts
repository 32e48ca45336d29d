import { expect, test } from "vitest";
import type { ForgeHealth } from "../../src/contract/repo.ts";
import { fixedTokens } from "../../src/forge/api-tokens.ts";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { GithubPullRequests } from "../../src/forge/github-pull-requests.ts";
import { ForgeWatch } from "../../src/sync/pull-requests/forge-watch.ts";
import { MINUTE_MS, Shown, TOKEN, watchedForge } from "../support/watched-forge.ts";

test("a forge that stays away makes what it said old", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api", checks: [{ context: "ci", state: "SUCCESS" }] });
  watch.start();
  await pass(0);
  github.trouble = "unreadable";
  await pass(20 * MINUTE_MS);
  expect(repo.knowledge?.isCurrent).toBe(true);
  await pass(20 * MINUTE_MS);
  expect(repo.knowledge?.isCurrent).toBe(false);
  expect(repo.states).toEqual({ api: "open passing" });
  // It is left alone more and more.
  expect(github.requests.length).toBeLessThan(40);
});

test("while GitHub asks for quiet nothing is sent, and of a small rest of the quota looks take nothing", async () => {
  const { github, repo, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(0);
  github.quotaLeft = 1_000;
  github.change(api, { title: "One" });
  await pass(2 * MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("One");
  const sent = github.requests.length;
  await pass(20 * MINUTE_MS);
  expect(github.requests).toHaveLength(sent);
  github.change(api, { title: "Two" });
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {});
  await pass(MINUTE_MS);
  expect(repo.knowledge?.pullRequests.get("api")?.title).toBe("Two");
  github.trouble = "secondary-limit";
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {});
  await pass(MINUTE_MS / 4);
  expect(github.requests).toHaveLength(sent + 2);
});

test("what cannot be stored is not shown, and asked for again after a while", async () => {
  const { github, repo, store, watch, healths, pass } = await watchedForge();
  github.openPullRequest("octo/widget", { head: "api" });
  const { forgeFacts } = store;
  const save = forgeFacts.save.bind(forgeFacts);
  forgeFacts.save = () => Promise.reject(new Error("the disk is full"));
  watch.start();
  let isAnswered = false;
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {
    isAnswered = true;
  });
  await pass(MINUTE_MS);
  expect(repo.states).toEqual({});
  expect(repo.forge).toMatchObject({ health: "failing", reason: "What the forge said could not be kept." });
  expect(healths).toContain("Error: the disk is full");
  expect(isAnswered).toBe(false);
  expect(github.requests.length).toBeLessThan(25);
  forgeFacts.save = save;
  await pass(5 * MINUTE_MS);
  expect(repo.states).toEqual({ api: "open none" });
  expect(isAnswered).toBe(true);
});

test("when next to nothing is left of the quota, what was heard of waits for the next hour", async () => {
  const { github, watch, pass } = await watchedForge();
  const api = github.openPullRequest("octo/widget", { head: "api" });
  watch.start();
  await pass(0);
  github.quotaLeft = 100;
  github.change(api, { title: "One" });
  await pass(2 * MINUTE_MS);
  let isAnswered = false;
  watch.heardOf("widget", { numbers: [1], branches: [], oids: [] }, async () => {
    isAnswered = true;
  });
  await pass(20 * MINUTE_MS);
  expect(isAnswered).toBe(false);
  github.quotaLeft = 5_000;
  await pass(15 * MINUTE_MS);
  expect(isAnswered).toBe(true);
});

test("what nobody may look at for long is late by itself", async () => {
  const { github, clock, store, healths } = await watchedForge();
  let mayAsk = true;
  class Restrained extends GithubPullRequests {
    override waitMs(): number {
      return mayAsk ? 0 : 4 * 60 * MINUTE_MS;
    }
  }
  const onHealth = (_id: string, _generation: number, { health }: ForgeHealth) => healths.push(health);
  await using watch = new ForgeWatch(store.forgeFacts, { clock, random: () => 0.5, onHealth });
  const repo = new Shown();
  const channel = new GithubChannel({ apiUrl: github.apiUrl, clock });
  await watch.watch(repo, "mirror:late", new Restrained(channel, fixedTokens(TOKEN), clock));
  watch.start();
  await clock.advance(1_000);
  await expect.poll(() => repo.forge?.health).toBe("current");
  mayAsk = false;
  await clock.advance(40 * MINUTE_MS);
  expect(repo.forge?.health).toBe("late");
  expect(repo.knowledge?.isCurrent).toBe(false);
  expect(healths).toEqual(["current", "late"]);
});
