import { expect, test } from "vitest";
import type { PushComparison, PushList } from "../../src/contract/pushes.ts";
import type { BranchDiff } from "../../src/contract/view.ts";
import { createScene } from "../support/git-scene.ts";
import { type PushedBranch, pushedBranch } from "../support/pushed-branch.ts";
import { serveFolders } from "../support/served-folders.ts";

const one = { message: "Open the shop", files: { "shop.txt": "open\n" } };
const two = { message: "Count the stock", files: { "stock.txt": "1\n2\n3\n" } };
const three = { message: "Write the bill", files: { "bill.txt": "sum\n" } };

const pushes = async ({ served }: PushedBranch): Promise<PushList["pushes"]> =>
  (await served.get<PushList>("/repos/shop/branch-pushes/topic")).pushes;

const compare = ({ served }: PushedBranch, query = ""): Promise<PushComparison> =>
  served.get<PushComparison>(`/repos/shop/branch-compare/topic${query}`);

async function refused({ served }: Pick<PushedBranch, "served">, path: string): Promise<unknown[]> {
  const response = await fetch(`${served.url}/api/v1/repos/${path}`);
  const { code, detail } = await response.json();
  return [response.status, code, detail];
}

const short = ({ commits }: PushComparison) =>
  commits.map(({ state, moved, title }) => `${state}${moved ? ", moved" : ""}: ${title}`);

test("pushes are numbered from the oldest, and each says whether it went forward", async () => {
  await using branch = await pushedBranch(one);
  const first = await branch.upstream.scene.sha("topic");
  await branch.upstream.scene.commit("topic", two);
  await branch.served.sync({}, {}, "shop");
  const second = await branch.upstream.scene.sha("topic");
  await branch.push(one, { ...two, files: { "stock.txt": "1\n2\n4\n" } });
  const third = await branch.upstream.scene.sha("topic");
  const [rewritten, forward, oldest, ...rest] = await pushes(branch);
  expect(rest).toEqual([]);
  expect(rewritten).toEqual({
    number: 3,
    sha: third,
    at: expect.any(String),
    kind: "rewritten",
    stored: true,
  });
  expect(forward).toEqual({ number: 2, sha: second, at: expect.any(String), kind: "forward", stored: true });
  expect(oldest).toEqual({ number: 1, sha: first, kind: "first", stored: true });
});

test("of three commits of which one was amended two are the same, and the change is told without what surrounds it", async () => {
  await using branch = await pushedBranch(one, two, three);
  await branch.push(one, { ...two, files: { "stock.txt": "1\n2\n4\n" } }, three);
  const comparison = await compare(branch);
  expect(comparison.counts).toEqual({ same: 2, changed: 1, new: 0, dropped: 0 });
  expect(short(comparison)).toEqual([
    "same: Open the shop",
    "changed: Count the stock",
    "same: Write the bill",
  ]);
  const [, changed] = comparison.commits;
  expect(changed?.messageDiff).toBe("");
  expect(changed?.patchDiff).toContain("-+3\n++4");
  expect(changed?.fromSha).toMatch(/^[0-9a-f]{40}$/);
  expect(changed?.toSha).toMatch(/^[0-9a-f]{40}$/);
  const tree = await branch.served.get<BranchDiff>("/repos/shop/branch-compare/topic?from=1&to=2&mode=tree");
  expect([tree.baseRevision, tree.headRevision]).toEqual([comparison.fromRevision, comparison.toRevision]);
  expect(tree.patch).toContain("\n-3\n+4\n");
});

test("a rebase that changes nothing is told as such, with how much it went over", async () => {
  await using branch = await pushedBranch(one, two);
  for (const text of ["a", "b", "c"])
    await branch.upstream.scene.commit("main", { files: { "other.txt": text } });
  await branch.push(one, two);
  const { counts, rebasedOver } = await compare(branch);
  expect(counts).toEqual({ same: 2, changed: 0, new: 0, dropped: 0 });
  expect(rebasedOver).toBe(3);
});

test("a message that alone changed is no change of the patch", async () => {
  await using branch = await pushedBranch(one, two);
  await branch.push(one, { ...two, message: "Count all of the stock" });
  const { commits, counts } = await compare(branch);
  expect(counts).toEqual({ same: 1, changed: 1, new: 0, dropped: 0 });
  expect(commits[1]?.patchDiff).toBe("");
  expect(commits[1]?.messageDiff).toContain("-    Count the stock\n+    Count all of the stock");
});

test("an author that alone changed is told in the head of the commit", async () => {
  await using branch = await pushedBranch(one, two);
  await branch.push(one, { ...two, author: "Kim Tester <kim@example.com>" });
  const { commits } = await compare(branch);
  expect(commits[1]?.patchDiff).toBe("");
  expect(commits[1]?.messageDiff).toContain(
    "\n-Author: Robin Tester <robin@example.com>\n+Author: Kim Tester <kim@example.com>\n",
  );
});

test("commits that were dropped, added or put into another order are told as that", async () => {
  await using branch = await pushedBranch(one, two, three);
  const four = { message: "Paint the door", files: { "door.txt": "red\n" } };
  await branch.push(three, one, four);
  const comparison = await compare(branch);
  expect(comparison.counts).toEqual({ same: 2, changed: 0, new: 1, dropped: 1 });
  expect(short(comparison).sort()).toEqual([
    "dropped: Count the stock",
    "new: Paint the door",
    expect.stringMatching(/^same(, moved)?: Open the shop$/),
    expect.stringMatching(/^same(, moved)?: Write the bill$/),
  ]);
  expect(comparison.commits.filter(({ moved }) => moved)).toHaveLength(1);
});

test("what one commit of either push changes is shown, and no other commit is", async () => {
  await using branch = await pushedBranch(one, two);
  const below = await branch.upstream.scene.sha("main");
  await branch.push(one, three);
  const { commits } = await compare(branch);
  const dropped = commits.find(({ state }) => state === "dropped")?.fromSha;
  const added = commits.find(({ state }) => state === "new")?.toSha;
  const change = (sha: string | undefined) =>
    branch.served.get<BranchDiff>(`/repos/shop/branch-compare/topic?commit=${sha}`);
  expect((await change(dropped)).patch).toContain("\n+1\n+2\n+3\n");
  expect((await change(dropped)).patch).not.toContain("open");
  expect((await change(added)).patch).toContain("\n+sum\n");
  for (const other of [below, "0".repeat(40)]) {
    expect(await refused(branch, `shop/branch-compare/topic?commit=${other}`)).toEqual([
      404,
      "push/not-found",
      "Neither of these pushes has this commit.",
    ]);
  }
});

test("a child is compared by its own commits, also after its parent was rewritten under it", async () => {
  await using branch = await pushedBranch(one);
  const { scene } = branch.upstream;
  await scene.write((s) => s.stacked("child", "topic", two));
  await branch.served.sync({}, {}, "shop");
  await branch.push({ ...one, files: { "shop.txt": "open from nine\n" } });
  await scene.write((s) => s.stacked("draft", "topic", two));
  await scene.git("update-ref", "refs/heads/child", "refs/heads/draft");
  await scene.git("update-ref", "-d", "refs/heads/draft");
  await branch.served.sync({}, {}, "shop");
  const { counts, rebasedOver } = await branch.served.get<PushComparison>("/repos/shop/branch-compare/child");
  expect(counts).toEqual({ same: 1, changed: 0, new: 0, dropped: 0 });
  expect(rebasedOver).toBe(1);
});

test("a push that is no longer stored, or never was, is named", async () => {
  await using branch = await pushedBranch(one);
  const first = await branch.upstream.scene.sha("topic");
  await branch.push({ ...one, files: { "shop.txt": "open from nine\n" } });
  await branch.prune(first);
  expect((await pushes(branch)).map(({ number, stored }) => [number, stored])).toEqual([
    [2, true],
    [1, false],
  ]);
  for (const mode of ["range", "tree"]) {
    expect(await refused(branch, `shop/branch-compare/topic?from=1&to=2&mode=${mode}`)).toEqual([
      404,
      "push/not-found",
      "Push 1 is no longer stored.",
    ]);
  }
  expect(await refused(branch, "shop/branch-compare/topic?from=7&to=2")).toEqual([
    404,
    "push/not-found",
    "Push 7 of this branch is not known.",
  ]);
  expect(await refused(branch, "shop/branch-compare/none")).toEqual(
    expect.arrayContaining([404, "branch/not-found"]),
  );
  expect(await refused(branch, "shop/branch-compare/main")).toEqual(
    expect.arrayContaining([404, "push/not-found"]),
  );
});

test("what is too large to be compared commit by commit can still be compared as trees", async () => {
  const many = Array.from({ length: 201 }, (_, n) => ({ message: `${n}`, files: { [`${n}`]: "" } }));
  await using branch = await pushedBranch(...many);
  await branch.push(one);
  expect(await refused(branch, "shop/branch-compare/topic")).toEqual(
    expect.arrayContaining([422, "compare/too-large"]),
  );
  expect((await branch.served.get<BranchDiff>("/repos/shop/branch-compare/topic?mode=tree")).patch).toContain(
    "+open",
  );
});

test("a working copy says that it remembers no pushes", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("topic", "main");
  });
  await using served = await serveFolders([{ kind: "working-copy", id: "default", path: scene.path }]);
  const list = await served.get<PushList>("/repos/default/branch-pushes/topic");
  const sha = await scene.sha("topic");
  expect(list).toEqual({
    branch: "topic",
    remembered: false,
    pushes: [{ number: 1, sha, kind: "first", stored: true }],
  });
  expect(await refused({ served }, "default/branch-compare/topic")).toEqual(
    expect.arrayContaining([404, "push/not-found"]),
  );
});
