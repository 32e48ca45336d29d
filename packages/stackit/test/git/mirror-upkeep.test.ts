import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { readMirrorFiles } from "../../src/repos/mirror-files.ts";
import type { UpkeepLimits } from "../../src/repos/mirror-upkeep.ts";
import { WorkingCopy } from "../../src/repos/working-copy.ts";
import { openStore } from "../../src/store/open-store.ts";
import { type MirroredScene, mirroredScene } from "../support/mirrored-scene.ts";

const NEVER: UpkeepLimits = {
  looseRefs: 1e9,
  looseObjects: 1e9,
  packs: 1e9,
  graphEveryMs: 1e15,
  forgetEveryMs: 1e15,
  gcEveryMs: 1e15,
  checkEveryMs: 1e15,
};
const MONTH_MS = 30 * 86_400_000;

/** A mirror for which only this is ever due, read once. */
async function tended(due: Partial<UpkeepLimits>) {
  const store = await openStore(":memory:");
  const scene = await mirroredScene(
    (s) => {
      s.commit("main");
      s.commit("api", { parent: "main" });
      s.commit("ui", { parent: "api" });
    },
    { upkeep: { ...NEVER, ...due }, headMoves: store.headMoves("mirror:shop") },
  );
  await scene.refresh();
  return {
    ...scene,
    maintain: (signal = AbortSignal.timeout(60_000)) => scene.mirror.maintain({ signal }),
    inMirror: (...args: string[]) => scene.upstream.gitIn(scene.dir, ...args),
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Equal to the remote, and everything there. */
async function expectSound({ upstream, dir, refsOf }: MirroredScene): Promise<void> {
  expect(await refsOf(dir)).toBe(await refsOf(upstream.path));
  expect(await upstream.gitIn(dir, "fsck", "--no-dangling")).toBe("");
  expect(await leftIn(dir)).toEqual([]);
}

/** What a killed git leaves. */
async function leftIn(dir: string): Promise<string[]> {
  const names = await readdir(dir, { recursive: true });
  return names.filter(
    (name) => LEFTOVERS.includes(name) || /tmp_|\.tmp-|\.lock$|packed-refs\.new$/.test(name),
  );
}

const LEFTOVERS = [
  "packed-refs.lock",
  "packed-refs.new",
  "refs/stackit-kept/x.lock",
  "objects/pack/.tmp-1-pack-x.pack",
  "objects/pack/pack-x.pack",
  "objects/pack/pack-x.keep",
  "objects/ab/tmp_obj_x",
  "objects/info/commit-graphs/tmp_graph_x",
  "objects/info/commit-graphs/commit-graph-chain.lock",
];

/** Makes the files of all loose objects this old. */
async function age(dir: string, ms: number): Promise<void> {
  const at = new Date(Date.now() - ms);
  for (const name of await readdir(join(dir, "objects"), { recursive: true })) {
    const file = join(dir, "objects", name);
    if ((await stat(file)).isFile()) await utimes(file, at, at);
  }
}

test("many small packs, loose objects and loose refs become few, and what is done is not done again (B17)", async () => {
  await using scene = await tended({ packs: 3, looseRefs: 1, graphEveryMs: 0 });
  for (let push = 0; push < 4; push++) {
    await scene.upstream.commit("ui");
    await scene.refresh();
    // As if many objects had come at once.
    await scene.inMirror("repack", "--quiet", "-d");
  }
  await scene.upstream.commit("ui");
  await scene.refresh();
  expect((await readMirrorFiles(scene.dir)).looseObjects).toBeGreaterThan(0);
  expect((await readMirrorFiles(scene.dir)).packs).toBeGreaterThan(3);
  expect((await scene.maintain())?.steps).toEqual(["pack-refs", "repack", "commit-graph"]);
  expect(await readMirrorFiles(scene.dir)).toMatchObject({ looseObjects: 0, looseRefs: 0 });
  expect((await readMirrorFiles(scene.dir)).packs).toBeLessThan(3);
  await scene.inMirror("commit-graph", "verify", "--no-progress");
  await expectSound(scene);
  scene.spawner.take();
  expect(await scene.maintain()).toEqual({ steps: [], wasEnded: false, isDamaged: false });
  expect(scene.spawner.take().commands).toEqual([]);
  await scene.upstream.commit("ui");
  expect((await scene.refresh()).outcome).toBe("updated");
  await expectSound(scene);
});

test("what nothing reaches survives the grace and goes after it, and a kept tip stays", async () => {
  await using scene = await tended({ gcEveryMs: 0 });
  const kept = await scene.upstream.sha("api");
  await scene.upstream.amend("api", "Another word");
  await scene.refresh();
  const orphan = (word: string) => scene.inMirror("commit-tree", "-m", word, `${kept}^{tree}`);
  const old = await orphan("Long ago");
  await age(scene.dir, MONTH_MS);
  const young = await orphan("Just now");
  expect((await scene.maintain())?.steps).toEqual(["gc", "commit-graph"]);
  await expect(scene.inMirror("cat-file", "-e", old)).rejects.toThrow();
  expect(await scene.inMirror("cat-file", "-t", young)).toBe("commit");
  expect(await scene.inMirror("cat-file", "-t", kept)).toBe("commit");
  await expectSound(scene);
  expect((await scene.maintain())?.steps).toEqual(["gc", "commit-graph"]);
  expect(await scene.inMirror("cat-file", "-t", young)).toBe("commit");
});

test("a kept tip is let go when its move is forgotten, and no other ref is touched", async () => {
  await using scene = await tended({ forgetEveryMs: 0 });
  const { upstream, dir } = scene;
  const gone = await upstream.sha("api");
  await upstream.amend("api", "Another word");
  await scene.refresh();
  await scene.inMirror("update-ref", "refs/stackit-kept-by-a-person/x", gone);
  expect((await scene.maintain())?.steps).toEqual([]);
  expect(await scene.inMirror("for-each-ref", "refs/stackit-kept")).not.toBe("");
  // As a later process would with a clock of then, and with a database that was lost.
  await using store = await openStore(":memory:");
  await using later = scene.reopen({ headMoves: store.headMoves("mirror:shop") });
  await later.refresh({ signal: AbortSignal.timeout(60_000), confirmed: new Set(), expected: [] });
  for (const packed of [false, true]) {
    if (packed) {
      await scene.inMirror("update-ref", `refs/stackit-kept/${gone}`, gone);
      await scene.inMirror("pack-refs", "--all");
    }
    expect((await later.maintain({ signal: AbortSignal.timeout(60_000) }))?.steps).toEqual(["forget"]);
    expect(await scene.inMirror("for-each-ref", "refs/stackit-kept")).toBe("");
  }
  expect(await scene.inMirror("for-each-ref", "refs/stackit-kept-by-a-person")).not.toBe("");
  expect(await scene.refsOf(dir)).toBe(await scene.refsOf(upstream.path));
});

test("a refresh with something to fetch ends upkeep and goes on, and one without lets it be", async () => {
  await using scene = await tended({ gcEveryMs: 0 });
  scene.spawner.hangNext = "repack";
  const { hanging } = scene.spawner;
  const upkeep = scene.maintain();
  const pid = await hanging;
  for (const name of LEFTOVERS) {
    await mkdir(join(scene.dir, name, ".."), { recursive: true });
    await writeFile(join(scene.dir, name), "half of it");
  }
  expect((await scene.refresh()).outcome).toBe("unchanged");
  expect(process.kill(pid, 0)).toBe(true);
  expect(await scene.maintain()).toBeUndefined();

  await scene.upstream.commit("ui");
  await scene.upstream.git("update-ref", "-d", "refs/heads/api");
  expect((await scene.refresh()).outcome).toBe("updated");
  expect(await upkeep).toEqual({ steps: [], wasEnded: true, isDamaged: false });
  expect(() => process.kill(pid, 0)).toThrow();
  await expectSound(scene);
  expect((await scene.maintain())?.steps).toEqual(["gc", "commit-graph"]);
  await expectSound(scene);
});

test("no upkeep begins before the first run, beside a fetch, or after a run that broke off", async () => {
  await using scene = await tended({ gcEveryMs: 0 });
  await using fresh = scene.reopen();
  expect(await fresh.maintain({ signal: AbortSignal.timeout(60_000) })).toBeUndefined();

  await scene.upstream.commit("ui");
  scene.spawner.hangNext = "unpack-objects";
  const { hanging } = scene.spawner;
  const deadline = new AbortController();
  const run = scene.refresh({ signal: deadline.signal });
  await hanging;
  scene.spawner.take();
  expect(await scene.maintain()).toBeUndefined();
  deadline.abort();
  await expect(run).rejects.toThrow();
  expect(await scene.maintain()).toBeUndefined();
  expect(scene.spawner.take().commands).toEqual([]);
  await scene.refresh();
  expect((await scene.maintain())?.steps).toEqual(["gc", "commit-graph"]);
});

test("upkeep that is ended at any moment leaves a mirror that works", async () => {
  await using scene = await tended({ gcEveryMs: 0, packs: 1, looseRefs: 1, checkEveryMs: 0 });
  const files = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`f${n}`, `${n}\n`.repeat(50)]));
  for (let round = 0; round < 12; round++) {
    await scene.upstream.commit("ui", { files: { ...files, round: `${round}` } });
    await scene.upstream.amend("api", `Word ${round}`);
    await scene.refresh();
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), Math.random() * 60);
    await scene.maintain(end.signal);
    clearTimeout(timer);
    await expectSound(scene);
  }
  expect((await scene.maintain())?.steps).toContain("check");
});

test("readers that stay open survive the exchange of packs", async () => {
  await using scene = await tended({ gcEveryMs: 0 });
  await scene.inMirror("repack", "-a", "-d", "-q");
  const [api, ui] = [await scene.upstream.sha("api"), await scene.upstream.sha("ui")];
  await using pool = new ObjectPool(new ReadOnlyGit(scene.spawner, scene.dir), { size: 1 });
  const signal = AbortSignal.timeout(60_000);
  expect((await pool.read([api], { signal })).size).toBe(1);
  await scene.upstream.commit("main");
  await scene.refresh();
  const packs = async () =>
    (await readdir(join(scene.dir, "objects", "pack"))).filter((name) => name.endsWith(".pack"));
  const [before] = await packs();
  scene.spawner.take();
  expect((await scene.maintain())?.steps).toContain("gc");
  expect(await packs()).not.toContain(before);
  const oids = [ui, api, await scene.upstream.sha("main"), await scene.upstream.sha("ui^{tree}")];
  expect([...(await pool.read(oids, { signal })).keys()]).toEqual(oids);
  expect(scene.spawner.take().commands).not.toContain("cat-file");
});

test("a check that finds an object missing says so, and the next run mends it", async () => {
  await using scene = await tended({ checkEveryMs: 0 });
  expect((await scene.maintain())?.isDamaged).toBe(false);
  const oid = await scene.upstream.sha("ui^{tree}");
  await rm(join(scene.dir, "objects", oid.slice(0, 2), oid.slice(2)));
  expect(await scene.maintain()).toEqual({ steps: ["check"], wasEnded: false, isDamaged: true });
  expect(await scene.maintain()).toBeUndefined();
  expect(await scene.refresh()).toMatchObject({ recloned: true });
  expect((await scene.maintain())?.isDamaged).toBe(false);
  await expectSound(scene);
});

test("the end of the mirror ends its upkeep", async () => {
  await using scene = await tended({ gcEveryMs: 0 });
  scene.spawner.hangNext = "repack";
  const { hanging } = scene.spawner;
  const upkeep = scene.maintain();
  const pid = await hanging;
  await scene.mirror[Symbol.asyncDispose]();
  expect((await upkeep)?.wasEnded).toBe(true);
  expect(() => process.kill(pid, 0)).toThrow();
});

test("a working copy cannot be maintained", () => {
  expect("maintain" in WorkingCopy.prototype).toBe(false);
});
