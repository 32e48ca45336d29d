import { expect, test } from "vitest";
import type { Branch, View } from "../../src/contract/view.ts";
import { type ForgeWorld, forgeWorld } from "../support/forge-world.ts";
import type { DoublePullRequest } from "../support/github-api/pull-requests.ts";
import { eventThat, type ServedFolders } from "../support/served-folders.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";

/** Three branches side by side, of which neither commits nor a tool's refs say anything. */
const sideBySide = (): Promise<ForgeWorld> =>
  forgeWorld((writer) => {
    writer.commit("main");
    for (const name of ["a", "b", "c"]) writer.commit(name, { parent: "main" });
  });

/** Pull requests 1, 2 and 3 of the branches a, b and c. */
async function open(
  world: ForgeWorld,
  of: Partial<Record<"a" | "b" | "c", Partial<DoublePullRequest>>>,
): Promise<void> {
  for (const head of ["a", "b", "c"] as const) {
    world.github.openPullRequest("octo/widget", { head, headOid: await world.tip(head), ...of[head] });
  }
}

const edgesOf = async (served: ServedFolders): Promise<string[]> =>
  (await served.get<View>("/repos/widget/view")).stacks
    .flatMap(({ branches }) => branches.map(({ name, parent, edge }) => `${name}<${parent} ${edge.believed}`))
    .sort();

const voicesOf = async (served: ServedFolders, branch: string): Promise<string[]> =>
  (await served.get<Branch>(`/repos/widget/branches/${branch}`)).edge.sources.map(
    ({ source, parent }) => `${source} ${parent}`,
  );

test("pull requests tell what stands on what, by their bases, and a stranger's fork has no say", async () => {
  await using world = await sideBySide();
  await open(world, { b: { base: "a" }, c: { base: "b" } });
  world.github.openPullRequest("octo/widget", { head: "a", base: "c", headRepositoryId: 999 });
  await using served = await world.serve();
  await expect.poll(() => edgesOf(served)).toEqual(["a<main ancestry", "b<a pr-base", "c<b pr-base"]);
  expect(await voicesOf(served, "a")).toEqual(["ancestry main", "pr-base main"]);
  expect((await served.get<View>("/repos/widget/view")).stacks).toHaveLength(1);
});

test("GitHub's own stack beats what tools recorded, and a tool's note beats the base", async () => {
  await using world = await sideBySide();
  await world.upstream.scene.metadata("b", { parentBranchName: "main" });
  const av = `<!-- av pr metadata\n\`\`\`\n{"parent":"b","parentHead":"","trunk":"main"}\n\`\`\`\n-->\n`;
  await open(world, {
    a: { stack: { number: 7, size: 2, position: 1, base: "main" } },
    b: { stack: { number: 7, size: 2, position: 2, base: "main" }, base: "a" },
    c: { base: "a", body: av },
  });
  await using served = await world.serve();
  await expect
    .poll(() => edgesOf(served))
    .toEqual(["a<main github-stack", "b<a github-stack", "c<b pr-marker"]);
  expect(await voicesOf(served, "b")).toEqual([
    "github-stack a",
    "stackit main",
    "pr-base a",
    "ancestry main",
  ]);
  expect(await voicesOf(served, "c")).toEqual(["pr-marker b", "pr-base a", "ancestry main"]);
});

test("lists that tools write into comments are heard from who may push and from tools, and from nobody else", async () => {
  const list = (numbers: readonly number[]): string =>
    `Stack from [ghstack](https://github.com/ezyang/ghstack) (oldest at bottom):\n${numbers.map((number) => `* #${number}`).join("\n")}\n`;
  await using world = await sideBySide();
  await open(world, {
    a: { comments: [{ author: "stranger", association: "NONE", body: list([1, 3]) }] },
    b: { comments: [{ author: "graphite-app", association: "NONE", isBot: true, body: list([2, 1]) }] },
    c: {
      comments: [
        { author: "stranger", association: "CONTRIBUTOR", body: list([3, 1]) },
        { author: "mira", association: "NONE", body: "Thanks, see #1" },
        { author: "theo", association: "MEMBER", body: list([3, 2, 1]) },
      ],
    },
  });
  await using served = await world.serve();
  await expect.poll(() => edgesOf(served)).toEqual(["a<main ancestry", "b<a pr-text", "c<b pr-text"]);
});

test("a base that is changed moves the branch, tells who watches, and reads no ref for it", async () => {
  await using world = await sideBySide();
  await open(world, { b: { base: "a" } });
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  await expect.poll(() => edgesOf(served)).toContain("b<a pr-base");
  await using events = await served.events("/repos/widget/events");
  const runs = await served.get<{ runs: unknown[] }>("/repos/widget/sync-runs");
  const [, b] = world.widget.pullRequests;
  if (!b) throw new Error("no pull request");
  world.github.change(b, { base: "c" });
  const repository = repositoryOf("octo/widget", { id: undefined });
  const {
    url,
    payload: body,
    ...init
  } = await delivered("pull_request", {
    action: "edited",
    number: 2,
    pull_request: { number: 2 },
    repository,
  });
  expect((await fetch(served.url + url, { ...init, body })).status).toBe(202);
  await eventThat(
    events,
    ({ name, data }) => name === "refresh" && JSON.stringify(data.branches).includes('"b"'),
  );
  await expect.poll(() => edgesOf(served)).toContain("b<c pr-base");
  expect(await served.get<{ runs: unknown[] }>("/repos/widget/sync-runs")).toEqual(runs);
});

test("a pull request that ended before its branch went on says nothing of the branch", async () => {
  await using world = await sideBySide();
  world.github.openPullRequest("octo/widget", {
    head: "a",
    headOid: "f".repeat(40),
    base: "c",
    state: "CLOSED",
  });
  world.github.openPullRequest("octo/widget", { head: "c", headOid: await world.tip("c"), base: "a" });
  await using served = await world.serve();
  await expect.poll(() => edgesOf(served)).toContain("c<a pr-base");
  expect(await voicesOf(served, "a")).toEqual(["ancestry main"]);
});

test("ghstack's pull requests are shown with the branches that their authors wrote", async () => {
  const bodyOf = (here: number) =>
    ["Stack from [ghstack](https://github.com/ezyang/ghstack) (oldest at bottom):"]
      .concat([2, 1].map((number) => `* ${number === here ? "__->__ " : ""}#${number}`))
      .join("\n");
  await using world = await forgeWorld((writer) => {
    writer.commit("main");
    for (const [number, below] of [
      [1, "main"],
      [2, "gh/ann/1/orig"],
    ] as const) {
      writer.commit(`gh/ann/${number}/orig`, { parent: below });
      writer.commit(`gh/ann/${number}/base`, { parent: below });
      writer.commit(`gh/ann/${number}/head`, { parent: `gh/ann/${number}/base` });
    }
  });
  for (const number of [1, 2]) {
    const head = `gh/ann/${number}/head`;
    const more = { base: `gh/ann/${number}/base`, body: bodyOf(number), headOid: await world.tip(head) };
    world.github.openPullRequest("octo/widget", { head, ...more });
  }
  await using served = await world.serve();
  const [lower, upper] = ["gh/ann/1/orig", "gh/ann/2/orig"];
  await expect.poll(() => voicesOf(served, upper)).toEqual([`pr-text ${lower}`, `ancestry ${lower}`]);
  const { stacks } = await served.get<View>("/repos/widget/view");
  expect(stacks.map(({ branches }) => branches.map(({ name, pr }) => [name, pr?.number]))).toEqual([
    [
      [lower, 1],
      [upper, 2],
    ],
  ]);
});

test("a fork of a fork with the same branch name says nothing of ours, and ends nothing of it", async () => {
  await using world = await sideBySide();
  await open(world, { b: { base: "a" } });
  const { github } = world;
  const theirs = { head: "b", headOid: await world.tip("b"), headRepositoryId: 999 };
  const merged = { state: "MERGED", mergedAt: "2026-01-01T00:00:00Z", mergeCommit: await world.tip("main") };
  const lie = github.openPullRequest("octo/widget", { ...theirs, base: "c", stack: stackOf(2) });
  github.openPullRequest("octo/widget", { ...theirs, headRepositoryId: null, base: "c", stack: stackOf(1) });
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  const shown = async () => {
    const { edge, pr } = await served.get<Branch>("/repos/widget/branches/b");
    return [edge.believed, edge.sources.map(({ parent }) => parent).join(), pr?.number, pr?.state];
  };
  await expect.poll(shown).toEqual(["pr-base", "a,main", 2, "OPEN"]);
  github.change(lie, merged as Partial<DoublePullRequest>);
  const repository = repositoryOf("octo/widget", { id: undefined });
  const asked = github.queries.length;
  const {
    url,
    payload: body,
    ...init
  } = await delivered("pull_request", {
    pull_request: { number: lie.number },
    repository,
  });
  expect((await fetch(served.url + url, { ...init, body })).status).toBe(202);
  await expect.poll(() => github.queries.length).toBeGreaterThan(asked);
  await expect.poll(shown).toEqual(["pr-base", "a,main", 2, "OPEN"]);
});

const stackOf = (position: number) => ({ number: 9, size: 2, position, base: "main" });
