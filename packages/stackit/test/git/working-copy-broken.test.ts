import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createScene, type Scene } from "../support/git-scene.ts";
import { copyOf, edgesOf, problemsOf } from "../support/read-copy.ts";
import { testGit } from "../support/test-git.ts";

const NOWHERE = "1234567890123456789012345678901234567890";

/** Writes a ref as a loose file, past all of git's checks. */
async function writeRef(scene: Scene, ref: string, content: string): Promise<void> {
  const file = join(scene.gitDir, ref);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

const updateRefs = (scene: Scene, input: string | Uint8Array) =>
  testGit(["update-ref", "--stdin", "-z"], { cwd: scene.path, env: { ...scene.env }, input });

test("a record that cannot be read is told of its branch alone, and forgotten when it is mended", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    for (const name of ["fine", "broken", "list", "empty", "binary", "commit", "huge", "legacy"])
      s.commit(name, { parent: "main" });
    for (const name of ["fine", "commit", "legacy"]) s.metadata(name, { parentBranchName: "main" });
    s.metadata("broken", '{"parentBranchName": "ma');
    s.metadata("list", "[1, 2]");
    s.metadata("empty", "");
    s.metadata("binary", "\u0000\u0001\ufffd");
    s.metadata("huge", JSON.stringify({ parentBranchName: "fine", filler: "x".repeat(5 * 1024 * 1024) }));
    s.metadata("legacy", "null", "refs/branch-metadata");
  });
  await scene.git("update-ref", "refs/stackit/metadata/commit", "main");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  for (const name of ["broken", "list", "empty", "binary", "commit", "huge", "legacy"]) {
    expect(problemsOf(copy.snapshot, name), name).toEqual(["metadata-unreadable"]);
    expect(copy.snapshot.branch(name)?.parent, name).toBe("main");
  }
  expect(problemsOf(copy.snapshot, "fine")).toEqual([]);

  await scene.metadata("huge", { parentBranchName: "fine" });
  await scene.metadata("broken", { parentBranchName: "main" });
  await copy.refresh();
  expect(problemsOf(copy.snapshot, "broken")).toEqual([]);
  expect(edgesOf(copy.snapshot)).toContain("huge<fine");
});

test("a record that names no parent is told where nobody else names one", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    for (const name of ["ui", "both", "anchor", "old"]) s.commit(name, { parent: "api" });
    s.metadata("ui", { scope: "SHOP" });
    s.metadata("both", "{}");
    s.metadata("both", { parentBranchName: "api" }, "refs/branch-metadata");
    s.metadata("anchor", { branchType: "worktree-anchor" });
    s.metadata("old", "{}", "refs/branch-metadata");
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  for (const name of ["ui", "old"]) {
    expect(copy.snapshot.branch(name)).toMatchObject({
      parent: "api",
      problems: [
        {
          code: "parent-not-recorded",
          detail: "Its metadata names no parent, so it is shown on api by its commits alone.",
        },
      ],
    });
  }
  for (const name of ["both", "anchor"]) expect(problemsOf(copy.snapshot, name)).toEqual([]);
});

test("a record whose blob is missing is told, and the rest is read", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  await writeRef(scene, "refs/stackit/metadata/ui", `${NOWHERE}\n`);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(problemsOf(copy.snapshot, "ui")).toEqual(["metadata-unreadable"]);
  expect(edgesOf(copy.snapshot)).toEqual(["api<main", "ui<api"]);
});

test("records that name missing parents, form a cycle, or belong to branches that are gone end in whole stacks", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    for (const name of ["orphan", "a", "b", "c", "self", "grandchild"]) s.commit(name, { parent: "main" });
    s.metadata("orphan", { parentBranchName: "never-was" });
    s.metadata("a", { parentBranchName: "b" });
    s.metadata("b", { parentBranchName: "c" });
    s.metadata("c", { parentBranchName: "a" });
    s.metadata("self", { parentBranchName: "self" });
    s.metadata("gone", { parentBranchName: "orphan" });
    s.metadata("grandchild", { parentBranchName: "gone" });
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(problemsOf(copy.snapshot, "orphan")).toEqual(["parent-missing"]);
  for (const name of ["a", "b", "c"]) expect(problemsOf(copy.snapshot, name)).toEqual(["cycle"]);
  expect(problemsOf(copy.snapshot, "self")).toEqual(["parent-is-self"]);
  expect(problemsOf(copy.snapshot, "grandchild")).toEqual(["parent-missing"]);
  expect(edgesOf(copy.snapshot)).toContain("grandchild<orphan");
  expect(copy.snapshot.branch("gone")).toBeUndefined();
  expect(copy.snapshot.counts.branches).toBe(6);

  await scene.metadata("c", { parentBranchName: "main" });
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual(expect.arrayContaining(["c<main", "b<c", "a<b"]));
  for (const name of ["a", "b", "c"]) expect(problemsOf(copy.snapshot, name)).toEqual([]);
});

test("a branch that points to an object that is not here is shown as that, and as itself once the object came", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("lost-recorded", "api");
  });
  const later = await testGit(["commit-tree", "-m", "Came later", "-p", "api", "api^{tree}"], {
    cwd: scene.path,
    env: { ...scene.env },
  });
  const id = later.trim();
  await scene.git("tag", "keep", id);
  await scene.git("repack", "-adq");
  await scene.git("tag", "-d", "keep");
  // The object comes back by another way than a ref's change.
  const bytes = await testGit(["cat-file", "commit", id], { cwd: scene.path });
  await scene.git("reflog", "expire", "--expire=now", "--all");
  await scene.git("gc", "--quiet", "--prune=now");
  await expect(scene.git("cat-file", "-e", id)).rejects.toThrow();
  await writeRef(scene, "refs/heads/lost", `${id}\n`);
  await writeRef(scene, "refs/heads/lost-recorded", `${id}\n`);

  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("api<main");
  const lost = copy.snapshot.view().unstacked.find(({ name }) => name === "lost");
  expect(lost).toEqual({ name: "lost", reason: "missing-object" });
  expect(copy.snapshot.branch("lost")?.restack.state).toBe("unknown");
  expect(copy.snapshot.branch("lost-recorded")?.restack.state).toBe("unknown");
  expect(problemsOf(copy.snapshot, "lost-recorded")).toContain("missing-object");

  await testGit(["hash-object", "-t", "commit", "-w", "--stdin"], { cwd: scene.path, input: bytes });
  await scene.git("branch", "another", "main");
  await copy.refresh();
  expect(copy.snapshot.branch("lost")).toMatchObject({ parent: "api", commitMessage: "Came later" });
  expect(problemsOf(copy.snapshot, "lost-recorded")).toEqual([]);
});

test("a trunk whose object is missing does not take the rest with it", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  const main = await scene.sha("main");
  await writeRef(scene, "refs/heads/main", `${NOWHERE}\n`);
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(copy.snapshot.counts.branches).toBe(1);
  expect(copy.snapshot.notes.length).toBeGreaterThan(0);
  await writeRef(scene, "refs/heads/main", `${main}\n`);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toEqual(["api<main"]);
  expect(copy.snapshot.notes).toEqual([]);
});

test("a ref file that is empty, torn or points into a circle does not stop the reading", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await writeRef(scene, "refs/heads/empty", "");
  await writeRef(scene, "refs/heads/torn", "1234567\n");
  await writeRef(scene, "refs/heads/circle-a", "ref: refs/heads/circle-b\n");
  await writeRef(scene, "refs/heads/circle-b", "ref: refs/heads/circle-a\n");
  await writeRef(scene, "refs/heads/dangling", "ref: refs/heads/nowhere\n");
  await writeRef(scene, "refs/heads/alias", "ref: refs/heads/api\n");
  await using copy = copyOf(scene.path);
  await copy.refresh();
  expect(edgesOf(copy.snapshot)).toContain("api<main");
  expect(copy.snapshot.branch("alias")?.revision).toBe(copy.snapshot.branch("api")?.revision);
  for (const name of ["empty", "torn", "circle-a", "circle-b", "dangling"])
    await rm(join(scene.gitDir, "refs/heads", name));
  expect(await copy.refresh()).toMatchObject({ generation: 1 });
});

test("names that are legal in Git are told apart and shown, whatever bytes they are made of (B13)", async () => {
  const names = [
    "feat/a/b/c",
    "fix#1",
    "user@host",
    "50%",
    "%2F",
    "été/nfc",
    "e\u0301te\u0301/nfd",
    "x".repeat(200),
    "日本語",
    "a'b\"c",
    "a,b;c&d",
    "🚀",
  ];
  await using scene = await createScene((s) => {
    s.commit("main");
    for (const name of names) s.stacked(name, "main");
  });
  const tip = await scene.sha("fix#1");
  for (const name of ["-x", "--upload-pack=x", "-"])
    await updateRefs(scene, `create refs/heads/${name}\0${tip}\0`);
  await updateRefs(
    scene,
    Buffer.concat([
      Buffer.from("create refs/heads/latin-"),
      Buffer.from([0xe9, 0xff]),
      Buffer.from(`\0${tip}\0`),
    ]),
  );
  await using copy = copyOf(scene.path);
  await copy.refresh();
  const shown = copy.snapshot.branches().map(({ name }) => name);
  expect(shown).toEqual([...names, "-x", "--upload-pack=x", "-", "latin-\\xe9\\xff"].sort());
  expect(new Set(shown).size).toBe(names.length + 4);
  for (const name of shown) {
    const range = copy.snapshot.diffRange(name, "parent");
    if (!range) throw new Error(`no range for ${name}`);
    const { patch } = await copy.repo.diff(range, {
      ignoreWhitespace: false,
      signal: new AbortController().signal,
    });
    expect(patch, name).toContain("diff --git");
  }
  await scene.commit("日本語");
  const { refs } = await copy.refresh();
  expect(refs.changes).toMatchObject([{ ref: "refs/heads/日本語", kind: "forward" }]);
});

test("a HEAD that is nonsense counts as detached", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  await using copy = copyOf(scene.path);
  await copy.refresh();
  await scene.git("symbolic-ref", "HEAD", "refs/heads/api");
  await scene.git("symbolic-ref", "HEAD", "refs/stackit/odd");
  await copy.refresh();
  expect(copy.snapshot.currentBranch).toBe("");
  await writeFile(join(scene.gitDir, "HEAD"), "");
  await copy.refresh().catch(() => {});
  expect(edgesOf(copy.snapshot)).toEqual(["api<main"]);
  await writeFile(join(scene.gitDir, "HEAD"), "ref: refs/heads/main\n");
  await copy.refresh();
  expect(copy.snapshot.currentBranch).toBe("main");
});
