import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { listConfig } from "../../src/git/config-list.ts";
import { countLines, diffPatch } from "../../src/git/diff-tree.ts";
import { listRefs, RefListing } from "../../src/git/for-each-ref.ts";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { type ReadCommand, ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { listCommitIds, listCommits } from "../../src/git/rev-list.ts";
import { DirectSpawner, type Spawner } from "../../src/git/spawner.ts";
import { gitVersion, isNewEnough } from "../../src/git/version.ts";
import { READ_PREFIXES } from "../../src/stacks/ref-reading.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { createScene, type Scene } from "../support/git-scene.ts";

const { signal } = new AbortController();

afterEach(() => vi.unstubAllEnvs());

/** Whoever comes here was not refused. */
const unreachable: Spawner = {
  spawn: async () => {
    throw new Error("started");
  },
  async [Symbol.asyncDispose]() {},
};

test("a subcommand that could write is a type error, and refused when it comes all the same", async () => {
  const git = new ReadOnlyGit(unreachable, "/repo/.git");
  // @ts-expect-error no such subcommand
  await expect(git.run("update-ref", ["refs/heads/x", "HEAD"], { signal })).rejects.toThrow("refused");
  // @ts-expect-error no such subcommand
  await expect(git.start("fast-import", [])).rejects.toThrow("refused");
  const names: string[] = [
    ...[
      "branch",
      "checkout",
      "commit",
      "fetch",
      "gc",
      "hash-object",
      "maintenance",
      "pack-refs",
      "push",
      "reset",
    ],
    ...[
      "symbolic-ref",
      "tag",
      "update-index",
      "worktree",
      "-c",
      "--exec-path=/x",
      "",
      "toString",
      "__proto__",
    ],
  ];
  for (const name of names) {
    // What another language would send.
    const command = name as ReadCommand;
    await expect(git.run(command, [], { signal }), name).rejects.toMatchObject({ failure: "failed" });
    await expect(git.run(command, [], { signal }), name).rejects.toThrow("refused");
  }
});

test.each<[ReadCommand, string[]]>([
  ["cat-file", ["--textconv", "HEAD:x"]],
  ["cat-file", ["--textc", "HEAD:x"]],
  ["cat-file", ["--filters", "HEAD:x"]],
  ["cat-file", ["--fil", "HEAD:x"]],
  ["cat-file", ["--batch", "--filters"]],
  ["diff-tree", ["--output=/tmp/x", "a", "b"]],
  ["diff-tree", ["--output", "/tmp/x", "a", "b"]],
  ["diff-tree", ["-p", "--ext-diff", "a", "b"]],
  ["diff-tree", ["-p", "--textconv", "a", "b"]],
  ["diff-tree", ["-p", "--submodule=diff", "a", "b"]],
  ["diff-tree", ["-O/tmp/x", "a", "b"]],
  ["rev-list", ["--output=/tmp/x", "HEAD"]],
  ["rev-list", ["--format=%H %G?", "--stdin"]],
  ["rev-list", ["--show-signature", "HEAD"]],
  ["rev-list", ["--all"]],
  ["for-each-ref", ["--shell"]],
  ["for-each-ref", ["--format=%(refname) %(signature:grade)"]],
  ["for-each-ref", ["--format=%(*signature)"]],
  ["rev-parse", ["--parseopt"]],
  ["config", []],
  ["config", ["user.name"]],
  // Git would set `user.name` to `--list`.
  ["config", ["user.name", "--list"]],
  ["config", ["--list", "user.name", "x"]],
  ["config", ["set", "user.name", "x", "--list"]],
  ["config", ["--list", "--file=/etc/passwd"]],
  ["config", ["--list", "-f", "/etc/passwd"]],
  ["config", ["--list", "--edit"]],
  ["config", ["-e", "--list"]],
  ["config", ["--unset", "user.name", "--list"]],
])("git %s %j is refused before anything starts", async (command, args) => {
  const git = new ReadOnlyGit(unreachable, "/repo/.git");
  await expect(git.run(command, args, { signal })).rejects.toMatchObject({
    failure: "failed",
    args: [command, ...args],
  });
  await expect(git.run(command, args, { signal })).rejects.toThrow("a working copy is only read");
  await expect(git.start(command, args)).rejects.toThrow("a working copy is only read");
});

test("what comes after the end of the options is no option (B65)", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.branch("--output=x", "main");
  });
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const { stdout } = await git.run("rev-parse", ["--end-of-options", "refs/heads/--output=x"], { signal });
  expect(stdout.toString()).toContain(await scene.sha("main"));
});

interface Trap extends AsyncDisposable {
  readonly program: string;
  /** How often the program was run since it was asked last. */
  sprung(): Promise<number>;
}

async function setTrap(scene: Scene): Promise<Trap> {
  const folder = join(scene.root, "trap");
  const mark = join(folder, "sprung");
  const program = join(folder, "canary");
  await mkdir(folder);
  await writeFile(program, `#!/bin/sh\necho "$0 $*" >> '${mark}'\ncat 2>/dev/null\nexit 0\n`);
  await chmod(program, 0o755);
  return {
    program,
    async sprung() {
      const text = await readFile(mark, "utf8").catch(() => "");
      await rm(mark, { force: true });
      return text.split("\n").filter(Boolean).length;
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every setting that we know of by which a repository can have a program run, and attributes that make use of them. */
async function poison(scene: Scene, program: string): Promise<void> {
  const hooks = join(scene.root, "hooks");
  await mkdir(hooks);
  for (const name of [
    "post-index-change",
    "reference-transaction",
    "post-checkout",
    "fsmonitor-watchman",
    "pre-auto-gc",
  ]) {
    await writeFile(join(hooks, name), `#!/bin/sh\n'${program}' hook\n`);
    await chmod(join(hooks, name), 0o755);
  }
  const settings: [string, string][] = [
    ["core.hooksPath", hooks],
    ["core.fsmonitor", program],
    ["core.alternateRefsCommand", program],
    ["core.sshCommand", program],
    ["core.gitProxy", program],
    ["core.askPass", program],
    ["core.editor", program],
    ["core.pager", program],
    ["core.attributesFile", join(scene.root, "attributes")],
    ["core.untrackedCache", "true"],
    ["pager.diff-tree", "true"],
    ["pager.config", program],
    ["pager.for-each-ref", program],
    ["pager.rev-list", program],
    ["credential.helper", `!${program}`],
    ["diff.external", program],
    ["diff.trap.command", program],
    ["diff.trap.textconv", program],
    ["diff.trap.cachetextconv", "true"],
    ["filter.trap.clean", program],
    ["filter.trap.smudge", program],
    ["filter.trap.process", program],
    ["filter.trap.required", "true"],
    ["merge.trap.driver", program],
    ["gpg.program", program],
    ["gpg.ssh.program", program],
    ["log.showSignature", "true"],
    ["alias.for-each-ref", `!${program}`],
    ["alias.config", `!${program}`],
    ["uploadpack.packObjectsHook", program],
    ["protocol.allow", "always"],
    ["protocol.ext.allow", "always"],
    ["remote.origin.url", `ext::${program}`],
    ["remote.origin.uploadpack", program],
    ["remote.origin.vcs", "trap"],
    ["remote.origin.promisor", "true"],
    ["remote.origin.partialclonefilter", "blob:none"],
    ["extensions.partialClone", "origin"],
    ["core.repositoryFormatVersion", "1"],
    ["gc.auto", "1"],
    ["maintenance.auto", "true"],
    ["trace2.eventTarget", join(scene.root, "trap", "sprung")],
  ];
  for (const [key, value] of settings) await scene.git("config", key, value);
  const attributes = "* diff=trap filter=trap merge=trap\n";
  await mkdir(join(scene.gitDir, "info"), { recursive: true });
  for (const file of [
    join(scene.root, "attributes"),
    join(scene.gitDir, "info", "attributes"),
    join(scene.gitDir, ".gitattributes"),
    join(scene.path, ".gitattributes"),
  ]) {
    await writeFile(file, attributes);
  }
}

/** Everything that is ever asked of a working copy. */
async function askEverything(scene: Scene, git: ReadOnlyGit): Promise<unknown> {
  const [main, api] = [await scene.sha("refs/heads/main"), await scene.sha("refs/heads/api")];
  await using pool = new ObjectPool(git);
  const pair = { base: main, head: api };
  const objects = await pool.read([main, api, await scene.sha("api:api.txt"), "1".repeat(40)], { signal });
  return {
    refs: new RefListing((await listRefs(git, READ_PREFIXES, { signal })).listing).refs,
    commits: await listCommits(git, [api], [main], { signal }),
    ids: await listCommitIds(git, [api], [main], { signal }),
    lines: await countLines(git, [pair, { base: main, head: "1".repeat(40) }], { signal }),
    patch: (
      await diffPatch(git, pair, { signal, maxBytes: 100_000, ignoreWhitespace: true })
    ).patch.toString(),
    objects: [...objects].map(([oid, { type, content }]) => [oid, type, content?.toString()]),
    head: (await git.run("rev-parse", ["--symbolic-full-name", "HEAD"], { signal })).stdout.toString(),
  };
}

const twoBranches = () =>
  createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.commit("api");
  });

test("whatever a repository configures to be run is not run, and answers are the same (B67, B68, B69)", async () => {
  await using scene = await twoBranches();
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const expected = await askEverything(scene, git);
  await using trap = await setTrap(scene);
  await poison(scene, trap.program);
  await trap.sprung();
  // The trap is good: git as people use it falls into it, and fails there.
  await expect(scene.git("diff", "main", "api")).rejects.toThrow(trap.program);
  expect(await trap.sprung()).toBeGreaterThan(0);

  // The same objects by the same names, since raw git would fall into it here, too.
  await using clean = await twoBranches();
  const before = await fingerprintTree(scene.path);
  expect(await askEverything(clean, git)).toEqual(expected);
  const config = await listConfig(git, { signal });
  expect(config.get("core.pager")).toBe(trap.program);
  expect(await trap.sprung()).toBe(0);
  expect(await fingerprintTree(scene.path)).toBe(before);
});

test("what lies in the working tree changes no answer, even where the configuration points there", async () => {
  await using scene = await twoBranches();
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const expected = await askEverything(scene, git);
  await writeFile(join(scene.path, ".gitattributes"), "* -diff\n");
  for (const worktree of ["..", scene.path, scene.gitDir, "/nonexistent"]) {
    await scene.git("config", "core.worktree", worktree);
    expect(await askEverything(scene, git)).toEqual(expected);
  }
});

test("what our own surroundings say to git does not matter (B27)", async () => {
  await using scene = await twoBranches();
  await using spawner = new DirectSpawner();
  const expected = await askEverything(scene, new ReadOnlyGit(spawner, scene.gitDir));
  await using trap = await setTrap(scene);
  const home = join(scene.root, "home");
  await mkdir(home);
  await writeFile(join(home, ".gitconfig"), `[user]\nname = Ada\n[core]\npager = ${trap.program}\n`);
  const surroundings = {
    HOME: home,
    GIT_DIR: "/nonexistent",
    GIT_COMMON_DIR: "/nonexistent",
    GIT_WORK_TREE: "/nonexistent",
    GIT_INDEX_FILE: "/nonexistent",
    GIT_OBJECT_DIRECTORY: "/nonexistent",
    GIT_NAMESPACE: "other",
    GIT_CONFIG: "/nonexistent",
    GIT_CONFIG_PARAMETERS: `'core.pager=${trap.program}'`,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.fsmonitor",
    GIT_CONFIG_VALUE_0: trap.program,
    GIT_EXTERNAL_DIFF: trap.program,
    GIT_PAGER: trap.program,
    GIT_SSH_COMMAND: trap.program,
    GIT_ASKPASS: trap.program,
    GIT_DIFF_OPTS: "--unified=0",
    GIT_TRACE: join(scene.root, "trap", "sprung"),
    GIT_LITERAL_PATHSPECS: "0",
    GIT_DEFAULT_HASH: "sha256",
    GIT_EXEC_PATH: "/nonexistent",
    LC_ALL: "de_DE.UTF-8",
  };
  for (const [name, value] of Object.entries(surroundings)) vi.stubEnv(name, value);
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  expect(await askEverything(scene, git)).toEqual(expected);
  // A person's own settings are read where we ask for settings, and only there.
  expect((await listConfig(git, { signal })).get("user.name")).toBe("Ada");
  expect(isNewEnough(await gitVersion(spawner, signal))).toBe(true);
  expect(await trap.sprung()).toBe(0);
});

test("a repository with ids of 64 digits is read like any other", async () => {
  await using scene = await createScene(
    (s) => {
      s.commit("main");
      s.stacked("api", "main");
    },
    { objectFormat: "sha256" },
  );
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const [main, api] = [await scene.sha("main"), await scene.sha("api")];
  expect(api).toHaveLength(64);
  const { refs } = new RefListing((await listRefs(git, READ_PREFIXES, { signal })).listing);
  expect(refs.get("refs/heads/api")).toBe(api);
  expect(await listCommits(git, [api], [main], { signal })).toMatchObject([{ oid: api, parents: [main] }]);
  const lines = await countLines(git, [{ base: main, head: api }], { signal });
  expect([...lines]).toEqual([[`${main} ${api}`, { added: 1, deleted: 0, files: 1 }]]);
  await using pool = new ObjectPool(git);
  const record = refs.get("refs/stackit/metadata/api") ?? "";
  const found = await pool.read([api, record, "1".repeat(64)], { signal });
  expect([...found.values()].map(({ type }) => type)).toEqual(["commit", "blob"]);
});
