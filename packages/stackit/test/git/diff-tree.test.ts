import { join } from "node:path";
import { expect, test } from "vitest";
import { countLines, diffPatch, pairKey } from "../../src/git/diff-tree.ts";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { DirectSpawner } from "../../src/git/spawner.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { createScene, type Scene } from "../support/git-scene.ts";

const { signal } = new AbortController();
const TEXT = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join("");

/** What a server may lack, cloned without files' contents. */
async function partialClone(origin: Scene): Promise<string> {
  await origin.git("config", "uploadpack.allowFilter", "true");
  await origin.git("config", "uploadpack.allowAnySHA1InWant", "true");
  const folder = join(origin.root, "partial");
  await origin.gitIn(
    origin.root,
    "clone",
    "--quiet",
    "--no-checkout",
    "--filter=blob:none",
    `file://${origin.path}`,
    folder,
  );
  return join(folder, ".git");
}

test("lines are counted for each pair, with renames, binary files and heads that come twice", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": TEXT, "b.txt": "one\n", image: "\0\u0001\0" } });
    s.commit("renames", { parent: "main", files: { "a.txt": null, "moved/é\n.txt": `${TEXT}more\n` } });
    s.commit("binary", { parent: "renames", files: { image: "\0\u0002\0", "b.txt": null } });
    s.commit("same", { parent: "main", files: {} });
  });
  const [main, renames, binary, same] = await Promise.all(
    ["main", "renames", "binary", "same"].map((branch) => scene.sha(branch)),
  );
  if (!main || !renames || !binary || !same) throw new Error("no such branch");
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const pairs = [
    { base: main, head: renames },
    { base: renames, head: binary },
    { base: main, head: binary },
    { base: binary, head: main },
    { base: main, head: same },
    { base: main, head: main },
  ];
  const counts = await countLines(git, pairs, { signal });
  expect(pairs.map((pair) => counts.get(pairKey(pair)))).toEqual([
    { added: 1, deleted: 0, files: 1 },
    { added: 0, deleted: 1, files: 2 },
    { added: 1, deleted: 1, files: 3 },
    { added: 1, deleted: 1, files: 3 },
    { added: 0, deleted: 0, files: 0 },
    { added: 0, deleted: 0, files: 0 },
  ]);
  expect(await countLines(git, [], { signal })).toEqual(new Map());
});

test("a pair of which a commit is not here is absent, and those around it are counted", async () => {
  await using scene = await createScene((s) => {
    s.commit("main");
    s.commit("api");
    s.commit("ui", { parent: "api" });
  });
  const [main, api, ui] = [await scene.sha("main"), await scene.sha("api"), await scene.sha("ui")];
  const gone = "1".repeat(40);
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const good = [
    { base: main, head: api },
    { base: api, head: ui },
    { base: main, head: ui },
  ];
  const [one, two, three] = good;
  if (!one || !two || !three) throw new Error("no pairs");
  for (const bad of [
    { base: main, head: gone },
    { base: gone, head: api },
    { base: gone, head: gone },
  ]) {
    for (const pairs of [[bad, one, two, three], [one, bad, two, three], [one, two, three, bad], [bad]]) {
      const counts = await countLines(git, pairs, { signal });
      expect([...counts.keys()].sort()).toEqual(
        pairs
          .filter((pair) => pair !== bad)
          .map(pairKey)
          .sort(),
      );
    }
  }
});

test("a partial clone answers what it holds, fetches nothing and stays as it is", async () => {
  await using origin = await createScene((s) => {
    s.commit("main", { files: { "a.txt": TEXT } });
    s.commit("api", { files: { "a.txt": `${TEXT}more\n` } });
    s.commit("ui", { parent: "api", files: {} });
    s.commit("cli", { parent: "api", files: { "a.txt": "other\n" } });
  });
  const gitDir = await partialClone(origin);
  const [main, api, ui, cli] = await Promise.all(
    ["main", "api", "ui", "cli"].map((branch) => origin.sha(branch)),
  );
  const blob = await origin.sha("api:a.txt");
  if (!main || !api || !ui || !cli) throw new Error("no such branch");
  const before = await fingerprintTree(gitDir);
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, gitDir);
  const held = { base: api, head: ui };
  const pairs = [{ base: main, head: api }, held, { base: api, head: cli }, { base: main, head: main }];
  expect(await countLines(git, pairs, { signal })).toEqual(
    new Map([
      [pairKey(held), { added: 0, deleted: 0, files: 0 }],
      [pairKey({ base: main, head: main }), { added: 0, deleted: 0, files: 0 }],
    ]),
  );
  await expect(
    diffPatch(git, { base: main, head: api }, { signal, maxBytes: 1_000_000, ignoreWhitespace: false }),
  ).rejects.toMatchObject({ failure: "missing-object" });
  await using pool = new ObjectPool(git);
  const found = await pool.read([main, blob, api, blob, ui], { signal });
  expect([...found.keys()].sort()).toEqual([main, api, ui].sort());
  expect(await fingerprintTree(gitDir)).toBe(before);
});

test("a clone that misses very much is not asked for ever", async () => {
  await using origin = await createScene((s) => {
    s.commit("main", { files: { "a.txt": TEXT } });
    for (let index = 0; index < 30; index++)
      s.commit(`b${index}`, { parent: "main", files: { "a.txt": `${index}\n` } });
  });
  const gitDir = await partialClone(origin);
  let started = 0;
  await using spawner = new (class extends DirectSpawner {
    override spawn(request: Parameters<DirectSpawner["spawn"]>[0]) {
      started++;
      return super.spawn(request);
    }
  })();
  const base = await origin.sha("main");
  const heads = await Promise.all(Array.from({ length: 30 }, (_, index) => origin.sha(`b${index}`)));
  const pairs = heads.map((head) => ({ base, head }));
  expect(await countLines(new ReadOnlyGit(spawner, gitDir), pairs, { signal })).toEqual(new Map());
  expect(started).toBeLessThan(10);
});

test("a patch is cut where it gets too long, and knows of spaces", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": "one\ntwo\n" } });
    s.commit("api", { files: { "a.txt": "one\n  two\n\nthree\n" } });
  });
  await using spawner = new DirectSpawner();
  const git = new ReadOnlyGit(spawner, scene.gitDir);
  const pair = { base: await scene.sha("main"), head: await scene.sha("api") };
  const whole = await diffPatch(git, pair, { signal, maxBytes: 10_000, ignoreWhitespace: false });
  expect(whole.patch.toString()).toBe(`${await scene.git("diff", "--full-index", "main", "api")}\n`);
  expect(whole.truncated).toBe(false);
  const cut = await diffPatch(git, pair, { signal, maxBytes: 100, ignoreWhitespace: false });
  expect([cut.patch.equals(whole.patch.subarray(0, 100)), cut.truncated]).toEqual([true, true]);
  const loose = await diffPatch(git, pair, { signal, maxBytes: 10_000, ignoreWhitespace: true });
  expect(loose.patch.toString()).not.toContain("-two");
});
