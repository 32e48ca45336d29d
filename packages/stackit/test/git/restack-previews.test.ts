import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { TrialMerges } from "../../src/git/trial-merges.ts";
import type { GraphSnapshot } from "../../src/repos/graph-snapshot.ts";
import {
  type RestackPreview,
  RestackPreviews,
  type RestackPreviewsOptions,
} from "../../src/repos/restack-previews.ts";
import { type Restackable, restackLayers } from "../../src/stacks/restack-layers.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { begun, goOn, land } from "../support/landings.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";
import { StallingSpawner } from "../support/stalling-spawner.ts";
import { unpackObjects } from "../support/unpack-objects.ts";

const { signal } = new AbortController();

interface Tried extends AsyncDisposable {
  readonly spawner: CountingSpawner;
  readonly trialsDir: string;
  layers(): Promise<readonly Restackable[]>;
  /** By branch, when nothing is left to try; of the layers that there are now, or of those. */
  previews(layers?: readonly Restackable[]): Promise<Record<string, RestackPreview>>;
}

async function trying(
  scene: Pick<Scene, "gitDir" | "path">,
  spawner = new CountingSpawner(),
  options: RestackPreviewsOptions = {},
): Promise<Tried> {
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const objects = new ObjectPool(git);
  const trialsDir = await mkdtemp(join(tmpdir(), "stackit-trials-"));
  const previews = new RestackPreviews(spawner, git, objects, { trialsDir, ...options });
  const layers = async (): Promise<readonly Restackable[]> => {
    await using copy = copyOf(scene.path);
    await copy.refresh();
    return restackLayers(copy.snapshot.parts.graph, copy.snapshot.parts.history);
  };
  return {
    spawner,
    trialsDir,
    layers,
    async previews(some) {
      const all = some ?? (await layers());
      while (!(await previews.learn(all, signal)));
      return Object.fromEntries(previews.known(all));
    },
    async [Symbol.asyncDispose]() {
      await objects[Symbol.asyncDispose]();
      await spawner[Symbol.asyncDispose]();
      await rm(trialsDir, { recursive: true });
    },
  };
}

const lines = (...changed: [number, string][]): string => {
  const all = Array.from({ length: 9 }, (_, index) => `line ${index}`);
  for (const [index, text] of changed) all[index] = text;
  return `${all.join("\n")}\n`;
};

test("a restack that would conflict names the files and the commit; what stands on it is not known", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), "b c.txt": lines(), "ü.txt": lines() } });
    s.stacked("api", "main", { files: { "api.txt": "1\n" } });
    s.stacked("ui", "api", { files: { "ui.txt": "1\n" } });
    s.commit("ui", { files: { "b c.txt": lines([4, "ui"]), "ü.txt": lines([4, "ui"]) } });
    s.stacked("docs", "ui", { files: { "docs.txt": "1\n" } });
    s.stacked("clean", "api", { files: { "clean.txt": "1\n" } });
    s.stacked("above", "clean", { files: { "above.txt": "1\n" } });
    s.commit("api", { files: { "b c.txt": lines([4, "api"]), "ü.txt": lines([4, "api"]) } });
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({
    ui: { state: "conflicts", commit: await scene.sha("ui"), files: ["b c.txt", "ü.txt"] },
    docs: { state: "unknown", reason: "It is not known what becomes of ui." },
    clean: { state: "clean" },
    above: { state: "clean" },
  });
});

test("what stands where it should is not tried, and costs no process", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.commit("main");
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({});
  expect(tried.spawner.take().commands).toEqual([]);
});

test("commits are put on one by one, as a restack does it: a conflict that a later commit takes back is one", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "for a moment"]) } });
    s.commit("ui", { files: { "a.txt": lines() } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({
    ui: { state: "conflicts", commit: await scene.sha("ui~1"), files: ["a.txt"] },
  });
});

test("a layer is put on what the one below it would become", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui", { files: { "a.txt": lines([4, "docs"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toMatchObject({ ui: { state: "clean" }, docs: { state: "conflicts" } });
});

test.each(["squash", "rebase", "merge"] as const)(
  "what stands on a branch that landed by %s is tried on the trunk, without what landed, though the branch is still there",
  async (method) => {
    await using scene = await begun({ commits: 3, recorded: true, child: true });
    const api = await scene.git("show", "api:shop.txt");
    await scene.commit("same", { parent: "api", files: { "shop.txt": `${api}\nsame\n` } });
    await scene.metadata("same", { parentBranchName: "api" });
    await scene.commit("above", { parent: "same", files: { "above.txt": "1\n" } });
    await scene.metadata("above", { parentBranchName: "same" });
    await land(scene, method);
    await goOn(scene, "on the same lines");
    await using copy = copyOf(scene.path);
    await copy.refresh();
    await copy.repo.settled();
    const previewOf = (name: string) => copy.snapshot.branch(name)?.restack.preview;
    // What stands on the tip of what the trunk has as it was can land as it is.
    const isMoved = method !== "merge";
    const conflict = {
      state: "conflicts",
      commit: await scene.sha("same"),
      files: ["shop.txt"],
      fileCount: 1,
    };
    expect(previewOf("ui")).toEqual(isMoved ? { state: "clean" } : undefined);
    expect(previewOf("same")).toEqual(isMoved ? conflict : undefined);
    expect(previewOf("above")?.state).toBe(isMoved ? "unknown" : undefined);
  },
);

test("what stands on a landed branch is tried on the nearest below that has not landed, as that becomes", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("core", "main", { files: { "core.txt": "1\n" } });
    s.stacked("api", "core", { files: { "api.txt": "1\n" } });
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "ui"]) } });
    s.commit("core", { files: { "a.txt": lines([4, "core"]) } });
    s.commit("main", { files: { "api.txt": "1\n" } });
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await copy.repo.settled();
  expect(copy.snapshot.branch("api")?.restack.state).toBe("merged");
  expect(copy.snapshot.branch("ui")?.restack.preview).toMatchObject({ state: "conflicts", files: ["a.txt"] });
});

test("what was tried is remembered for as long as the commits are the same", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.stacked("docs", "ui");
    s.commit("api", { files: { "a.txt": lines([1, "api"]) } });
  });
  await using tried = await trying(scene);
  await tried.previews();
  expect(tried.spawner.take().commands).toEqual(["cat-file", "diff-tree"]);
  await tried.previews();
  expect(tried.spawner.take().commands).toEqual([]);
  await scene.commit("docs", { files: { "a.txt": lines([1, "docs"]) } });
  expect(await tried.previews()).toMatchObject({ ui: { state: "clean" }, docs: { state: "conflicts" } });
  expect(tried.spawner.take().commands.filter((name) => name === "merge-tree")).toHaveLength(1);
});

test("more layers than are to be remembered are tried once each, and those that are none any more forgotten", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    for (let number = 0; number < 60; number++) s.stacked(`ui-${number}`, "api");
    s.commit("api");
  });
  await using tried = await trying(scene);
  const git = new ReadOnlyGit(tried.spawner, scene.gitDir);
  await using objects = new ObjectPool(git);
  const previews = new RestackPreviews(tried.spawner, git, objects, {
    trialsDir: tried.trialsDir,
    maxKnown: 10,
  });
  const layers = await tried.layers();
  expect(layers).toHaveLength(60);
  const learnt = [await previews.learn(layers, signal), await previews.learn(layers, signal)];
  expect(learnt).toEqual([false, true]);
  expect(previews.known(layers).size).toBe(60);
  expect(await previews.learn(layers.slice(0, 5), signal)).toBe(true);
  expect(previews.known(layers).size).toBe(5);
});

test("merge commits and long branches are said to be unknown", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("merging", "api");
    s.commit("other", { parent: "main" });
    s.commit("merging", { merge: ["other"] });
    s.stacked("above", "merging");
    s.stacked("long", "api");
    for (let step = 0; step < 100; step++) s.commit("long");
    s.commit("api");
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({
    merging: { state: "unknown", reason: "It has merge commits of its own, which a restack would not keep." },
    above: { state: "unknown", reason: "It is not known what becomes of merging." },
    long: { state: "unknown", reason: "It has more than 100 commits of its own." },
  });
});

test("of a tall stack, what stands on more commits than are tried is said to be unknown", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    for (let layer = 0; layer < 7; layer++) {
      s.stacked(`ui-${layer}`, layer === 0 ? "api" : `ui-${layer - 1}`);
      for (let step = 1; step < 100; step++) s.commit(`ui-${layer}`);
    }
    s.commit("api");
  });
  await using tried = await trying(scene);
  const layers = await tried.layers();
  const reasons = layers.map((layer) => ("reason" in layer ? layer.reason : layer.name));
  expect(reasons).toEqual([
    ...["ui-0", "ui-1", "ui-2", "ui-3", "ui-4"],
    "More than 500 commits would be moved up to its tip.",
    "It is not known what becomes of ui-5.",
  ]);
});

test("files that are not here make one branch unknown, and no other", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), "b.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("before", "api", { files: { "a.txt": lines([7, "before"]) } });
    s.stacked("gone", "api", { files: { "b.txt": lines([2, "gone"]) } });
    s.stacked("later", "api", { files: { "a.txt": lines([7, "later"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]), "b.txt": lines([4, "api"]) } });
  });
  const blob = await scene.sha("gone:b.txt");
  await unpackObjects(scene);
  await rm(join(scene.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({
    before: { state: "clean" },
    gone: { state: "unknown", reason: "Some of its files are not in this clone, or are very large." },
    later: { state: "clean" },
  });
});

test("of the many files that a partial clone does not have, those make a branch unknown that its restack would merge", async () => {
  const wide = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`wide/${n}.txt`, `${n}\n`]));
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), "b.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("before", "api", { files: { "a.txt": lines([7, "before"]) } });
    s.stacked("gone", "api", { files: { "b.txt": lines([2, "gone"]) } });
    s.stacked("wide", "api", { files: wide });
    s.stacked("later", "api", { files: { "a.txt": lines([7, "later"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]), "b.txt": lines([4, "api"]) } });
  });
  await scene.git("config", "uploadpack.allowFilter", "true");
  await scene.git("config", "uploadpack.allowAnySHA1InWant", "true");
  const clone = join(scene.root, "partial.git");
  const url = `file://${scene.path}`;
  await scene.gitIn(scene.root, "clone", "--quiet", "--mirror", "--filter=blob:none", url, clone);
  // Somebody has looked at these, and so they are there.
  for (const file of ["main:a.txt", "main:b.txt", "api:a.txt", "api:b.txt", "before:a.txt", "later:a.txt"])
    await scene.gitIn(clone, "cat-file", "blob", file);
  await using tried = await trying({ gitDir: clone, path: clone });
  expect(await tried.previews()).toEqual({
    before: { state: "clean" },
    gone: { state: "unknown", reason: "Some of its files are not in this clone, or are very large." },
    wide: { state: "clean" },
    later: { state: "clean" },
  });
});

const TOO_LONG = { state: "unknown", reason: "To try it takes too long." };

test("a merge that takes too long makes one branch unknown, and is not tried again", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("before", "api", { files: { "a.txt": lines([7, "before"]) } });
    s.stacked("slow", "api", { files: { "a.txt": lines([7, "slow"]) } });
    s.stacked("above", "slow");
    s.stacked("later", "api", { files: { "a.txt": lines([4, "later"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  const spawner = new StallingSpawner();
  spawner.trees.add(await scene.sha("slow^{tree}"));
  await using tried = await trying(scene, spawner, { stepTimeoutMs: 5_000 });
  const expected = {
    before: { state: "clean" },
    slow: TOO_LONG,
    above: { state: "unknown", reason: "It is not known what becomes of slow." },
    later: { state: "conflicts", files: ["a.txt"] },
  };
  expect(await tried.previews()).toMatchObject(expected);
  tried.spawner.take();
  expect(await tried.previews()).toMatchObject(expected);
  expect(tried.spawner.take().commands).toEqual([]);
  await scene.commit("above");
  await scene.commit("later", { files: { "a.txt": lines() } });
  expect(await tried.previews()).toMatchObject({ ...expected, later: { state: "conflicts" } });
  expect(tried.spawner.take().commands.filter((name) => name === "merge-tree")).toHaveLength(1);
});

test.each([
  ["files", "Some of its files are not in this clone, or are very large."],
  ["folder", "Git cannot read some of its files."],
])("a branch with damaged %s is unknown, and no other", async (damaged, reason) => {
  const names = Array.from({ length: 12 }, (_, index) => `file-${index}.txt`);
  const all = (line: number, by: string): Record<string, string> =>
    Object.fromEntries(names.map((name) => [`folder/${name}`, lines([line, `${name} ${by}`])]));
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), ...all(0, "main") } });
    s.stacked("api", "main");
    s.stacked("before", "api", { files: { "a.txt": lines([7, "before"]) } });
    s.stacked("damaged", "api", { files: all(7, "damaged") });
    s.stacked("later", "api", { files: { "a.txt": lines([7, "later"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]), ...all(4, "api") } });
  });
  await unpackObjects(scene);
  await using tried = await trying(scene);
  const layers = await tried.layers();
  const files = names.map((name) => `damaged:folder/${name}`);
  for (const path of damaged === "files" ? files : ["damaged:folder"]) {
    const oid = await scene.sha(path);
    const file = join(scene.gitDir, "objects", oid.slice(0, 2), oid.slice(2));
    await rm(file);
    await writeFile(file, "this is no object");
  }
  const expected = {
    before: { state: "clean" },
    damaged: { state: "unknown", reason },
    later: { state: "clean" },
  };
  expect(await tried.previews(layers)).toEqual(expected);
  tried.spawner.take();
  expect(await tried.previews(layers)).toEqual(expected);
  expect(tried.spawner.take().commands).toEqual([]);
});

test("a branch of files that are too large together is unknown, and no other", async () => {
  const large = (size: number): string =>
    Array.from({ length: size }, (_, index) => `line ${index}\n`).join("");
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("before", "api", { files: { "a.txt": lines([7, "before"]) } });
    s.stacked("large", "api", { files: { "large.txt": large(2_000) } });
    s.stacked("above", "large");
    s.stacked("later", "api", { files: { "a.txt": lines([7, "later"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  await using tried = await trying(scene, new CountingSpawner(), { maxTrialBytes: 10_000 });
  expect(await tried.previews()).toEqual({
    before: { state: "clean" },
    large: { state: "unknown", reason: "Its files are too many or too large to be tried." },
    above: { state: "unknown", reason: "It is not known what becomes of large." },
    later: { state: "clean" },
  });
});

test("what fails for want of a process is tried again", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([7, "ui"]) } });
    s.commit("api", { files: { "a.txt": lines([1, "api"]) } });
  });
  await using tried = await trying(scene);
  tried.spawner.failNext = "merge-tree";
  await expect(tried.previews()).rejects.toThrow("git");
  expect(await tried.previews()).toEqual({ ui: { state: "clean" } });
});

test("git that ends for another reason than a missing object says nothing of the branches", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const trialsDir = join(scene.root, "trials");
  await mkdir(trialsDir);
  await using merges = await TrialMerges.open(new CountingSpawner(), trialsDir, "sha1");
  const commit = await merges.commit("0".repeat(40));
  const merge = () => merges.merge([{ ours: commit, theirs: commit }], { signal, timeoutMs: 30_000 });
  expect(await merge()).toHaveLength(1);
  const [name = ""] = await readdir(trialsDir);
  await rm(join(trialsDir, name, "git", "HEAD"));
  await expect(merge()).rejects.toThrow("not a git repository");
});

test("files are merged as their attributes say, those of the folders that they lie in", async () => {
  const files = (line: number, by: string): Record<string, string> => ({
    "CHANGELOG.md": lines([line, by]),
    "docs/log.txt": lines([line, by]),
  });
  await using scene = await createScene((s) => {
    s.commit("main", {
      files: {
        ...files(0, "main"),
        "data.bin": lines(),
        ".gitattributes": "CHANGELOG.md merge=union\n*.bin binary\n",
        "docs/.gitattributes": "log.txt merge=union\n",
      },
    });
    s.stacked("api", "main");
    s.stacked("union", "api", { files: files(4, "union") });
    s.stacked("binary", "api", { files: { "data.bin": lines([8, "binary"]) } });
    s.stacked("plain", "api", { files: { ".gitattributes": "" } });
    s.commit("plain", { files: files(4, "plain") });
    s.commit("api", { files: { ...files(4, "api"), "data.bin": lines([1, "api"]) } });
  });
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({
    union: { state: "clean" },
    binary: { state: "conflicts", commit: await scene.sha("binary"), files: ["data.bin"] },
    plain: { state: "conflicts", commit: await scene.sha("plain"), files: ["CHANGELOG.md"] },
  });
});

test("attributes that are not here make what they would say unknown", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), ".gitattributes": "a.txt merge=union\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "ui"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  await unpackObjects(scene);
  const blob = await scene.sha("main:.gitattributes");
  await rm(join(scene.gitDir, "objects", blob.slice(0, 2), blob.slice(2)));
  await using tried = await trying(scene);
  expect(await tried.previews()).toMatchObject({ ui: { state: "unknown" } });
});

test("no name in a tree leads out of the trial", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const trialsDir = join(scene.root, "one", "two", "trials");
  await mkdir(trialsDir, { recursive: true });
  await using merges = await TrialMerges.open(new CountingSpawner(), trialsDir, "sha1");
  const tree = (mode: string, name: string, oid: string): Promise<string> =>
    merges.put("tree", Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, "hex")]));
  let top = await tree("100644", ".gitattributes", await merges.put("blob", Buffer.from("* binary\n")));
  for (let step = 0; step < 3; step++) top = await tree("40000", "..", top);
  const commit = await merges.commit(top);
  await merges.merge([{ ours: commit, theirs: commit }], { signal, timeoutMs: 30_000 });
  const files = await readdir(scene.root, { recursive: true });
  expect(files.filter((name) => name.endsWith(".gitattributes"))).toEqual([]);
});

test("a program that attributes name is not run, and what it would do is not known", async () => {
  const driver = 'merge="ours"\\';
  await using scene = await createScene((s) => {
    s.commit("main", {
      files: { "a.txt": lines(), "b.txt": lines(), ".gitattributes": `a.txt ${driver}\n` },
    });
    s.stacked("api", "main");
    s.stacked("apart", "api", { files: { "a.txt": lines([7, "apart"]) } });
    s.stacked("same", "api", { files: { "a.txt": lines([4, "same"]) } });
    s.stacked("other", "api", { files: { "b.txt": lines([7, "other"]) } });
    s.commit("api", { files: { "a.txt": lines([4, "api"]), "b.txt": lines([4, "api"]) } });
  });
  const mark = join(scene.root, "driver-ran");
  await scene.git("config", `merge.${driver.slice("merge=".length)}.driver`, `touch ${mark}`);
  await using tried = await trying(scene);
  const reason = "Some of its files are merged by a program of their own, as .gitattributes says.";
  expect(await tried.previews()).toEqual({
    apart: { state: "unknown", reason },
    same: { state: "unknown", reason },
    other: { state: "clean" },
  });
  expect(await readdir(scene.root)).not.toContain("driver-ran");
  await scene.git("rebase", "--quiet", "--onto", "api", "apart~1", "apart");
  expect(await readdir(scene.root)).toContain("driver-ran");
});

test("nothing of a trial stays, and none of it is in the repository", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([7, "ui"]) } });
    s.commit("api", { files: { "a.txt": lines([2, "api"]) } });
  });
  const before = await fingerprintTree(scene.path);
  await using tried = await trying(scene);
  expect(await tried.previews()).toEqual({ ui: { state: "clean" } });
  expect(await fingerprintTree(scene.path)).toEqual(before);
  expect(await readdir(tried.trialsDir)).toEqual([]);
});

/** Settles when what is shown fits, by a snapshot that is there or comes. */
async function shown({ repo }: ReadCopy, fits: (snapshot: GraphSnapshot) => boolean): Promise<GraphSnapshot> {
  const found = Promise.withResolvers<GraphSnapshot>();
  const look = (): void => {
    if (repo.snapshot && fits(repo.snapshot)) found.resolve(repo.snapshot);
  };
  const stop = repo.onPublished(look);
  look();
  return found.promise.finally(stop);
}

test("readers are told behind each change, and the working copy is left as it was", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "ui"]) } });
    s.stacked("docs", "ui");
    s.stacked("fine", "main");
    s.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  });
  await using copy = copyOf(scene.path);
  const previewOf = (snapshot: GraphSnapshot, branch: string) => snapshot.branch(branch)?.restack.preview;
  const before = await fingerprintTree(scene.path);
  await copy.refresh();
  const told = await shown(copy, (snapshot) => previewOf(snapshot, "ui") !== undefined);
  expect(previewOf(told, "ui")).toEqual({
    state: "conflicts",
    commit: await scene.sha("ui"),
    files: ["a.txt"],
    fileCount: 1,
  });
  expect(previewOf(told, "docs")).toMatchObject({ state: "unknown" });
  expect(previewOf(told, "fine")).toBeUndefined();
  expect(copy.published.at(-1)?.branches).toEqual(["docs", "ui"]);
  expect(await fingerprintTree(scene.path)).toEqual(before);
  expect(await copy.refresh()).toMatchObject({ outcome: "unchanged" });

  await scene.commit("api", { files: { "a.txt": lines() } });
  await copy.refresh();
  await shown(copy, (snapshot) => previewOf(snapshot, "docs")?.state === "clean");
  await scene.git("rebase", "--quiet", "--onto", "api", "ui~1", "ui");
  await copy.refresh();
  const restacked = await shown(copy, (snapshot) => previewOf(snapshot, "ui") === undefined);
  expect(restacked.branch("ui")?.restack.state).toBe("in-sync");
});

test("a preview is shown for as long as it holds, whatever else moves, and not a moment longer", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "ui"]) } });
    s.stacked("docs", "ui");
    s.commit("api");
    s.commit("free");
  });
  await using copy = copyOf(scene.path);
  const stateOf = (branch: string) => copy.snapshot.branch(branch)?.restack.preview?.state;
  await copy.refresh();
  await expect.poll(() => [stateOf("ui"), stateOf("docs")]).toEqual(["clean", "clean"]);
  const seen = copy.published.length;
  await scene.commit("main");
  await copy.refresh();
  expect([stateOf("ui"), stateOf("docs")]).toEqual(["clean", "clean"]);
  // Those on the trunk look different; these do not.
  expect(copy.published.slice(seen).flatMap(({ branches }) => branches)).toEqual(["api", "free"]);

  await scene.commit("api", { files: { "a.txt": lines([4, "api"]) } });
  await copy.refresh();
  expect([stateOf("ui"), stateOf("docs")]).toEqual([undefined, undefined]);
  await expect.poll(() => [stateOf("ui"), stateOf("docs")]).toEqual(["conflicts", "unknown"]);
});

test("a preview says what git's own rebase then does", async () => {
  const edit = fc.record({ file: fc.constantFrom("a.txt", "b.txt"), line: fc.integer({ min: 0, max: 8 }) });
  const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
  const attributes = fc.constantFrom("", "a.txt merge=union\n", "*.txt binary\n", "b.txt -merge\n");
  await fc.assert(
    fc.asyncProperty(attributes, edits, edits, edits, async (said, ofApi, ofUi, ofDocs) => {
      await using scene = await createScene((s) => {
        const files: Record<string, string> = { "a.txt": lines(), "b.txt": lines(), ".gitattributes": said };
        let step = 0;
        const commit = (
          branch: string,
          { file, line }: { file: string; line: number },
          of: typeof files,
        ): void => {
          of[file] = (of[file] ?? "").replace(`line ${line}\n`, `line ${line} by ${branch}\n`);
          s.commit(branch, {
            files: { ...of, [branch]: `step ${++step}\n` },
          });
        };
        s.commit("main", { files });
        s.stacked("api", "main");
        s.stacked("ui", "api");
        const [api, ui] = [{ ...files }, { ...files }];
        for (const one of ofUi) commit("ui", one, ui);
        s.stacked("docs", "ui");
        for (const one of ofDocs) commit("docs", one, ui);
        for (const one of ofApi) commit("api", one, api);
      });
      await using tried = await trying(scene);
      const previews = await tried.previews();
      const rebase = (...args: string[]): Promise<boolean> =>
        scene.git("rebase", "--quiet", ...args).then(
          () => true,
          () => scene.git("rebase", "--abort").then(() => false),
        );
      const [oldApi, oldUi] = [await scene.sha(`ui~${ofUi.length + 1}`), await scene.sha("ui")];
      const uiIsClean = await rebase("--onto", "api", oldApi, "ui");
      expect(previews.ui?.state).toBe(uiIsClean ? "clean" : "conflicts");
      if (!uiIsClean) expect(previews.docs?.state).toBe("unknown");
      else
        expect(previews.docs?.state).toBe(
          (await rebase("--onto", "ui", oldUi, "docs")) ? "clean" : "conflicts",
        );
    }),
    { numRuns: 12 },
  );
});
