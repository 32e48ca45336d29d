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
