import { expect, test } from "vitest";
import type { Branch } from "../../src/contract/view.ts";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import { type Remembered, TrunkMemory } from "../../src/repos/trunk-memory.ts";
import { openStore } from "../../src/store/open-store.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { begun, type Case, goOn, land } from "../support/landings.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import { copyOf } from "../support/read-copy.ts";

const CASES: Case[] = (["merge", "squash", "rebase"] as const).flatMap((method) =>
  ([1, 3] as const).flatMap((commits) =>
    [true, false].flatMap((recorded) =>
      (["no", "elsewhere", "on the same lines"] as const).flatMap((trunkGoesOn) =>
        [true, false].map((child) => ({ method, commits, recorded, trunkGoesOn, child })),
      ),
    ),
  ),
);

const branchOf = (snapshot: GraphSnapshot | undefined, name: string): Branch | undefined =>
  snapshot?.branch(name);

test.each(CASES)(
  "$method of $commits, recorded $recorded, trunk goes on: $trunkGoesOn, child $child",
  async ({ method, trunkGoesOn, ...facts }) => {
    await using scene = await begun(facts);
    const commit = await land(scene, method);
    await goOn(scene, trunkGoesOn);
    await using copy = copyOf(scene.path);
    await copy.refresh();
    await copy.repo.settled();
    const date = new Date(await scene.git("log", "-1", "--format=%cI", commit)).toISOString();
    expect(branchOf(copy.snapshot, "api")?.landed).toMatchObject({ how: method, commit, date });
    const words = {
      merge: "Merged into main by",
      squash: "Squashed into main as",
      rebase: "Rebased into main as",
    };
    expect(branchOf(copy.snapshot, "api")).toMatchObject({
      needsRestack: false,
      restack: { state: "merged", reason: `${words[method]} ${commit.slice(0, 7)}.` },
    });
    if (!facts.child) return;
    // From the merge base on, what landed as other commits would be put on the trunk once more.
    const sinceMergeBase = Number(await scene.git("rev-list", "--count", "main..ui"));
    expect(sinceMergeBase).toBe(method === "merge" ? 1 : facts.commits + 1);
    const isOnTrunk = method === "merge" && !facts.recorded;
    const state = method === "merge" ? "in-sync" : "parent-moved";
    const byOthers = `It stands on commits that landed as others: ${words[method]} ${commit.slice(0, 7)}.`;
    const reasonOn = (parent: string): string => {
      if (method !== "merge") return byOthers;
      return parent === "main" ? "It stands on main." : `It stands on the tip of ${parent}.`;
    };
    const ui = branchOf(copy.snapshot, "ui");
    expect(ui?.landed).toBeUndefined();
    expect(ui).toMatchObject({
      parent: isOnTrunk ? "main" : "api",
      commitCount: 1,
      needsRestack: state !== "in-sync",
      restack: {
        state,
        reason: reasonOn(isOnTrunk ? "main" : "api"),
        actual: await scene.sha(isOnTrunk ? "main" : "api"),
      },
    });
    expect(ui?.commits?.map(({ sha }) => sha)).toEqual([await scene.sha("ui")]);

    // Its parent is deleted, as most are after they landed: what stood below it is still not its own.
    await scene.git("update-ref", "-d", "refs/heads/api");
    await copy.refresh();
    expect(branchOf(copy.snapshot, "ui")).toMatchObject({
      parent: "main",
      commitCount: 1,
      restack: { state, reason: reasonOn("main"), actual: await scene.sha("main") },
    });
  },
);

test("a child's recorded boundary keeps landed commits out of it, though nobody saw its parent", async () => {
  for (const method of ["squash", "rebase"] as const) {
    await using scene = await begun({ commits: 3, recorded: true, child: true });
    await land(scene, method);
    await goOn(scene, "on the same lines");
    await scene.git("update-ref", "-d", "refs/heads/api");
    await scene.git("update-ref", "-d", "refs/stackit/metadata/api");
    await using copy = copyOf(scene.path);
    await copy.refresh();
    await expect.poll(() => branchOf(copy.snapshot, "ui")?.commitCount).toBe(1);
    await expect.poll(() => branchOf(copy.snapshot, "ui")?.linesAdded).toBe(1);
    expect(branchOf(copy.snapshot, "ui")).toMatchObject({
      parent: "main",
      restack: { state: "parent-moved" },
    });
  }
});

/** `sure` lands too, so that its mark tells when all have been looked at. */
async function neverLanded(prepare: (scene: Scene) => Promise<void>, ...names: string[]): Promise<void> {
  await using scene = await createScene(
    (s) => {
      s.commit("main", { files: { "a.txt": "a\n", "b.bin": "\0one" } });
      s.commit("api", { files: { "a.txt": "a\nsure\n" } });
    },
    { bare: true },
  );
  await prepare(scene);
  await land(scene, "squash");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.how).toBe("squash");
  for (const name of names) expect(branchOf(copy.snapshot, name)?.landed, name).toBeUndefined();
}

test("what changes nothing has not landed", () =>
  neverLanded(
    async (scene) => {
      await scene.git("branch", "same", "api^");
      const empty = await scene.git("commit-tree", "-m", "Nothing", "-p", "main", "main^{tree}");
      await scene.git("update-ref", "refs/heads/empty", empty);
      const nothing = await scene.git("commit-tree", "-m", "Nothing", "-p", "main", "main^{tree}");
      await scene.git("update-ref", "refs/heads/main", nothing);
    },
    "same",
    "empty",
  ));

test("a branch that brings back what the trunk took back has not landed by what was there before", () =>
  neverLanded(
    async (scene) => {
      await scene.commit("main", { files: { "c.txt": "c\n" } });
      await scene.commit("main", { files: { "c.txt": null } });
      await scene.commit("again", { files: { "c.txt": "c\n" }, parent: "main" });
      await scene.commit("revert", { files: { "a.txt": null }, parent: "main" });
    },
    "again",
    "revert",
  ));

test("other white space and other bytes of a binary file are other changes", () =>
  neverLanded(
    async (scene) => {
      await scene.commit("indent", { files: { "a.txt": "  a\n" }, parent: "main" });
      await scene.commit("bytes", { files: { "b.bin": "\0two" }, parent: "main" });
      await scene.commit("side", { files: { "a.txt": "\ta\n" }, parent: "main" });
      await scene.commit("main", { files: { "b.bin": "\0three" } });
      await scene.commit("main", { files: { "a.txt": "\ta\n" } });
      await scene.commit("main", { files: { "a.txt": "a\n" } });
    },
    "indent",
    "bytes",
  ));

test("a branch that the trunk was merged into is still known by its own changes", async () => {
  await using scene = await begun({ commits: 3, recorded: false, child: false });
  const tree = await scene.git("merge-tree", "--write-tree", "api", "main");
  const merge = await scene.git("commit-tree", "-m", "Update", "-p", "api", "-p", "main", tree);
  await scene.git("update-ref", "refs/heads/api", merge);
  await scene.commit("main", { files: { "other.txt": "later\n" } });
  const commit = await land(scene, "squash");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "api")?.landed).toMatchObject({ how: "squash", commit });
});

test("a branch that got commits after it landed is not landed as a whole", async () => {
  await using scene = await begun({ commits: 3, recorded: true, child: false });
  await land(scene, "squash");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.how).toBe("squash");
  await scene.commit("api", { files: { "after.txt": "after\n" } });
  await copy.refresh();
  expect(branchOf(copy.snapshot, "api")).toMatchObject({
    commitCount: 1,
    restack: { state: "parent-moved" },
  });
  expect(branchOf(copy.snapshot, "api")?.landed).toBeUndefined();
});

test("a yes outlives the process, and what the trunk does to those lines later", async () => {
  await using scene = await begun({ commits: 3, recorded: true, child: false });
  await using store = await openStore(":memory:");
  const landings = { patchIds: store.patchIds, landed: store.landed("one") };
  const commit = await land(scene, "squash");
  await using copy = copyOf(scene.path, undefined, { landings });
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.commit).toBe(commit);
  await goOn(scene, "on the same lines");

  await using again = copyOf(scene.path, undefined, { landings });
  await again.refresh();
  expect(branchOf(again.snapshot, "api")?.landed).toMatchObject({ how: "squash", commit });
  await using other = copyOf(scene.path, undefined, { landings: { landed: store.landed("another") } });
  await other.refresh();
  expect(branchOf(other.snapshot, "api")?.landed).toBeUndefined();
});

test("what the trunk no longer has did not land, for those who saw it and after a restart", async () => {
  for (const method of ["merge", "squash", "rebase"] as const) {
    await using scene = await begun({ commits: 3, recorded: true, child: true });
    await using store = await openStore(":memory:");
    const landings = { patchIds: store.patchIds, landed: store.landed("one") };
    const before = await scene.sha("main");
    await land(scene, method);
    await using copy = copyOf(scene.path, undefined, { landings });
    await copy.refresh();
    await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.how).toBe(method);
    await scene.git("update-ref", "refs/heads/main", before);
    await goOn(scene, "elsewhere");
    await using reopened = copyOf(scene.path, undefined, { landings });
    for (const each of [reopened, copy]) {
      await each.refresh();
      expect(branchOf(each.snapshot, "api")?.landed).toBeUndefined();
      expect(branchOf(each.snapshot, "api")).toMatchObject({ commitCount: 3, restack: { state: "in-sync" } });
    }
    await expect.poll(() => store.landed("one").recall()).toEqual([]);

    // It lands once more.
    const again = await land(scene, method);
    await copy.refresh();
    await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.commit).toBe(again);
  }
});

test("a mirror tells what landed when the trunk that has it is fetched, and after a restart at once", async () => {
  await using store = await openStore(":memory:");
  const landings = { patchIds: store.patchIds, landed: store.landed("mirror:shop") };
  await using scene = await mirroredScene(
    (s) => {
      s.commit("main", { files: { "shop.txt": "one\n" } });
      for (const n of [1, 2, 3]) s.commit("api", { files: { [`${n}.txt`]: "new\n" } });
      s.commit("ui", { parent: "api" });
    },
    { landings },
  );
  await scene.refresh();
  expect(branchOf(scene.mirror.snapshot, "api")?.landed).toBeUndefined();
  const commit = await land(scene.upstream, "squash");
  await scene.refresh();
  await expect
    .poll(() => branchOf(scene.mirror.snapshot, "api")?.landed)
    .toMatchObject({ how: "squash", commit });
  expect(scene.published.at(-1)?.stacks.changed).toEqual(["api"]);
  expect(branchOf(scene.mirror.snapshot, "ui")).toMatchObject({ commitCount: 1, needsRestack: true });

  await using again = scene.reopen();
  await again.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  expect(branchOf(again.snapshot, "api")?.landed).toMatchObject({ how: "squash", commit });
});

test("a branch that moved is asked about alone, and an unchanged refresh asks nothing", async () => {
  await using scene = await createScene(
    (s) => {
      s.commit("main");
      for (let n = 0; n < 60; n++) s.commit(`b${n}`);
      s.commit("main", { files: { "landed.txt": "1\n" } });
      s.commit("main", { files: { "landed.txt": "1\n2\n" } });
      s.commit("first", { parent: "b0", files: { "first.txt": "1\n" } });
    },
    { bare: true },
  );
  const spawner = new CountingSpawner();
  const patches: string[][] = [];
  await using store = await openStore(":memory:");
  const patchIds = {
    getMany: (keys: readonly string[]) => store.patchIds.getMany(keys),
    putMany: (made: ReadonlyMap<string, string>) => {
      patches.push([...made.keys()]);
      return store.patchIds.putMany(made);
    },
  };
  await using copy = copyOf(scene.path, spawner, { landings: { patchIds } });
  await copy.refresh();
  const old = await scene.git("rev-parse", "main~2");
  const same = await scene.git("commit-tree", "-m", "The same", "-p", old, "main~1^{tree}");
  await scene.git("update-ref", "refs/heads/b1", same);
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "b1")?.landed?.how).toBe("squash");
  spawner.take();
  // The lines of what moved may still be counted.
  const askedAnew = async () => {
    await copy.refresh();
    return spawner.take().commands;
  };
  await expect.poll(askedAnew).toEqual(["for-each-ref"]);
  patches.splice(0);

  const again = await scene.git("commit-tree", "-m", "Once more", "-p", old, "main~1^{tree}");
  await scene.git("update-ref", "refs/heads/b2", again);
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "b2")?.landed?.how).toBe("squash");
  expect(patches).toEqual([[again]]);
  const { commands } = spawner.take();
  expect(commands.filter((name) => name === "patch-id")).toHaveLength(1);
});

test("a trunk that is too large to be remembered is learnt step by step all the same, and again when it moves", async () => {
  await using scene = await createScene(
    (s) => {
      s.commit("main", { files: { "shop.txt": "one\n" } });
      for (const name of ["api", "ui"]) s.commit(name, { files: { [`${name}.txt`]: "new\n" } });
      s.commit("main", { files: { "api.txt": "new\n" } });
      // More than one look goes through.
      for (let n = 0; n < 5_100; n++) s.commit("main", { files: { "main.txt": `${n}\n` } });
    },
    { bare: true },
  );
  await using store = await openStore(":memory:");
  const memory = new TrunkMemory(0);
  const used = new Set<Remembered>();
  const trunks = {
    use: (trunk: Remembered) => {
      used.add(trunk);
      return memory.use(trunk);
    },
  };
  await using copy = copyOf(scene.path, undefined, { landings: { patchIds: store.patchIds, trunks } });
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "api")?.landed?.how, { timeout: 60_000 }).toBe("squash");

  await scene.commit("main", { files: { "ui.txt": "new\n" } });
  await copy.refresh();
  await expect.poll(() => branchOf(copy.snapshot, "ui")?.landed?.how, { timeout: 60_000 }).toBe("squash");
  await expect.poll(() => [...used].map(({ size }) => size)).toEqual([0]);
});
