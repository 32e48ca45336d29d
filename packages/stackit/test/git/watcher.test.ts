import { execFileSync } from "node:child_process";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { testGit } from "../support/test-git.ts";
import { watchCopy } from "../support/watched-copy.ts";

/** `refs migrate` came with the first version whose reftables are whole. */
const [, major = "0", minor = "0"] =
  /(\d+)\.(\d+)/.exec(execFileSync("git", ["--version"], { encoding: "utf8" })) ?? [];
const gitHasReftable = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 46);

const stack = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });

const has = (name: string) => (snapshot: GraphSnapshot) => snapshot.branch(name) !== undefined;
const lacks = (name: string) => (snapshot: GraphSnapshot) => snapshot.branch(name) === undefined;
const isAt = (name: string, oid: string) => (snapshot: GraphSnapshot) =>
  snapshot.branch(name)?.revision === oid;

test("a commit, another one on the same branch, and an amended one are heard (B40)", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  expect(watched.copy.repo.watching).toMatchObject({ mode: "events" });
  for (let n = 0; n < 5; n++) await watched.until(isAt("ui", await scene.commit("ui")));
  await watched.until(isAt("ui", await scene.amend("ui", "other words")));
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "On the checked out branch");
  const tip = await scene.sha("main");
  await watched.until(({ parts }) => parts.graph.trunk?.tip === tip);
});

test("a branch in a folder that was not there before is heard, and so is what happens there later (B44)", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  await scene.git("branch", "team/robin/deep/one", "api");
  await watched.until(has("team/robin/deep/one"));
  await watched.until(isAt("team/robin/deep/one", await scene.commit("team/robin/deep/one")));
  await scene.git("branch", "team/robin/deep/two", "api");
  await watched.until(has("team/robin/deep/two"));
  await scene.git("branch", "-D", "team/robin/deep/one", "team/robin/deep/two");
  await watched.until(lacks("team/robin/deep/two"));
  // The folders are gone with their branches.
  await scene.git("branch", "team/robin/deep/three", "api");
  await watched.until(has("team/robin/deep/three"));
});

test("deleted and renamed branches are heard", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  await scene.git("branch", "-m", "ui", "frontend");
  await watched.until((snapshot) => has("frontend")(snapshot) && lacks("ui")(snapshot));
  await scene.git("branch", "-D", "frontend");
  await watched.until(lacks("frontend"));
});

test("each of several switches is heard, also to a detached HEAD and back (B41)", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  for (const name of ["api", "ui", "main", "api", "ui"]) {
    await scene.git("switch", "--quiet", name);
    await watched.until(({ currentBranch }) => currentBranch === name);
  }
  await scene.git("switch", "--quiet", "--detach");
  await watched.until(({ currentBranch }) => currentBranch === "");
  await scene.git("switch", "--quiet", "main");
  await watched.until(({ currentBranch }) => currentBranch === "main");
  expect(watched.copy.repo.watching).toMatchObject({ mode: "events" });
});

test("records whose folders are born after the start are heard (B44)", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("zeta", { parent: "main" });
    s.commit("alpha", { parent: "main" });
  });
  await using watched = await watchCopy(scene.path);
  await scene.metadata("alpha", { parentBranchName: "zeta" });
  await watched.until((snapshot) => snapshot.branch("alpha")?.parent === "zeta");
  await scene.metadata("alpha", { parentBranchName: "main" });
  await watched.until((snapshot) => snapshot.branch("alpha")?.parent === "main");
  const write = (title: string) => scene.write((s) => s.blobRef("refs/stackit/stacks/one", { title }));
  await write("One");
  await scene.metadata("alpha", { parentBranchName: "main", stackId: "one" });
  await watched.until((snapshot) => snapshot.stack("alpha")?.title === "One");
  await scene.write((s) => s.metadata("zeta", { parentBranchName: "alpha" }, "refs/branch-metadata"));
  await watched.until((snapshot) => snapshot.branch("zeta")?.parent === "alpha");
});

test("packing refs tells nothing wrong, and changes that only packed-refs shows are heard (B42)", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  await scene.git("pack-refs", "--all");
  await watched.heard();
  expect(await watched.copy.refresh()).toMatchObject({ outcome: "unchanged" });
  await scene.git("branch", "-D", "ui");
  await watched.until(lacks("ui"));
  const tip = await scene.commit("api");
  await scene.git("pack-refs", "--all");
  await watched.until(isAt("api", tip));
});

test("commits after a garbage collection are heard", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path);
  for (let n = 0; n < 2; n++) {
    await scene.git("gc", "--quiet", "--prune=now");
    await watched.heard();
    await watched.until(isAt("ui", await scene.commit("ui")));
  }
});

test("a fetch of many refs is heard to its last ref", async () => {
  await using scene = await stack();
  const remote = await scene.addRemote();
  await using watched = await watchCopy(scene.path);
  const tip = await scene.sha("api");
  for (let n = 0; n < 60; n++) await scene.gitIn(remote, "update-ref", `refs/heads/theirs/${n}`, tip);
  await scene.gitIn(remote, "update-ref", "refs/heads/ui", tip);
  await scene.git("fetch", "--quiet");
  await watched.until((snapshot) => snapshot.branch("ui")?.remoteStatus?.ahead === 1);
  await watched.heard();
  await watched.copy.refresh();
  expect(watched.copy.repo.refOid("refs/remotes/origin/theirs/59")).toBe(tip);
  await scene.git("remote", "remove", "origin");
  await watched.until((snapshot) => snapshot.view().repo.remote === "");
});

test("a rebase of twenty commits is heard, and its end is what is shown", async () => {
  await using scene = await stack();
  await scene.git("switch", "--quiet", "api");
  for (let n = 0; n < 20; n++) await scene.git("commit", "--quiet", "--allow-empty", "-m", `Step ${n}`);
  await scene.git("switch", "--quiet", "main");
  await scene.git("commit", "--quiet", "--allow-empty", "-m", "Meanwhile");
  await using watched = await watchCopy(scene.path);
  await scene.git("switch", "--quiet", "api");
  await scene.git("rebase", "--quiet", "main");
  const tip = await scene.sha("api");
  await watched.until((snapshot) => isAt("api", tip)(snapshot) && snapshot.currentBranch === "api");
  expect(watched.copy.snapshot.branch("api")).toMatchObject({
    commitCount: 21,
    restack: { state: "in-sync" },
  });
});

test("commits and switches in a linked worktree are heard, from either side (B39)", async () => {
  await using scene = await stack();
  const worktree = await scene.addWorktree("ui");
  await using main = await watchCopy(scene.path);
  await using linked = await watchCopy(worktree);
  await scene.gitIn(worktree, "commit", "--quiet", "--allow-empty", "-m", "In the worktree");
  const tip = await scene.sha("ui");
  await Promise.all([main.until(isAt("ui", tip)), linked.until(isAt("ui", tip))]);
  await scene.gitIn(worktree, "switch", "--quiet", "api");
  await linked.until(({ currentBranch }) => currentBranch === "api");
  await main.until((snapshot) => snapshot.branch("api")?.inWorktree === true);
  await scene.gitIn(worktree, "switch", "--quiet", "--detach");
  await linked.until(({ currentBranch }) => currentBranch === "");
  await main.until((snapshot) => snapshot.branch("api")?.inWorktree === undefined);
  await scene.addWorktree("api", "second");
  await main.until((snapshot) => snapshot.branch("api")?.inWorktree === true);
  await scene.git("worktree", "remove", join(scene.root, "second"));
  await main.until((snapshot) => snapshot.branch("api")?.inWorktree === undefined);
});

test("what is not shown is no hint: the index, tags, stashes, status, logs, messages, objects", async () => {
  await using scene = await stack();
  await scene.makeDirty();
  const worktree = await scene.addWorktree("ui");
  await using watched = await watchCopy(scene.path);
  await watched.heard();
  const before = watched.hints;
  const quiet: [string, () => Promise<unknown>][] = [
    ["status", () => scene.git("status")],
    ["status in a worktree", () => scene.gitIn(worktree, "status")],
    ["add", () => scene.git("add", "untracked.txt")],
    ["a tag", () => scene.git("tag", "v1")],
    ["an annotated tag", () => scene.git("tag", "-a", "-m", "Two", "release/v2")],
    ["a note", () => scene.git("notes", "add", "-m", "remark", "api")],
    ["a stash", () => scene.git("stash", "push", "--quiet")],
    ["an object", () => scene.git("hash-object", "-w", "tracked-b.txt")],
    ["a merge message", () => writeFile(join(scene.gitDir, "MERGE_MSG"), "words")],
    ["a bisect", () => scene.gitIn(worktree, "update-ref", "refs/bisect/bad", "HEAD")],
  ];
  for (const [what, act] of quiet) {
    await act();
    await watched.heard();
    expect(watched.hints, what).toBe(before);
  }
  await watched.until(isAt("ui", await scene.commit("ui")));
});

test("what changes in the tables of a reftable is heard, wherever git keeps it (B43)", async () => {
  await using scene = await stack();
  const tables = join(scene.gitDir, "reftable");
  await mkdir(tables);
  await using watched = await watchCopy(scene.path);
  await watched.heard();
  // Git writes a new list beside the old one and exchanges them.
  for (const folder of [tables, join(scene.gitDir, "worktrees", "topic", "reftable")]) {
    await mkdir(folder, { recursive: true });
    await watched.heard();
    const before = watched.hints;
    await writeFile(join(folder, "tables.list.lock"), "0x01-0x02-ab.ref\n");
    await rename(join(folder, "tables.list.lock"), join(folder, "tables.list"));
    await expect.poll(() => watched.hints).toBeGreaterThan(before);
  }
});

test.runIf(gitHasReftable)("refs in a reftable are read and followed (B43)", async () => {
  await using scene = await stack();
  await testGit(["refs", "migrate", "--ref-format=reftable"], { cwd: scene.path });
  await using watched = await watchCopy(scene.path);
  await watched.until((snapshot) => has("api")(snapshot) && has("ui")(snapshot));
  await watched.until(isAt("ui", await scene.commit("ui")));
  await scene.git("branch", "-D", "ui");
  await watched.until(lacks("ui"));
});
