import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import type { SceneWriter } from "../support/scene-import.ts";

const stack = (scene: SceneWriter) => {
  scene.commit("main");
  scene.stacked("api", "main");
  scene.stacked("ui/été#1", "api");
  scene.commit("api");
};

test("the same calls give the same object ids, also in another folder", async () => {
  await using one = await createScene(stack);
  await using two = await createScene(stack, { bare: true });
  const refs = await one.git("for-each-ref");
  expect(refs.split("\n")).toHaveLength(5);
  expect(await two.git("for-each-ref")).toBe(refs);
});

test("metadata records the tip that the parent had when the branch was made", async () => {
  await using scene = await createScene(stack);
  const recorded: unknown = JSON.parse(await scene.git("cat-file", "blob", "refs/stackit/metadata/ui/été#1"));
  expect(recorded).toEqual({ parentBranchName: "api", parentBranchRevision: await scene.sha("api~1") });
});

test("a working copy is clean until it is made dirty, and gone when disposed", async () => {
  const scene = await createScene(stack);
  expect(await scene.git("status", "--porcelain")).toBe("");
  await scene.makeDirty();
  expect((await scene.git("status", "--porcelain")).split("\n")).toEqual([
    "M  tracked-a.txt",
    " M tracked-b.txt",
    "?? folder/",
    "?? untracked.txt",
  ]);
  await scene[Symbol.asyncDispose]();
  expect(existsSync(scene.root)).toBe(false);
});

test("a scene can be changed: commits, amended commits, worktrees, remotes", async () => {
  await using scene = await createScene(stack, { objectFormat: "sha256" });
  const before = await scene.sha("api");
  const added = await scene.commit("api", { message: "One more", files: { "a b.txt": "text\n" } });
  expect(await scene.sha("api~1")).toBe(before);
  const amended = await scene.amend("api", "One more, reworded");
  expect(await scene.git("diff", "--stat", added, amended)).toBe("");
  expect(amended).not.toBe(added);
  await scene.addRemote();
  expect(await scene.git("rev-parse", "refs/remotes/origin/api")).toBe(amended);
  expect(await scene.gitIn(await scene.addWorktree("api"), "branch", "--show-current")).toBe("api");
});
