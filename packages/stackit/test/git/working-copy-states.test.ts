import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createScene, type Scene } from "../support/git-scene.ts";
import { copyOf, edgesOf, noteCodes } from "../support/read-copy.ts";
import { testGit } from "../support/test-git.ts";

const stack = (scene: Parameters<NonNullable<Parameters<typeof createScene>[0]>>[0]) => {
  scene.commit("main");
  scene.stacked("api", "main");
  scene.stacked("ui", "api");
};

test("a repository without a commit is whole, says so, and fills with the first commit", async () => {
  await using scene = await createScene();
  await using copy = copyOf(scene.path);
  expect(await copy.refresh()).toMatchObject({ outcome: "updated", generation: 1 });
  expect(noteCodes(copy.snapshot)).toEqual(["no-commits"]);
  expect(copy.snapshot.currentBranch).toBe("main");
  expect(copy.snapshot.view()).toMatchObject({ stacks: [], recentlyMerged: [], unstacked: [] });
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });

  await scene.git("commit", "--quiet", "--allow-empty", "-m", "First");
  const first = await copy.refresh();
  expect(first).toMatchObject({ outcome: "updated", refs: { created: 1 } });
  expect(noteCodes(copy.snapshot)).toEqual([]);
  expect(copy.snapshot.view().recentlyMerged).toMatchObject([{ message: "First" }]);

  await scene.git("switch", "--quiet", "-c", "topic");
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "Second");
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual(["topic<main"]);
});

test("a detached HEAD is told, and so is the way back", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await scene.git("switch", "--quiet", "--detach", "api");
  await copy.refresh();
  expect(copy.snapshot.currentBranch).toBe("");
  expect(noteCodes(copy.snapshot)).toEqual(["detached-head"]);
  expect(copy.published.at(-1)?.switched).toEqual({ from: "main", to: "" });

  await scene.git("switch", "--quiet", "ui");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual([]);
  expect(copy.published.at(-1)?.switched).toEqual({ from: "", to: "ui" });
  expect(copy.snapshot.branch("ui")).toMatchObject({ isCurrent: true });
});

test("a trunk that has no commit is told, and what stood on it is still there", async () => {
  await using scene = await createScene(stack);
  await scene.git("config", "stackit.trunk", "release");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["trunk-unborn"]);
  const { branches } = copy.snapshot.counts;
  expect(branches).toBe(3);

  await scene.git("branch", "release", "main");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual([]);
  expect(edgesOf(copy.snapshot)).toContain("ui<api");
});

test("an unborn branch that is checked out keeps its name", async () => {
  await using scene = await createScene(stack);
  await scene.git("switch", "--quiet", "--orphan", "fresh");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.currentBranch).toBe("fresh");
  expect(edgesOf(copy.snapshot)).toEqual(["api<main", "ui<api"]);
});

test("the trunk may be renamed, deleted and put back while it is served", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const main = await scene.sha("main");
  await scene.git("branch", "-m", "main", "trunk");
  await copy.refresh();
  expect(copy.snapshot.trunk).toBe("trunk");
  expect(copy.snapshot.view().stacks.flatMap((s) => s.branches.map(({ name }) => name))).toEqual([
    "api",
    "ui",
  ]);

  await scene.git("switch", "--quiet", "--detach");
  await scene.git("branch", "-D", "trunk");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["detached-head", "no-trunk"]);
  expect(copy.snapshot.counts.branches).toBe(2);

  await scene.git("branch", "main", main);
  await copy.refresh();
  expect(copy.snapshot.trunk).toBe("main");
  expect(edgesOf(copy.snapshot)).toEqual(["api<main", "ui<api"]);
  await using fresh = copyOf(scene.path);
  await fresh.refresh();
  for (const each of [copy, fresh]) await each.repo.settled();
  expect(withoutTimes(copy.snapshot.view())).toEqual(withoutTimes(fresh.snapshot.view()));
});

test("no remote means that nothing is said about one", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.view().repo.remote).toBe("");
  expect(copy.snapshot.branch("api")?.remoteStatus).toBeUndefined();
});

test("refs that move between loose and packed storage, and objects that are collected, change nothing that is shown", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const before = copy.snapshot;
  await scene.git("pack-refs", "--all");
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
  await scene.git("gc", "--quiet", "--prune=now");
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
  expect(copy.snapshot).toBe(before);

  // Objects that came after the collection are found by the processes from before it.
  const tip = await scene.commit("ui");
  await scene.amend("api", "api, reworded");
  await copy.refresh();
  expect(copy.snapshot.branch("ui")).toMatchObject({ revision: tip, commitCount: 2, needsRestack: true });
  expect(copy.snapshot.branch("api")).toMatchObject({ commitMessage: "api, reworded" });
});

test("a linked worktree is served with its own HEAD and all branches (B39)", async () => {
  await using scene = await createScene(stack);
  const worktree = await scene.addWorktree("ui");
  await using copy = copyOf(worktree);
  await copy.refresh();
  expect(copy.repo.commonDir).toBe(scene.gitDir);
  expect(copy.snapshot.currentBranch).toBe("ui");
  expect(edgesOf(copy.snapshot)).toEqual(["api<main", "ui<api"]);
  await scene.git("switch", "--quiet", "api");
  await copy.refresh();
  expect(copy.snapshot.branch("api")).toMatchObject({ inWorktree: true, isCurrent: false });
  await scene.gitIn(worktree, "switch", "--quiet", "--detach");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["detached-head"]);
});

test("a submodule, a bare repository, a SHA-256 one and a folder deep inside are found and read", async () => {
  await using scene = await createScene(stack, { objectFormat: "sha256" });
  const deep = join(scene.path, "a", "b");
  await mkdir(deep, { recursive: true });
  await using inner = copyOf(deep);
  await inner.refresh();
  expect(edgesOf(inner.snapshot)).toEqual(["api<main", "ui<api"]);
  expect(inner.snapshot.branch("ui")?.revision).toHaveLength(64);
  expect(inner.snapshot.branch("ui")).toMatchObject({ linesAdded: 1, commitCount: 1 });

  await using bare = await createScene(stack, { bare: true });
  await using bareCopy = copyOf(bare.path);
  await bareCopy.refresh();
  expect(edgesOf(bareCopy.snapshot)).toEqual(["api<main", "ui<api"]);

  await using outer = await createScene((s) => s.commit("main"));
  await outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", bare.path, "sub");
  const sub = join(outer.path, "sub");
  await outer.gitIn(sub, "switch", "--quiet", "-c", "inside");
  await outer.gitIn(sub, "commit", "--quiet", "--allow-empty", "-m", "In the submodule");
  await using subCopy = copyOf(sub);
  await subCopy.refresh();
  expect(subCopy.snapshot.currentBranch).toBe("inside");
  expect(edgesOf(subCopy.snapshot)).toEqual(["inside<main"]);
});

test("a shallow clone says so, and deepening it while it is served corrects what follows from it", async () => {
  await using scene = await createScene((s) => {
    for (let n = 0; n < 5; n++) s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.commit("main");
  });
  const clone = join(scene.root, "shallow");
  await scene.gitIn(
    scene.root,
    "clone",
    "--quiet",
    "--no-single-branch",
    "--depth=1",
    `file://${scene.path}`,
    clone,
  );
  for (const name of ["api", "ui"]) await scene.gitIn(clone, "branch", "--quiet", name, `origin/${name}`);
  await using copy = copyOf(clone);
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["shallow"]);
  const names = () => copy.snapshot.branches().map(({ name }) => name);
  expect(names()).toEqual(["api", "ui"]);

  await scene.gitIn(clone, "fetch", "--quiet", "--depth=3");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["shallow"]);
  expect(edgesOf(copy.snapshot)).toEqual(["api<main", "ui<api"]);

  await scene.gitIn(clone, "fetch", "--quiet", "--unshallow");
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual([]);
  await using fresh = copyOf(clone);
  await fresh.refresh();
  for (const each of [copy, fresh]) await each.repo.settled();
  expect(withoutTimes(copy.snapshot.view())).toEqual(withoutTimes(fresh.snapshot.view()));
  expect(copy.snapshot.branch("ui")).toMatchObject({ commitCount: 1, linesAdded: 1 });
});

test("a partial clone is read without fetching; what it lacks is told, not downloaded (B36)", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": "one\n" } });
    s.stacked("api", "main", { files: { "a.txt": "two\n" } });
  });
  await scene.git("config", "uploadpack.allowFilter", "true");
  const clone = join(scene.root, "partial");
  const url = `file://${scene.path}`;
  await scene.gitIn(scene.root, "clone", "--quiet", "--no-checkout", "--filter=blob:none", url, clone);
  await scene.gitIn(clone, "branch", "--quiet", "api", "origin/api");
  const packs = () => testGit(["count-objects", "-v"], { cwd: clone });
  const before = await packs();

  await using copy = copyOf(clone);
  await copy.refresh();
  expect(noteCodes(copy.snapshot)).toEqual(["partial"]);
  expect(edgesOf(copy.snapshot)).toEqual(["api<main"]);
  expect(copy.snapshot.branch("api")?.linesAdded).toBeUndefined();
  const range = copy.snapshot.diffRange("api", "parent");
  if (!range) throw new Error("no range");
  const options = { ignoreWhitespace: false, signal: new AbortController().signal };
  await expect(copy.repo.diff(range, options)).rejects.toMatchObject({ code: "diff/unavailable" });
  expect(await packs()).toBe(before);

  // The person gets what was missing by a checkout.
  await scene.gitIn(clone, "switch", "--quiet", "api");
  await scene.gitIn(clone, "switch", "--quiet", "main");
  await copy.refresh();
  expect((await copy.repo.diff(range, options)).patch).toContain("+two");
});

test("a repository that is deleted fails with a reason, keeps its last snapshot, and comes back", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const before = copy.snapshot;
  await rename(scene.path, join(scene.root, "elsewhere"));
  await expect(copy.refresh()).rejects.toThrow();
  await expect(copy.refresh()).rejects.toThrow();
  expect(copy.snapshot).toBe(before);

  await rename(join(scene.root, "elsewhere"), scene.path);
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
  const tip = await scene.commit("ui");
  await copy.refresh();
  expect(copy.snapshot.branch("ui")?.revision).toBe(tip);
});

test("another repository in the same place is read as what it is", async () => {
  await using scene = await createScene(stack);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await replaceByClone(scene);
  await scene.git("switch", "--quiet", "-c", "new");
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "After the new clone");
  await copy.refresh();
  expect(copy.snapshot.branch("new")).toMatchObject({
    commitMessage: "After the new clone",
    isCurrent: true,
  });
});

test("a worktree that was removed and added again under another name inside is found again", async () => {
  await using scene = await createScene(stack);
  const worktree = await scene.addWorktree("ui", "tree");
  await using copy = copyOf(worktree);
  await copy.refresh();
  await scene.git("worktree", "remove", worktree);
  await expect(copy.refresh()).rejects.toThrow();
  // The name inside is taken from the folder's, and `tree` is taken by another worktree now.
  await mkdir(join(scene.root, "other"));
  await scene.git("worktree", "add", "--quiet", join(scene.root, "other", "tree"), "api");
  await scene.git("worktree", "add", "--quiet", worktree, "ui");
  await copy.refresh();
  expect(copy.snapshot.currentBranch).toBe("ui");
});

test("a thousand branches are read whole, and one more is one more", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    for (let n = 0; n < 250; n++) {
      s.commit(`team-${n}/a`, { parent: "main" });
      s.commit(`team-${n}/b`, { parent: `team-${n}/a` });
      s.stacked(`team-${n}/c`, `team-${n}/b`);
      s.commit(`team-${n}/d`, { parent: "main" });
    }
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.trunk).toBe("main");
  expect(copy.snapshot.counts).toMatchObject({ branches: 1000, stacks: 500 });
  await expect
    .poll(() => copy.snapshot.branches().every((b) => b.linesAdded === 1), { timeout: 20_000 })
    .toBe(true);
  await scene.commit("team-7/e", { parent: "team-7/c" });
  const added = await copy.refresh();
  expect(added).toMatchObject({ refs: { created: 1, changes: [{ ref: "refs/heads/team-7/e" }] } });
  expect(added.stacks).toEqual({ created: [], changed: ["team-7/a"], removed: [] });
});

/** The view but for when things were seen, which depends on who looked. */
function withoutTimes(view: object): unknown {
  return JSON.parse(
    JSON.stringify(view, (key, value: unknown) =>
      key === "observedAt" || key === "generation" ? undefined : value,
    ),
  );
}

async function replaceByClone(scene: Scene): Promise<void> {
  const old = join(scene.root, "old");
  await rename(scene.path, old);
  await scene.gitIn(scene.root, "clone", "--quiet", old, scene.path);
  await rm(old, { recursive: true, force: true });
  await writeFile(join(scene.path, "mine.txt"), "new\n");
}
