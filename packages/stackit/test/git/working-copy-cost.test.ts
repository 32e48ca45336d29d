import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";

/** `stacks` stacks of three branches, some recorded, some not. */
const manyStacks = (stacks: number): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    for (let n = 0; n < stacks; n++) {
      s.stacked(`s${n}/a`, "main");
      s.stacked(`s${n}/b`, `s${n}/a`);
      if (n % 2 === 0) s.commit(`s${n}/c`, { parent: `s${n}/b` });
      else s.stacked(`s${n}/c`, `s${n}/b`);
    }
  });

/** Reads once and waits until all lines are counted and it is known that nothing has landed. */
async function settled(scene: Scene): Promise<{ copy: ReadCopy; spawner: CountingSpawner }> {
  const spawner = new CountingSpawner();
  const copy = copyOf(scene.path, spawner);
  await copy.refresh();
  await copy.repo.settled();
  spawner.take();
  return { copy, spawner };
}

test("a refresh that finds nothing new costs one process, however many branches there are", async () => {
  await using scene = await manyStacks(100);
  const { copy, spawner } = await settled(scene);
  await using _ = copy;
  for (let n = 0; n < 3; n++) {
    expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
    expect(spawner.take()).toEqual({ commands: ["for-each-ref"], objectsAsked: 0 });
  }
  expect(await copy.repo.hasChanged(new AbortController().signal)).toBe(false);
  expect(spawner.take().commands).toEqual(["for-each-ref"]);
});

test("the first reading costs a handful of processes, however many branches there are", async () => {
  for (const stacks of [3, 100]) {
    await using scene = await manyStacks(stacks);
    const spawner = new CountingSpawner();
    await using copy = copyOf(scene.path, spawner);
    await copy.refresh();
    const { commands } = spawner.take();
    expect(commands.filter((name) => name !== "diff-tree").sort()).toEqual(
      ["cat-file", "config", "for-each-ref", "rev-list"].sort(),
    );
  }
});

test.each([
  ["a commit on a leaf without a record", (scene: Scene) => scene.commit("s0/c")],
  ["a commit on a recorded leaf", (scene: Scene) => scene.commit("s1/c")],
  ["a commit in the midst of a stack", (scene: Scene) => scene.commit("s2/a")],
  ["an amended branch", (scene: Scene) => scene.amend("s3/b", "another message")],
  ["a new branch with a commit", (scene: Scene) => scene.commit("s4/d", { parent: "s4/c" })],
  ["a deleted branch", (scene: Scene) => scene.git("update-ref", "-d", "refs/heads/s5/c")],
  ["another record", (scene: Scene) => scene.metadata("s6/b", { parentBranchName: "main" })],
  ["a switch", (scene: Scene) => scene.git("switch", "--quiet", "s7/a")],
])("%s costs two short processes at most, and a few objects", async (_what, change) => {
  const costs: { commands: string[]; objectsAsked: number }[] = [];
  for (const stacks of [10, 60]) {
    await using scene = await manyStacks(stacks);
    const { copy, spawner } = await settled(scene);
    await using _copy = copy;
    await change(scene);
    expect(await copy.refresh()).toMatchObject({ outcome: "updated" });
    costs.push(spawner.take());
  }
  for (const { commands, objectsAsked } of costs) {
    const short = commands.filter((name) => name !== "cat-file");
    expect(short[0]).toBe("for-each-ref");
    expect(short.slice(1)).toEqual(short.length > 1 ? ["diff-tree"] : []);
    expect(objectsAsked).toBeLessThanOrEqual(8);
  }
  expect(costs[1]).toEqual(costs[0]);
});

test("a trunk that went on costs what it gained, not what is there", async () => {
  const costs: { commands: string[]; objectsAsked: number }[] = [];
  for (const stacks of [10, 60]) {
    await using scene = await manyStacks(stacks);
    const { copy, spawner } = await settled(scene);
    await using _copy = copy;
    await scene.commit("main");
    await copy.refresh();
    const { commands, objectsAsked } = spawner.take();
    costs.push({ commands: commands.sort(), objectsAsked });
  }
  expect(costs[0]?.commands.length).toBeLessThanOrEqual(4);
  expect(costs[1]).toEqual(costs[0]);
});

test("settings that are written again without saying anything new are no news", async () => {
  await using scene = await manyStacks(5);
  const { copy } = await settled(scene);
  await using _ = copy;
  const before = copy.snapshot;
  await utimes(join(scene.gitDir, "config"), new Date(), new Date());
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
  await scene.git("config", "branch.s0/a.vscode-merge-base", "origin/main");
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged", generation: 1 });
  expect(copy.snapshot).toBe(before);
  await scene.git("config", "stackit.trunk", "main");
  await scene.git("config", "user.name", "Somebody Else");
  expect(await copy.refresh()).toMatchObject({ outcome: "updated", generation: 2 });
  expect(copy.snapshot.view().repo.currentUser).toBe("Somebody Else");
});

test("refs that nobody is shown change no generation", async () => {
  await using scene = await manyStacks(5);
  await scene.addRemote();
  const { copy } = await settled(scene);
  await using _ = copy;
  const { generation, fingerprint } = copy.snapshot;
  const told = copy.published.length;
  await scene.git("update-ref", "refs/remotes/origin/of-somebody-else", "s0/a");
  await scene.git("tag", "v1", "main");
  expect(await copy.refresh()).toMatchObject({ generation, refs: { created: 1 } });
  expect(copy.snapshot).toMatchObject({ generation, fingerprint });
  expect(copy.published).toHaveLength(told);
  expect(copy.repo.refOid("refs/remotes/origin/of-somebody-else")).toBe(await scene.sha("s0/a"));
});

test("a stack's own record that comes, changes and goes is told as a change of that stack", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("api");
    s.metadata("api", { parentBranchName: "main", stackId: "one" });
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const title = () => copy.snapshot.view().stacks[0]?.title;
  const plain = title();
  const changed = { stacks: { created: [], changed: ["api"], removed: [] } };
  await scene.write((s) => s.blobRef("refs/stackit/stacks/one", { title: "Payments" }));
  expect(await copy.refresh()).toMatchObject(changed);
  expect(title()).toBe("Payments");
  await scene.git("update-ref", "-d", "refs/stackit/stacks/one");
  expect(await copy.refresh()).toMatchObject(changed);
  expect(title()).toBe(plain);
});
