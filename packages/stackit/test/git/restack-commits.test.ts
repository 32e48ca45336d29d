import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import type { Restack } from "../../src/repos/restack-commits.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { rebaseReference } from "../support/rebase-reference.ts";
import { restacking } from "../support/restacking.ts";
import { testGit } from "../support/test-git.ts";
import { unpackObjects } from "../support/unpack-objects.ts";

const lines = (...changed: [number, string][]): string => {
  const all = Array.from({ length: 9 }, (_, index) => `line ${index}`);
  for (const [index, text] of changed) all[index] = text;
  return `${all.join("\n")}\n`;
};

type Restacked = Extract<Restack, { kind: "restacked" }>;

function made(restack: Restack): Restacked {
  if (restack.kind !== "restacked") throw new Error(JSON.stringify(restack));
  return restack;
}

/** `ui` and `docs` on `api`, which has gone on since. */
function movedStack(format: "sha1" | "sha256" = "sha1"): Promise<Scene> {
  return createScene(
    (s) => {
      s.commit("main", { files: { "a.txt": lines(), "b.txt": lines() } });
      s.stacked("api", "main");
      s.stacked("ui", "api", { files: { "a.txt": lines([7, "ui"]), "lib/ui.txt": "1\n" } });
      s.commit("ui", { files: { "lib/ui.txt": "2\n" } });
      s.stacked("docs", "ui");
      s.commit("api", { files: { "a.txt": lines([1, "api"]), "lib/api.txt": "1\n" } });
    },
    { objectFormat: format },
  );
}

/** As it is, a character for each byte. */
async function readCommit(gitDir: string, oid: string): Promise<string> {
  await using spawner = new CountingSpawner();
  await using objects = new ObjectPool(new ReadOnlyGit(spawner, gitDir));
  const found = await objects.read([oid], { signal: new AbortController().signal });
  return found.get(oid)?.content?.toString("latin1") ?? "";
}

test.each(["sha1", "sha256"] as const)(
  "what a restack made can be pushed, and the repository is as it was, in worktrees too (%s)",
  async (format) => {
    await using scene = await movedStack(format);
    await scene.makeDirty();
    await scene.addWorktree("ui");
    const remote = join(scene.root, "remote.git");
    // With files of its own: git renews their times where it is pushed to.
    await scene.gitIn(scene.root, "clone", "--quiet", "--bare", "--no-hardlinks", scene.path, remote);
    const before = await fingerprintTree(scene.root);
    await using restacks = await restacking(scene);
    const layers = await restacks.layers();
    const { branches, objects } = made(await restacks.restack(layers));
    expect([...branches.keys()].sort()).toEqual(["docs", "ui"]);
    expect(await fingerprintTree(scene.root)).toEqual(before);

    const inside = await fingerprintTree(scene.path);
    await scene.gitIn(objects.gitDir, "fsck", "--strict", "--no-dangling");
    const refspecs = [...branches].map(([name, { from, to }]) => [
      `--force-with-lease=refs/heads/${name}:${from}`,
      `${to}:refs/heads/${name}`,
    ]);
    const url = `file://${remote}`;
    const leases = refspecs.map(([lease = ""]) => lease);
    const pushed = refspecs.map(([, refspec = ""]) => refspec);
    await scene.gitIn(objects.gitDir, "push", "--quiet", "--atomic", ...leases, url, ...pushed);
    expect(await fingerprintTree(scene.path)).toEqual(inside);
    await scene.gitIn(remote, "fsck", "--strict", "--no-dangling");
    expect(await scene.gitIn(remote, "rev-parse", "ui", "docs")).toBe(
      [branches.get("ui")?.to, branches.get("docs")?.to].join("\n"),
    );
    expect(await scene.gitIn(remote, "show", "docs:a.txt")).toBe(lines([1, "api"], [7, "ui"]).trimEnd());
    await objects[Symbol.asyncDispose]();
    expect(await readdir(restacks.scratchDir)).toEqual([]);
  },
);

test.each([
  ["few", 1],
  ["many", 60],
])("what a restack made comes into a repository as %s new objects, and nothing else", async (_, commits) => {
  await using scene = await movedStack();
  await scene.write((s) => {
    for (let step = 1; step < commits; step++) s.commit("docs", { files: { [`lib/${step}.txt`]: "1\n" } });
  });
  await using restacks = await restacking(scene);
  const { branches, objects } = made(await restacks.restack(await restacks.layers()));
  const [refs, had] = [await scene.git("for-each-ref"), await allObjects(scene)];
  await objects.bringInto(restacks.spawner, scene.gitDir, { signal: new AbortController().signal });
  const have = await allObjects(scene);
  expect([...have].filter((oid) => !had.has(oid)).sort()).toEqual(objects.oids.toSorted());
  expect(await scene.git("for-each-ref")).toBe(refs);
  for (const { to } of branches.values()) await scene.git("rev-list", "--objects", "--quiet", to);
  await scene.git("fsck", "--strict", "--no-dangling");
});

async function allObjects(scene: Scene): Promise<Set<string>> {
  const args = ["--batch-all-objects", "--batch-check=%(objectname)"];
  return new Set((await scene.git("cat-file", ...args)).split("\n"));
}

/** All that a commit says but for its place. */
function ofItsOwn(commit: string): string {
  return commit.replace(/^(tree|parent|committer) .*\n/gm, "");
}

const signature = "gpgsig -----BEGIN SSH SIGNATURE-----\n \n author x\n -----END SSH SIGNATURE-----\n";
const tagged = "mergetag object 0000\n type commit\n \n a tag\n";

test.each([
  ["a plain one", "author A <a@b.c> 1 +0000", "", "Say it\n"],
  ["no line end", "author A <a@b.c> 1 +0000", "", "Say it"],
  ["CRLF, and many line ends", "author A <a@b.c> 1 +0000", "", "Say it\r\n\r\nand why\r\n\n\n"],
  ["line ends before it", "author A <a@b.c> 1 +0000", "", "\n\n  Say it\n"],
  ["nothing", "author A <a@b.c> 1 +0000", "", ""],
  ["comments, scissors, a diff", "author A <a@b.c> 1 +0000", "", "#1\n# ---- >8 ----\ndiff --git a b\n"],
  ["trailers", "author A <a@b.c> 1 +0000", "", "Say\n\nChange-Id: I1\nSigned-off-by: A <a@b.c>\n"],
  ["a long line", "author A <a@b.c> 1 +0000", "", `${"x".repeat(70_000)}\n`],
  ["Latin 1", "author J\xf6rg <j@b.c> 1 -0330", "encoding ISO-8859-1\n", "Sch\xf6n\n"],
  ["odd bytes", "author \xff\xfe <\xe2@b> 1 +0000", "", "\xff\xfe\x01\x80 \xe2\x82\n"],
  ["an odd author", 'author Odd, "Name" (x). <a b@c>d> 4102444800 -1200', "", "Say it\n"],
  ["no name", "author  <> 0 +0000", "", "Say it\n"],
  ["other fields", "author A <a@b.c> 1 +0000", "change-id kxyz\nx-y z\n", "Say it\n"],
])("author and message stay byte by byte: %s", async (_, author, fields, message) => {
  await using scene = await movedStack();
  const [tree, base] = [await scene.sha("ui^{tree}"), await scene.sha("api~1")];
  const head = `tree ${tree}\nparent ${base}\n${author}\ncommitter C <c@d.e> 5 +0100\n`;
  const commit = Buffer.from(`${head}${fields}${signature}${tagged}\n${message}`, "latin1");
  const args = ["hash-object", "-t", "commit", "-w", "--stdin", "--literally"];
  const oid = (await testGit(args, { cwd: scene.path, env: scene.env, input: commit })).trim();
  await scene.git("update-ref", "refs/heads/ui", oid);
  await scene.git("branch", "--delete", "--force", "docs");
  await using restacks = await restacking(scene);
  const { branches, objects } = made(await restacks.restack(await restacks.layers()));
  const { to = "" } = branches.get("ui") ?? {};
  const now = await readCommit(objects.gitDir, to);
  expect(ofItsOwn(now)).toBe(`${author}\n${fields}\n${message}`);
  expect(now.split("\n").slice(1, 4)).toEqual([
    `parent ${await scene.sha("api")}`,
    author,
    `committer Robin Tester <robin@example.com> ${restacks.committer.atMs / 1000} +0000`,
  ]);
});

test.each([
  ["goes through", {}],
  ["conflicts", { "old/added.txt": "1\n" }],
])(
  "of modes, links, submodules and renames a restack makes what git's own rebase makes: it %s",
  async (_, more) => {
    await using scene = await createScene((s) => {
      const files = { "a.txt": lines(), "old/name.txt": lines(), "old/other.txt": "1\n", "run.sh": "run\n" };
      s.commit("main", { files });
      s.stacked("api", "main");
      s.stacked("ui", "api");
    });
    const blob = await scene.sha("main:run.sh");
    const inner = await scene.sha("main");
    const step = async (...args: string[]): Promise<void> => {
      await scene.git(...args);
      await scene.git("commit", "--quiet", "--message", args.join(" "));
    };
    await scene.git("checkout", "--quiet", "ui");
    await step("update-index", "--chmod=+x", "run.sh");
    await step("update-index", "--add", "--cacheinfo", `120000,${blob},link`);
    await step("update-index", "--add", "--cacheinfo", `160000,${inner},inner`);
    await scene.git("reset", "--quiet", "--hard");
    await step("mv", "old/other.txt", "other.txt");
    await step("mv", "old/name.txt", "new name.txt");
    await step("mv", "new name.txt", "old");
    await step("rm", "--quiet", "a.txt");
    await scene.commit("api", { files: { "old/name.txt": lines([2, "api"]), "run.sh": "run!\n", ...more } });
    await using restacks = await restacking(scene);
    const restack = await restacks.restack(await restacks.layers());
    const reference = await rebaseReference(scene, restacks.committer.atMs);
    const [onto, base, tip] = [await scene.sha("api"), await scene.sha("api~1"), await scene.sha("ui")];
    const rebased = await reference.rebase({ onto, base, tip });
    if ("to" in rebased) expect(made(restack).branches.get("ui")?.to).toBe(rebased.to);
    else expect(restack).toEqual({ kind: "conflict", branch: "ui", ...rebased });
    expect("to" in rebased).toBe(Object.keys(more).length === 0);
  },
);

test("a commit that is there already is dropped and told of; one that was empty from the start is kept", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("ui", "api", { files: { "a.txt": lines([4, "fixed"]) } });
    s.commit("ui", { files: {}, message: "Empty from the start" });
    s.commit("ui", { files: { "ui.txt": "1\n" } });
    s.stacked("same", "api", { files: { "a.txt": lines([4, "fixed"]) } });
    s.stacked("above", "same", { files: { "above.txt": "1\n" } });
    s.commit("api", { files: { "a.txt": lines([4, "fixed"]) } });
  });
  await using restacks = await restacking(scene);
  const { branches, objects } = made(await restacks.restack(await restacks.layers()));
  const api = await scene.sha("api");
  expect(branches.get("same")).toEqual({
    from: await scene.sha("same"),
    to: api,
    dropped: [await scene.sha("same")],
  });
  const ui = branches.get("ui");
  expect(ui?.dropped).toEqual([await scene.sha("ui~2")]);
  const subjects = (to = "") => scene.gitIn(objects.gitDir, "log", "--format=%s", `${api}..${to}`);
  expect(await subjects(ui?.to)).toBe("Change ui, step 3\nEmpty from the start");
  expect(await subjects(branches.get("above")?.to)).toBe("Change above, step 1");
});

test("what stands where it should keeps its commits, signatures too", async () => {
  await using scene = await movedStack();
  await using restacks = await restacking(scene);
  const [ui, api] = [await scene.sha("ui"), await scene.sha("api~1")];
  const stays = { name: "ui", tip: ui, base: api, commits: [await scene.sha("ui~1"), ui], movedCount: 2 };
  const { branches, objects } = made(await restacks.restack([{ ...stays, onto: { commit: api } }]));
  expect(branches.get("ui")).toEqual({ from: ui, to: ui, dropped: [] });
  expect(objects.oids).toEqual([]);
});

test("a conflict is told with its commit and files, and what is not known with its branch; nothing stays of them", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines(), "ü b.txt": lines() } });
    s.stacked("api", "main");
    s.stacked("fine", "api");
    s.stacked("ui", "api", { files: { "ui.txt": "1\n" } });
    s.commit("ui", { files: { "a.txt": lines([4, "ui"]), "ü b.txt": lines([4, "ui"]) } });
    s.stacked("docs", "ui");
    s.stacked("merging", "api");
    s.commit("other", { parent: "main" });
    s.commit("merging", { merge: ["other"] });
    s.commit("api", { files: { "a.txt": lines([4, "api"]), "ü b.txt": lines([4, "api"]) } });
  });
  const before = await fingerprintTree(scene.path);
  await using restacks = await restacking(scene);
  const layers = await restacks.layers();
  const of = (...names: string[]) => restacks.restack(layers.filter(({ name }) => names.includes(name)));
  expect(await of("ui", "docs", "fine")).toEqual({
    kind: "conflict",
    branch: "ui",
    commit: await scene.sha("ui"),
    files: ["a.txt", "ü b.txt"],
  });
  expect(await of("fine", "merging")).toEqual({
    kind: "unclear",
    branch: "merging",
    reason: "It has merge commits of its own, which a restack would not keep.",
  });
  // Asked for without the one that it stands on.
  expect(await of("docs")).toEqual({
    kind: "unclear",
    branch: "docs",
    reason: "It is not known what becomes of ui.",
  });
  expect(await readdir(restacks.scratchDir)).toEqual([]);
  expect(await fingerprintTree(scene.path)).toEqual(before);
});

test("a branch of which git cannot read the files is unclear", async () => {
  await using scene = await movedStack();
  await unpackObjects(scene);
  await using restacks = await restacking(scene);
  const layers = await restacks.layers();
  const oid = await scene.sha("ui:lib");
  const file = join(scene.gitDir, "objects", oid.slice(0, 2), oid.slice(2));
  await rm(file);
  await writeFile(file, "this is no object");
  expect(await restacks.restack(layers)).toMatchObject({ kind: "unclear", branch: "ui" });
  expect(await readdir(restacks.scratchDir)).toEqual([]);
});

test("commits that do not follow upon one another are put nowhere", async () => {
  await using scene = await movedStack();
  await using restacks = await restacking(scene);
  const [tip, base, commit] = [await scene.sha("ui"), await scene.sha("main"), await scene.sha("api")];
  const layer = { name: "ui", tip, base, commits: [tip], movedCount: 1, onto: { commit } };
  const reason = "Its commits do not follow upon one another.";
  expect(await restacks.restack([layer])).toEqual({ kind: "unclear", branch: "ui", reason });
});

test("a restack that is broken off leaves nothing", async () => {
  await using scene = await movedStack();
  await using restacks = await restacking(scene);
  const layers = await restacks.layers();
  const before = await fingerprintTree(scene.path);
  const stop = new AbortController();
  restacks.spawner.hangNext = "merge-tree";
  const restack = restacks.restack(layers, stop.signal);
  await restacks.spawner.hanging;
  stop.abort();
  await expect(restack).rejects.toThrow("aborted");
  expect(await readdir(restacks.scratchDir)).toEqual([]);
  expect(await fingerprintTree(scene.path)).toEqual(before);
});

test("commits that may be its parent's, as it was before it was rewritten, are put nowhere", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": lines() } });
    s.stacked("api", "main");
    s.commit("api", { files: { "a.txt": lines([1, "api"]) } });
    s.commit("ui", { parent: "api" });
    s.metadata("ui", { parentBranchName: "api", parentBranchRevision: undefined });
    s.stacked("docs", "ui");
    s.commit("single", { parent: "main" });
    s.metadata("single", { parentBranchName: "api", parentBranchRevision: undefined });
  });
  await scene.amend("api", "The same in other words");
  await using restacks = await restacking(scene);
  const layers = new Map((await restacks.layers()).map((layer) => [layer.name, layer]));
  const reason = "Which of its commits are not api's is not known: nothing says what it was put on.";
  expect(layers.get("ui")).toEqual({ name: "ui", reason });
  expect(layers.get("docs")).toEqual({ name: "docs", reason: "It is not known what becomes of ui." });
  expect(await restacks.restack([...layers.values()])).toMatchObject({ kind: "unclear" });
  // The only commit that it has is its own.
  expect(layers.get("single")).toMatchObject({ commits: [await scene.sha("single")] });
});

test("what was made in a shallow clone can be pushed to where every branch has gone on", async () => {
  await using scene = await createScene((s) => {
    for (let step = 0; step < 5; step++) s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.commit("api");
  });
  const clone = join(scene.root, "shallow");
  const depth = ["--depth=4", "--no-single-branch"];
  await scene.gitIn(scene.root, "clone", "--quiet", ...depth, `file://${scene.path}`, clone);
  await using whole = await restacking(scene);
  const layers = await whole.layers();
  const remote = await scene.addRemote();
  for (const branch of ["main", "api", "ui"]) await scene.commit(branch);
  await scene.git("push", "--quiet", "--all", "origin");
  await using restacks = await restacking({ path: clone, gitDir: join(clone, ".git") });
  const { branches, objects } = made(await restacks.restack(layers));
  const to = branches.get("ui")?.to ?? "";
  await scene.gitIn(objects.gitDir, "push", "--quiet", `file://${remote}`, `${to}:refs/heads/restacked`);
  expect(await scene.gitIn(remote, "rev-parse", "restacked")).toBe(to);
});
