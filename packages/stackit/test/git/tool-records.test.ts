import { rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { copyOf, edgesOf, noteCodes, type ReadCopy } from "../support/read-copy.ts";
import { avFile, ghStackFile, writeSpiceData, writeToolFile } from "../support/tool-files.ts";
import { watchCopy } from "../support/watched-copy.ts";

/** Three branches side by side, of which the commits say nothing but that they stand on the trunk. */
const sideBySide = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    for (const name of ["a", "b", "c"]) s.commit(name, { parent: "main" });
  });

const voicesOf = ({ snapshot }: ReadCopy, branch: string): string[] =>
  snapshot.branch(branch)?.edge.sources.map(({ source, parent }) => `${source} ${parent}`) ?? [];

interface Keeper {
  source: string;
  tell: (scene: Scene, parent: string) => Promise<unknown>;
}

const keepers: Keeper[] = [
  { source: "gh-stack", tell: (s, parent) => writeToolFile(s, "gh-stack", ghStackFile("main", parent, "c")) },
  { source: "git-spice", tell: (s, parent) => writeSpiceData(s, { c: parent }) },
  { source: "git-town", tell: (s, parent) => s.git("config", "git-town-branch.c.parent", parent) },
  {
    source: "git-machete",
    tell: (s, parent) => writeToolFile(s, "machete", `main\n  ${parent}\n    c PR #3\n`),
  },
  { source: "av", tell: (s, parent) => writeToolFile(s, "av/av.db", avFile({ c: parent })) },
];

test.each(keepers)(
  "what $source keeps in a clone is heard, and heard again when it says something else",
  async ({ source, tell }) => {
    await using scene = await sideBySide();
    await using copy = copyOf(scene.path);
    await copy.refresh();
    expect(edgesOf(copy.snapshot)).toContain("c<main");
    for (const parent of ["a", "b"]) {
      await tell(scene, parent);
      expect(await copy.refresh()).toMatchObject({ outcome: "updated" });
      expect(edgesOf(copy.snapshot)).toContain(`c<${parent}`);
      expect(voicesOf(copy, "c")).toEqual([`${source} ${parent}`, "ancestry main"]);
      expect(copy.snapshot.branch("c")?.edge.agreed).toBe(false);
    }
    expect(noteCodes(copy.snapshot)).toEqual([]);
  },
);

test.each(keepers)("the watcher notices what $source writes", async ({ tell }) => {
  await using scene = await sideBySide();
  await using watched = await watchCopy(scene.path);
  await tell(scene, "a");
  await watched.until((snapshot) => edgesOf(snapshot).includes("c<a"));
  await tell(scene, "b");
  await watched.until((snapshot) => edgesOf(snapshot).includes("c<b"));
});

test("all tools are heard at once, the strongest first", async () => {
  await using scene = await sideBySide();
  for (const { tell } of keepers) await tell(scene, "a");
  await scene.metadata("c", { parentBranchName: "b" });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(voicesOf(copy, "c")).toEqual([
    "stackit b",
    ...keepers.map(({ source }) => `${source} a`),
    "ancestry main",
  ]);
  expect(edgesOf(copy.snapshot)).toContain("c<b");
});

test.each([
  ["gh-stack", ghStackFile("main", "a", "c"), '{"schemaVersion":1,"sta'],
  ["machete", "main\n  a\n    c\n", "main\n  a\n   c\n"],
  ["av/av.db", avFile({ c: "a" }), '{"branches":{"c":{"pa'],
])(
  "what %s said stands while the file is half written, marked with when it was read",
  async (file, whole, half) => {
    await using scene = await sideBySide();
    await writeToolFile(scene, file, whole);
    await using copy = copyOf(scene.path);
    await copy.refresh();
    const readBefore = Date.now();
    await writeToolFile(scene, file, half);
    await copy.refresh();
    expect(edgesOf(copy.snapshot)).toContain("c<a");
    expect(noteCodes(copy.snapshot)).toEqual(["source-unreadable"]);
    expect(copy.snapshot.notes[0]?.detail).toContain(`${file} is `);
    const [said] = copy.snapshot.branch("c")?.edge.sources ?? [];
    expect(Date.parse(said?.observedAt ?? "")).toBeLessThanOrEqual(readBefore);
    // Nothing new to say about it is no news.
    await writeToolFile(scene, file, `${half} `);
    expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
    await writeToolFile(scene, file, whole);
    await copy.refresh();
    expect(noteCodes(copy.snapshot)).toEqual([]);
    await rm(join(scene.gitDir, file));
    await copy.refresh();
    expect(edgesOf(copy.snapshot)).toContain("c<main");
    expect(noteCodes(copy.snapshot)).toEqual([]);
  },
);

test("a file that was never readable says nothing but that, and every branch is there", async () => {
  await using scene = await sideBySide();
  await writeToolFile(scene, "av/av.db", "no JSON");
  await writeToolFile(scene, "machete/is-a-folder", "");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot).sort()).toEqual(["a<main", "b<main", "c<main"]);
  expect(copy.snapshot.notes.map(({ detail }) => detail)).toEqual([
    "machete is no file. What git-machete keeps of the stacks is not known.",
    "av/av.db is no JSON object. What av keeps of the stacks is not known.",
  ]);
});

test("a file that cannot be opened is told of", async () => {
  await using scene = await sideBySide();
  await symlink("machete", join(scene.gitDir, "machete"));
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.notes[0]?.detail).toContain("machete could not be opened.");
});

test("a tool's file that was written anew with the same words is no news, and one that did not change is not read", async () => {
  await using scene = await sideBySide();
  for (const { tell } of keepers) await tell(scene, "a");
  const spawner = new CountingSpawner();
  await using copy = copyOf(scene.path, spawner);
  await copy.refresh();
  // Whether something has landed is asked behind the first snapshot.
  await copy.repo.settled();
  const { generation } = copy.snapshot;
  spawner.take();
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
  expect(spawner.take()).toEqual({ commands: ["for-each-ref"], objectsAsked: 0 });
  const later = new Date("2040-01-01T00:00:00Z");
  await utimes(join(scene.gitDir, "av/av.db"), later, later);
  expect(await copy.repo.hasChanged(new AbortController().signal)).toBe(true);
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });
  expect(copy.snapshot.generation).toBe(generation);
});

test("a linked worktree knows what the tools keep for all worktrees", async () => {
  await using scene = await sideBySide();
  await writeToolFile(scene, "machete", "main\n  a\n    c\n");
  await using copy = copyOf(await scene.addWorktree("b"));
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("c<a");
});

test("another setting does not make the stacks anew", async () => {
  await using scene = await sideBySide();
  for (const { tell } of keepers) await tell(scene, "a");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const { nodes } = copy.snapshot.parts.graph;
  await scene.git("config", "user.name", "Somebody Else");
  await copy.refresh();
  expect(copy.snapshot.parts.settings.userName).toBe("Somebody Else");
  expect(copy.snapshot.parts.graph.nodes.get("c")).toBe(nodes.get("c"));
});

test("git-spice's data is read with names in folders, and what did not change is not read again", async () => {
  await using scene = await createScene((s) => {
    // Nothing has to be restacked, so nothing is read behind the snapshots.
    s.commit("main");
    s.commit("team/a", { parent: "main" });
    s.commit("team/b", { parent: "team/a" });
    s.commit("team/deep/c", { parent: "team/b" });
  });
  await writeSpiceData(
    scene,
    { "team/a": "main", "team/b": "team/a", "team/deep/c": "team/a" },
    { version: "2" },
  );
  const spawner = new CountingSpawner();
  await using copy = copyOf(scene.path, spawner);
  await copy.refresh();
  expect(edgesOf(copy.snapshot).sort()).toEqual(["team/a<main", "team/b<team/a", "team/deep/c<team/a"]);
  const { restack } = copy.snapshot.branch("team/b") ?? {};
  expect(restack?.recorded).toBe(await scene.sha("team/a"));
  spawner.take();
  await writeSpiceData(
    scene,
    { "team/a": "main", "team/b": "team/a", "team/deep/c": "team/b" },
    { version: "2" },
  );
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("team/deep/c<team/b");
  // The commit, its folders, the version and the one branch.
  expect(spawner.take().objectsAsked).toBe(7);
});

test.each([
  ["a branch that is no JSON", { "branches/c": '{"base":' }, "holds a branch that cannot be read"],
  ["a version of later times", { version: "3" }, "has a version that is not known here"],
  ["a folder as version", { "version/odd": "1" }, "holds no blob where one is meant"],
])("git-spice's data with %s keeps what it said before", async (_what, broken, detail) => {
  await using scene = await sideBySide();
  await using copy = copyOf(scene.path);
  await writeSpiceData(scene, { c: "a" });
  await copy.refresh();
  await writeSpiceData(scene, { c: "b", b: "a" }, broken);
  await copy.refresh();
  expect(edgesOf(copy.snapshot).sort()).toEqual(["a<main", "b<main", "c<a"]);
  expect(copy.snapshot.notes.map(({ detail: said }) => said)).toEqual([
    expect.stringContaining(
      `refs/spice/data ${detail}. What git-spice keeps of the stacks is shown as it was read at`,
    ),
  ]);
  await scene.git("update-ref", "-d", "refs/spice/data");
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("c<main");
  expect(noteCodes(copy.snapshot)).toEqual([]);
});

test("git-spice's ref that names a commit of something else keeps what it said before", async () => {
  await using scene = await sideBySide();
  await using copy = copyOf(scene.path);
  await writeSpiceData(scene, { c: "a" });
  await copy.refresh();
  await scene.git("update-ref", "refs/spice/data", "main");
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("c<a");
  expect(copy.snapshot.notes[0]?.detail).toContain("refs/spice/data does not tell of a repository.");
});

test("git-spice's ref that names no commit is told of", async () => {
  await using scene = await sideBySide();
  await scene.write((s) => s.blobRef("refs/spice/data", "{}"));
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toHaveLength(3);
  expect(copy.snapshot.notes[0]?.detail).toContain("refs/spice/data holds no commit where one is meant.");
});
