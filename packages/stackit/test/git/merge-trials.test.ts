import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";

const lines = (changed: Record<number, string> = {}): string =>
  `${Array.from({ length: 9 }, (_, index) => changed[index] ?? `line ${index}`).join("\n")}\n`;

const mergeOf = ({ snapshot }: ReadCopy, branch: string) => snapshot.branch(branch)?.restack.trunkMerge;

async function told(copy: ReadCopy): Promise<ReadCopy> {
  await copy.refresh();
  await copy.repo.settled();
  return copy;
}

test("a branch behind its trunk says whether it would still merge, and keeps its state", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), "b.txt": lines() } });
    s.commit("clash", { parent: "main", files: { "a.txt": lines({ 4: "clash" }) } });
    s.stacked("above", "clash");
    s.stacked("done", "main");
    s.stacked("left", "done", { files: { "a.txt": lines({ 4: "left" }) } });
    s.commit("fine", { parent: "main", files: { "b.txt": lines({ 4: "fine" }) } });
  });
  await using copy = copyOf(scene.path);
  await told(copy);
  for (const name of ["clash", "above", "fine"]) expect(mergeOf(copy, name)).toBeUndefined();

  await scene.git("update-ref", "refs/heads/main", "done");
  await scene.commit("main", { files: { "a.txt": lines({ 4: "main" }) } });
  await told(copy);
  expect(mergeOf(copy, "left")).toEqual({ state: "conflicts", files: ["a.txt"], fileCount: 1 });
  expect(mergeOf(copy, "clash")).toEqual({ state: "conflicts", files: ["a.txt"], fileCount: 1 });
  expect(mergeOf(copy, "fine")).toEqual({ state: "clean" });
  expect(mergeOf(copy, "above")).toBeUndefined();
  expect(copy.snapshot.branch("clash")).toMatchObject({ needsRestack: false, restack: { state: "in-sync" } });

  // What was said is said until it was tried again.
  await scene.commit("main", { files: { "a.txt": lines() } });
  await copy.refresh();
  expect(mergeOf(copy, "clash")?.state).toBe("conflicts");
  await copy.repo.settled();
  expect(mergeOf(copy, "clash")).toEqual({ state: "clean" });

  await scene.git("reset", "--quiet", "--hard");
  await scene.git("rebase", "--quiet", "main", "fine");
  await told(copy);
  expect(mergeOf(copy, "fine")).toBeUndefined();
});

test("it is the branch as a whole that is merged: a conflict that a later commit takes back is one of a restack alone", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.commit("low", { parent: "main" });
    s.commit("api", { parent: "low", files: { "a.txt": lines({ 4: "api" }) } });
    s.commit("api", { files: { "a.txt": lines() } });
  });
  await scene.git("update-ref", "refs/heads/main", await scene.sha("low"));
  await scene.commit("main", { files: { "a.txt": lines({ 4: "main" }) } });
  await using copy = copyOf(scene.path);
  await told(copy);
  expect(mergeOf(copy, "api")).toEqual({ state: "clean" });

  // The same commits to the same place, by a tool that knows of the branch below.
  const parentBranchRevision = await scene.sha("low");
  await scene.git("update-ref", "refs/heads/low", "main");
  await scene.metadata("low", { parentBranchName: "main" });
  await scene.metadata("api", { parentBranchName: "low", parentBranchRevision });
  await told(copy);
  expect(mergeOf(copy, "api")).toBeUndefined();
  expect(copy.snapshot.branch("api")?.restack.preview).toMatchObject({
    state: "conflicts",
    files: ["a.txt"],
  });
});

test("it is tried where the trunk was pushed to, and not of what stands on commits that are not there", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.commit("api", { parent: "main", files: { "a.txt": lines({ 4: "api" }) } });
  });
  const first = await scene.sha("main");
  const theirs = await scene.commit("main", { files: { "a.txt": lines({ 4: "theirs" }) } });
  await scene.git("update-ref", "refs/heads/main", first);
  await scene.git("update-ref", "refs/remotes/origin/main", theirs);
  await scene.git("config", "remote.origin.url", "https://git.example.com/shop.git");
  await scene.commit("main", { files: { "own.txt": "1\n" } });
  await scene.git("branch", "onown", "main");
  await scene.commit("onown", { files: { "a.txt": lines({ 4: "onown" }) } });
  await scene.commit("main", { files: { "own.txt": "2\n" } });
  await using copy = copyOf(scene.path);
  await told(copy);
  expect(mergeOf(copy, "api")).toMatchObject({ state: "conflicts", files: ["a.txt"] });
  expect(copy.snapshot.branch("onown")?.restack.state).toBe("in-sync");
  expect(mergeOf(copy, "onown")).toBeUndefined();
});

test("of very many branches those with the newest commits are tried", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    for (let n = 0; n < 110; n++) s.commit(`b${n}`, { parent: "main", files: { [`${n}.txt`]: "1\n" } });
    s.commit("main");
  });
  await using copy = copyOf(scene.path);
  await told(copy);
  const names = copy.snapshot.branches().filter(({ restack }) => restack.trunkMerge?.state === "clean");
  expect(names).toHaveLength(100);
  expect(mergeOf(copy, "b109")).toEqual({ state: "clean" });
  expect(mergeOf(copy, "b0")).toBeUndefined();
});
