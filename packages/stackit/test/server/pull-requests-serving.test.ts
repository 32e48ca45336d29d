import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { RepoList, RepoStatus } from "../../src/contract/repo.ts";
import type { Branch, View } from "../../src/contract/view.ts";
import { openStore } from "../../src/store/open-store.ts";
import { type ForgeWorld, forgeWorld, TOKEN } from "../support/forge-world.ts";
import { eventThat, type ServedFolders } from "../support/served-folders.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";

const passing = [{ name: "build", status: "COMPLETED", conclusion: "SUCCESS" }];
const running = [{ name: "build", status: "IN_PROGRESS", conclusion: null }];

/** A stack of two with pull requests, of which the first is ready. */
async function stackOfTwo(): Promise<ForgeWorld> {
  const world = await forgeWorld((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
  });
  const { github } = world;
  const api = { head: "api", title: "Add the API", labels: ["risky"], checks: passing };
  github.openPullRequest("octo/widget", { ...api, headOid: await world.tip("api") });
  const ui = { head: "ui", base: "api", title: "Show it", checks: running, reviewDecision: "APPROVED" };
  github.openPullRequest("octo/widget", {
    ...ui,
    headOid: await world.tip("ui"),
    reviews: [{ author: "theo", state: "APPROVED" }],
  });
  return world;
}

const statusOf = (served: ServedFolders) => served.get<RepoStatus>("/repos/widget");
const viewOf = (served: ServedFolders) => served.get<View>("/repos/widget/view");
const branchOf = (served: ServedFolders, name: string) =>
  served.get<Branch>(`/repos/widget/branches/${name}`);

async function untilCurrent(served: ServedFolders): Promise<void> {
  await expect.poll(async () => (await statusOf(served)).forge?.health).toBe("current");
}

async function deliver(served: ServedFolders, event: string, payload: object): Promise<number> {
  const repository = repositoryOf("octo/widget", { id: undefined });
  const { url, payload: body, ...init } = await delivered(event, { ...payload, repository });
  return (await fetch(served.url + url, { ...init, body })).status;
}

test("branches are shown with their pull requests, reviews and checks, and each says when it was seen", async () => {
  await using world = await stackOfTwo();
  await using served = await world.serve();
  await untilCurrent(served);
  const [stack] = (await viewOf(served)).stacks;
  expect(stack).toMatchObject({ title: "Show it", status: "pending", prCount: 2, branchCount: 2 });
  expect(stack?.branches[0]).toMatchObject({
    name: "api",
    pr: {
      number: 1,
      title: "Add the API",
      state: "OPEN",
      url: "https://github.com/octo/widget/pull/1",
      isDraft: false,
      base: "main",
      author: "mira",
      labels: ["risky"],
      mergeable: "mergeable",
      observedAt: expect.any(String),
    },
    ci: { status: "passing", counts: { passing: 1 }, observedAt: expect.any(String) },
  });
  expect(stack?.branches[0]?.ci).not.toHaveProperty("checks");
  expect(await branchOf(served, "ui")).toMatchObject({
    ci: {
      status: "pending",
      reviewDecision: "APPROVED",
      checks: [{ name: "build", state: "pending", status: "IN_PROGRESS" }],
      reviews: [{ author: "theo", state: "APPROVED" }],
    },
  });
});

test("a webhook refreshes the pull requests that it is about, and tells who watches", async () => {
  await using world = await stackOfTwo();
  const { github, widget } = world;
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  await untilCurrent(served);
  const { generation } = await viewOf(served);
  await using events = await served.events("/repos/widget/events");
  const [, ui] = widget.pullRequests;
  if (!ui) throw new Error("no pull request");
  const asked = github.queries.length;

  ui.checks = passing;
  const check_run = { head_sha: ui.headOid, check_suite: { head_branch: "ui" }, pull_requests: [] };
  expect(await deliver(served, "check_run", { check_run })).toBe(202);
  const told = await eventThat(events, ({ name }) => name === "forge");
  expect(told.data).toMatchObject({ repoId: "widget", branches: ["ui"], truncated: false });
  const view = await viewOf(served);
  expect(view.generation).toBeGreaterThan(generation);
  expect(view.stacks[0]).toMatchObject({ status: "shippable" });

  github.change(ui, { reviewDecision: "CHANGES_REQUESTED" });
  expect(await deliver(served, "pull_request_review", { pull_request: { number: 2 } })).toBe(202);
  await eventThat(events, ({ name }) => name === "forge");
  expect((await viewOf(served)).stacks[0]).toMatchObject({ status: "blocked" });
  expect(github.queries.slice(asked).map(({ query }) => /n\d+:/g.exec(query)?.[0])).toEqual(["n2:", "n2:"]);
  expect(await deliver(served, "status", { sha: "f".repeat(40), branches: [{ name: "main" }] })).toBe(202);
});

test("reading asks nobody, and starts no process", async () => {
  await using world = await stackOfTwo();
  await using served = await world.serve();
  await untilCurrent(served);
  const metric = async (name: string) =>
    new RegExp(`${name} (\\d+)\n`).exec(await (await fetch(`${served.url}/metrics`)).text())?.[1];
  const processes = () => metric("stackit_git_processes_started_total");
  const count = async (): Promise<unknown[]> => [
    world.github.requests.length,
    world.upstream.host.requests.length,
    await processes(),
  ];
  const startedByReading = async (): Promise<[unknown[], unknown[]]> => {
    const before = await count();
    for (const path of ["view", "stacks", "stacks/api", "branches", "branches/ui", ""]) {
      for (let round = 0; round < 5; round++) await served.get(`/repos/widget${path && `/${path}`}`);
    }
    return [before, await count()];
  };
  // What the start left to be done behind it ends at some time.
  await expect.poll(startedByReading).toSatisfy(([before, after]) => isDeepStrictEqual(before, after));
});

test("checks of another commit than the branch has say nothing about it", async () => {
  await using world = await stackOfTwo();
  const [api] = world.widget.pullRequests;
  const old = "d".repeat(40);
  Object.assign(api ?? {}, { headOid: old });
  await using served = await world.serve();
  await untilCurrent(served);
  expect(await branchOf(served, "api")).toMatchObject({
    ci: { status: "unknown", outdated: { status: "passing", revision: old } },
  });
});

test("what GitHub fails to give beside the rest is shown as it was, with its age, and proves nothing", async () => {
  await using world = await stackOfTwo();
  const { github, widget } = world;
  const [api, ui] = widget.pullRequests;
  if (!api || !ui) throw new Error("no pull requests");
  api.stack = { number: 7, size: 2, position: 1, base: "main" };
  ui.checks = passing;
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  await untilCurrent(served);
  const [before] = (await viewOf(served)).stacks;
  expect(before).toMatchObject({ status: "shippable" });
  expect(before?.branches[0]?.pr?.stack).toEqual({ number: 7, size: 2, position: 1 });

  widget.failing.add("1.statusCheckRollup").add("1.stack");
  github.change(api, { title: "New" });
  await using events = await served.events("/repos/widget/events");
  expect(await deliver(served, "pull_request", { pull_request: { number: 1 } })).toBe(202);
  await eventThat(events, ({ name }) => name === "forge");
  const [after] = (await viewOf(served)).stacks;
  expect(after).toMatchObject({ status: "pending" });
  expect(after?.branches[0]).toMatchObject({
    pr: { title: "New", stack: { number: 7, observedAt: before?.branches[0]?.pr?.observedAt } },
    ci: { status: "passing", observedAt: before?.branches[0]?.ci?.observedAt },
  });
});

test("what GitHub says was merged has landed once its commit is fetched, and a fork's pull request says nothing of ours", async () => {
  await using world = await stackOfTwo();
  const { github, widget, upstream } = world;
  const [api] = widget.pullRequests;
  if (!api) throw new Error("no pull request");
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  await untilCurrent(served);
  const mergeCommit = await upstream.scene.commit("main", { files: { "resolved.txt": "while merging\n" } });
  const merged = { state: "MERGED" as const, mergedAt: "2026-02-03T04:05:06Z", mergeCommit };
  const ui = { head: "ui", headOid: await world.tip("ui") };
  const theirs = github.openPullRequest("octo/widget", { ...ui, ...merged, headRepositoryId: 999 });
  github.change(api, merged);
  for (const { number } of [theirs, api])
    expect(await deliver(served, "pull_request", { pull_request: { number } })).toBe(202);
  await expect.poll(async () => (await branchOf(served, "api")).pr?.state).toBe("MERGED");
  await served.sync({}, {}, "widget");
  await expect
    .poll(async () => (await branchOf(served, "api")).landed)
    .toMatchObject({ how: "squash", commit: mergeCommit, date: "2026-02-03T04:05:06.000Z" });
  expect(await branchOf(served, "ui")).not.toHaveProperty("landed");
});

test("a stack that was merged is told with the titles of its pull requests, when all of them are known", async () => {
  await using world = await forgeWorld((writer) => {
    writer.commit("main");
    writer.commit("main", { message: "Merge stack\n\nStackit-PRs: 1, 9\n" });
    writer.commit("main", { message: "Merge stack\n\nStackit-PRs: 1, 2\n" });
  });
  for (const head of ["api", "ui"]) world.github.openPullRequest("octo/widget", { head, state: "MERGED" });
  await using served = await world.serve();
  await untilCurrent(served);
  const { recentlyMerged } = await viewOf(served);
  expect(recentlyMerged.map(({ stackPRs, stackPRTitles }) => [stackPRs, stackPRTitles])).toEqual([
    [
      [1, 2],
      ["Do api", "Do ui"],
    ],
    [[1, 9], undefined],
    [undefined, undefined],
  ]);
});

test("while the forge is down, what it said stays with its age, also across a restart, and stacks do not depend on it", async () => {
  await using world = await stackOfTwo();
  const dataDir = join(world.upstream.scene.root, "data");
  let shown: View;
  {
    await using served = await world.serve({ dataDir });
    await untilCurrent(served);
    shown = await viewOf(served);
  }
  world.github.trouble = "bad-gateway";
  await using served = await world.serve({ dataDir });
  await expect.poll(async () => (await statusOf(served)).forge?.health).toBe("failing");
  expect((await statusOf(served)).forge).toMatchObject({
    checkedAt: expect.any(String),
    failingSince: expect.any(String),
    reason: expect.stringContaining("502"),
    nextAttemptAt: expect.any(String),
  });
  const facts = ({ stacks }: View) =>
    stacks.map(({ status, branches }) => [status, branches.map(({ name, pr, ci }) => [name, pr, ci])]);
  expect(facts(await viewOf(served))).toEqual(facts(shown));
});

test("without a token nobody asks, and it is said why; a token that is refused is named as the reason", async () => {
  await using world = await stackOfTwo();
  await using without = await world.serve({}, "");
  const { repos } = await without.get<RepoList>("/repos");
  expect(repos[0]?.forge).toEqual((await statusOf(without)).forge);
  expect((await statusOf(without)).forge).toMatchObject({
    health: "off",
    reason: expect.stringContaining("STACKIT_GIT_TOKEN"),
  });
  expect((await viewOf(without)).stacks[0]).toMatchObject({
    status: "incomplete",
    prCount: 0,
    branchCount: 2,
  });
  expect(world.github.requests).toEqual([]);
  await using refused = await world.serve({}, `${TOKEN}-of-yesterday`);
  await expect.poll(async () => (await statusOf(refused)).forge?.health).toBe("failing");
  expect((await statusOf(refused)).forge?.reason).toContain("token");
});

test("what a webhook told of is asked for by the next server, when this one ends before it could", async () => {
  await using world = await stackOfTwo();
  const { github, widget } = world;
  const dataDir = join(world.upstream.scene.root, "data");
  const options = { dataDir, webhookSecrets: [SECRET] };
  {
    await using served = await world.serve(options);
    await untilCurrent(served);
    github.trouble = "hangs";
    const [api] = widget.pullRequests;
    if (api) Object.assign(api, { checks: [{ context: "ci", state: "FAILURE" }] });
    const asked = github.requests.length;
    expect(await deliver(served, "pull_request", { pull_request: { number: 1 } })).toBe(202);
    await expect.poll(() => github.requests.length).toBeGreaterThan(asked);
  }
  const unfinished = async () => {
    await using store = await openStore(dataDir);
    return await store.deliveries.unfinished("mirror:widget");
  };
  expect(await unfinished()).toHaveLength(1);
  github.trouble = undefined;
  await using served = await world.serve(options);
  await expect.poll(async () => (await branchOf(served, "api")).ci?.status).toBe("failing");
  await expect.poll(unfinished).toEqual([]);
});

test("how old facts are, and what asking for them costs, can be scraped", async () => {
  await using world = await stackOfTwo();
  await using served = await world.serve();
  await untilCurrent(served);
  const text = await (await fetch(`${served.url}/metrics`)).text();
  expect(text).toContain(`stackit_forge_requests_total ${world.github.requests.length}\n`);
  expect(text).toContain(`stackit_forge_quota_remaining ${world.github.quotaLeft}\n`);
  expect(text).toMatch(/stackit_forge_facts_age_seconds\{repo="widget"\} [\d.]+\n/);
});
