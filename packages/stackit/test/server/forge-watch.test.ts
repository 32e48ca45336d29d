import { expect, onTestFinished, test } from "vitest";
import type { ForgeHealth } from "../../src/contract/repo.ts";
import { fixedTokens } from "../../src/forge/api-tokens.ts";
import { GithubChannel } from "../../src/forge/github-channel.ts";
import { GithubPullRequests } from "../../src/forge/github-pull-requests.ts";
import type { ForgeKnowledge } from "../../src/repos/forge-knowledge.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { ForgeWatch } from "../../src/sync/pull-requests/forge-watch.ts";
import { type GithubDouble, githubDouble } from "../support/github-double.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { testSecret } from "../support/test-secret.ts";

const TOKEN = testSecret("a-token-of-a-person");
const MINUTE_MS = 60_000;
const STEP_MS = MINUTE_MS / 4;

class Shown {
  readonly id = "widget";
  readonly place = { owner: "octo", name: "widget" };
  readonly refs = new Map<string, string>();
  readonly snapshot = { generation: 1 };
  forge: ForgeHealth | undefined;
  knowledge: ForgeKnowledge | undefined;

  showForge(knowledge: ForgeKnowledge): void {
    this.knowledge = knowledge;
  }

  get states(): Record<string, string | undefined> {
    const all = this.knowledge?.pullRequests ?? new Map();
    return Object.fromEntries(
      [...all].map(([branch, { state, checks }]) => [
        branch,
        state === "open" ? `open ${checks?.state}` : state,
      ]),
    );
  }
}

interface World {
  readonly github: GithubDouble;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly repo: Shown;
  readonly watch: ForgeWatch;
  readonly healths: string[];
  /** Another watch on what is stored, as after a restart. */
  restarted(): Promise<{ repo: Shown; watch: ForgeWatch }>;
  /** Lets time pass, and waits until what was asked meanwhile is answered. */
  pass(ms: number): Promise<void>;
}

async function world(): Promise<World> {
  const clock = new ManualClock();
  const github = await githubDouble({ wallNow: () => clock.wallNow() });
  github.personalTokens.add(TOKEN);
  github.addRepository("octo/widget");
  const store = await openStore(":memory:");
  const channel = new GithubChannel({ apiUrl: github.apiUrl, clock });
  const healths: string[] = [];
  const watches: ForgeWatch[] = [];
  async function restarted() {
    const repo = new Shown();
    const watch = new ForgeWatch(store.forgeFacts, {
      clock,
      random: () => 0.5,
      onHealth: (_id, _generation, { health }) => healths.push(health),
      onError: (error) => healths.push(String(error)),
    });
    watches.push(watch);
    await watch.watch(repo, "mirror:widget", new GithubPullRequests(channel, fixedTokens(TOKEN), clock));
    return { repo, watch };
  }
  const { repo, watch } = await restarted();
  onTestFinished(async () => {
    for (const each of watches) await each[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await github[Symbol.asyncDispose]();
  });
  return {
    github,
    clock,
    store,
    repo,
    watch,
    healths,
    restarted,
    async pass(ms) {
      for (let left = ms; left >= 0; left -= STEP_MS) {
        await clock.advance(Math.min(left, STEP_MS));
        // It sets its timer when nothing is asked any more.
        await expect.poll(() => clock.pendingTimers).toBeGreaterThan(0);
      }
    },
  };
}

test("what is touched is asked for alone, and where nothing is, nothing of the quota is spent", async () => {
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass, clock } = await world();
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
  const { github, watch, pass, clock, healths, repo } = await world();
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
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass, restarted } = await world();
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
  const { github, repo, watch, pass, restarted } = await world();
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

test("what is known is shown at once after a restart, as what it is, and not as current when it is old", async () => {
  const { github, watch, pass, clock, restarted } = await world();
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

test("a forge that stays away makes what it said old", async () => {
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass } = await world();
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

test("another repository that takes the name is not shown for this one", async () => {
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass } = await world();
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

test("what cannot be stored is not shown, and asked for again after a while", async () => {
  const { github, repo, store, watch, healths, pass } = await world();
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

test("an answer from before what is known changes nothing, and what it missed is found soon", async () => {
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass } = await world();
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

test("when next to nothing is left of the quota, what was heard of waits for the next hour", async () => {
  const { github, watch, pass } = await world();
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
  const { github, clock, store, healths } = await world();
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

test("after a push the forge is asked soon, however long nothing had happened", async () => {
  const { github, watch, pass } = await world();
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

test("the end waits for what is asked, and what was not answered is not said to be", async () => {
  const { github, watch, pass, clock } = await world();
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

test("a change that the list told of and GraphQL does not know yet is asked for until it is seen", async () => {
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass, restarted } = await world();
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
  const { github, repo, watch, pass } = await world();
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
  const { github, repo, watch, pass, clock } = await world();
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

test("pages that stop half way take nothing away, and are not taken for all there is", async () => {
  const { github, repo, watch, pass } = await world();
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

test("a new pull request does not vanish when a copy of GitHub that does not know it yet is asked", async () => {
  const { github, repo, watch, pass } = await world();
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

test("what ended long ago is forgotten, but for what is still needed", async () => {
  const { github, repo, store, watch, pass } = await world();
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

test("a repository that is watched no more is not asked for, and its look that runs is ended", async () => {
  const { github, repo, watch, pass, clock } = await world();
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
