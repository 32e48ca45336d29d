import { createHash } from "node:crypto";
import { appendFile, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CatFile, type GitObject } from "../../src/git/cat-file.ts";
import { ObjectPool } from "../../src/git/object-pool.ts";
import { ReadOnlyGit } from "../../src/git/read-only-git.ts";
import { DirectSpawner, type GitProcess, killGroup, type SpawnRequest } from "../../src/git/spawner.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { stillRunning } from "../support/processes.ts";

const { signal } = new AbortController();
const ABSENT = "1".repeat(40);

/** Remembers what it started. */
class NotingSpawner extends DirectSpawner {
  readonly gits: GitProcess[] = [];

  override async spawn(request: SpawnRequest): Promise<GitProcess> {
    const git = await super.spawn(request);
    this.gits.push(git);
    return git;
  }

  killLast(): void {
    const pid = this.pids.at(-1);
    if (pid === undefined) throw new Error("nothing was started");
    killGroup(pid);
  }

  get pids(): number[] {
    return this.gits.map(({ pid }) => pid);
  }
}

/** A repository with so many files of different contents, and the ids of all its objects. */
async function sceneOf(files: number): Promise<{ scene: Scene; oids: string[] }> {
  const scene = await createScene(
    (s) => {
      const texts = Array.from({ length: files }, (_, index) => [
        `f${index}`,
        `text ${index}\n`.repeat(index % 50),
      ]);
      s.commit("main", { files: Object.fromEntries(texts) });
      s.commit("main", { files: { large: "x".repeat(200_000) } });
    },
    { bare: true },
  );
  const listed = await scene.git("rev-list", "--objects", "--all");
  return { scene, oids: listed.split("\n").map((line) => line.split(" ", 1)[0] ?? "") };
}

function expectWhole(found: ReadonlyMap<string, GitObject>, oids: readonly string[]): void {
  expect([...found.keys()].sort()).toEqual([...new Set(oids)].sort());
  for (const [oid, { oid: said, type, size, content }] of found) {
    if (!content) throw new Error(`no content of ${oid}`);
    const digest = createHash("sha1").update(`${type} ${size}\0`).update(content).digest("hex");
    expect([digest, said]).toEqual([oid, oid]);
  }
}

test("objects of every kind and size are read whole, and those that are not here are absent", async () => {
  const { scene, oids } = await sceneOf(2_500);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
  const asked = oids.flatMap((oid, index) => (index % 100 === 0 ? [ABSENT, oid] : [oid]));
  expectWhole(await pool.read(asked, { signal }), oids);
  expect(spawner.gits).toHaveLength(2);
  // The same processes answer again, and twice the same question once.
  const [first = ""] = oids;
  expectWhole(await pool.read([first, first], { signal }), [first]);
  expect(await pool.read([ABSENT], { signal })).toEqual(new Map());
  expect(await pool.read([], { signal })).toEqual(new Map());
  expect(spawner.gits).toHaveLength(2);
});

test("an object that is too large comes without content, and what follows is whole", async () => {
  const { scene, oids } = await sceneOf(20);
  await using _ = scene;
  await using spawner = new DirectSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
  const large = await scene.sha("main:large");
  const found = await pool.read([large, ...oids], { signal, maxObjectBytes: 199_999 });
  expect(found.get(large)).toEqual({ oid: large, type: "blob", size: 200_000 });
  found.delete(large);
  expectWhole(
    found,
    oids.filter((oid) => oid !== large),
  );
  expect((await pool.read([large], { signal, maxObjectBytes: 200_000 })).get(large)?.content).toHaveLength(
    200_000,
  );
});

test("a process that is killed in the midst loses nothing", async () => {
  const { scene, oids } = await sceneOf(3_000);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir), { size: 1 });
  for (let round = 0; round < 6; round++) {
    const read = pool.read(oids, { signal });
    await expect.poll(() => spawner.gits.length, { interval: 1 }).toBeGreaterThan(round);
    spawner.killLast();
    expectWhole(await read, oids);
  }
  // Between reads as well, and those who find it gone share the next one.
  const started = spawner.gits.length;
  spawner.killLast();
  await spawner.gits.at(-1)?.exited;
  for (const found of await Promise.all([1, 2, 3].map(() => pool.read(oids, { signal })))) {
    expectWhole(found, oids);
  }
  expect(spawner.gits).toHaveLength(started + 1);
});

test("a caller who gives up is told so, and takes nothing from those who wait for the same process", async () => {
  const { scene, oids } = await sceneOf(900);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir), { size: 1 });
  const caller = new AbortController();
  const reads = [pool.read(oids, { signal }), pool.read(oids, caller), pool.read(oids, { signal })];
  await expect.poll(() => spawner.gits.length, { interval: 1 }).toBe(1);
  caller.abort();
  await expect(reads[1]).rejects.toMatchObject({ failure: "aborted" });
  for (const read of [reads[0], reads[2]]) expectWhole((await read) ?? new Map(), oids);
  expect(spawner.gits).toHaveLength(1);
  await expect(pool.read(oids, caller)).rejects.toMatchObject({ failure: "aborted" });
});

test("who waits alone and gives up ends the process, and the next one reads", async () => {
  const { scene, oids } = await sceneOf(3_000);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  await using git = await CatFile.open(new ReadOnlyGit(spawner, scene.gitDir)).then((file) => ({
    file,
    [Symbol.asyncDispose]: () => file.close(),
  }));
  const caller = new AbortController();
  const read = git.file.read(oids, { signal: caller.signal, maxObjectBytes: 1_000_000 });
  expect(git.file.load).toBe(oids.length);
  caller.abort();
  await expect(read).rejects.toMatchObject({ failure: "aborted" });
  expect([git.file.ended, git.file.load]).toEqual([true, 0]);
  await expect.poll(() => stillRunning(spawner.pids)).toEqual([]);
  expect(await git.file.read(oids, { signal, maxObjectBytes: 1 })).toEqual({ found: new Map(), answered: 0 });
});

test("a process that nobody asks is closed, and opened again when it is needed", async () => {
  const { scene, oids } = await sceneOf(5);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir), { idleMs: 20 });
  for (let round = 1; round <= 3; round++) {
    expectWhole(await pool.read(oids, { signal }), oids);
    expect(spawner.gits).toHaveLength(round);
    await expect.poll(() => stillRunning(spawner.pids)).toEqual([]);
    expect((await spawner.gits.at(-1)?.exited)?.code).toBe(0);
  }
});

test("many who come first at once share the processes, and none is left behind", async () => {
  const { scene, oids } = await sceneOf(50);
  await using _ = scene;
  await using spawner = new NotingSpawner();
  const pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
  const reads = await Promise.all(Array.from({ length: 10 }, () => pool.read(oids, { signal })));
  for (const found of reads) expectWhole(found, oids);
  expect(spawner.gits).toHaveLength(1);
  await pool[Symbol.asyncDispose]();
  expect(await stillRunning(spawner.pids)).toEqual([]);
});

test("disposal in the midst of a read answers it or ends it, and leaves no process", async () => {
  const { scene, oids } = await sceneOf(2_500);
  await using _ = scene;
  for (let turns = 0; turns < 12; turns += 2) {
    await using spawner = new NotingSpawner();
    const pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
    const read = pool.read(oids, { signal }).then(
      (found) => found,
      (error: unknown) => error,
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
    await pool[Symbol.asyncDispose]();
    const answer = await read;
    if (answer instanceof Map) expectWhole(answer, oids);
    else expect(answer).toMatchObject({ failure: "aborted" });
    expect(await stillRunning(spawner.pids)).toEqual([]);
    await expect(pool.read(oids, { signal })).rejects.toMatchObject({ failure: "aborted" });
  }
});

test("a repository that git refuses to read is a failure, not one without objects", async () => {
  const { scene, oids } = await sceneOf(3);
  await using _ = scene;
  await appendFile(join(scene.gitDir, "config"), "[broken\n");
  await using spawner = new DirectSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
  const read = pool.read(oids.slice(0, 1), { signal });
  await expect(read).rejects.toMatchObject({ failure: "failed", exitCode: 128 });
  await expect(read).rejects.toThrow(/^git cat-file: failed: .*bad config/);
});

test("an object that is broken is absent, and takes no other with it", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  const oids: string[] = [];
  for (let index = 0; index < 12; index++) {
    await writeFile(join(scene.root, "blob"), `content ${index}\n`);
    oids.push(await scene.git("hash-object", "-w", join(scene.root, "blob")));
  }
  const broken = oids.filter((_, index) => index % 4 === 1);
  for (const [index, oid] of broken.entries()) {
    const path = join(scene.gitDir, "objects", oid.slice(0, 2), oid.slice(2));
    await chmod(path, 0o644);
    // The header alone, nothing at all, and what never was an object.
    await writeFile(
      path,
      [Buffer.from("789c4bcac94f523060", "hex"), Buffer.alloc(0), "garbage"][index] ?? "",
    );
  }
  await using spawner = new DirectSpawner();
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.gitDir));
  expectWhole(
    await pool.read(oids, { signal }),
    oids.filter((oid) => !broken.includes(oid)),
  );
});

test("few objects that lie in files of their own are read without a process, and all others by git", async () => {
  const { scene } = await sceneOf(3);
  await using _scene = scene;
  await using spawner = new NotingSpawner();
  const options = { looseFolder: join(scene.path, "objects") };
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.path), options);
  const write = async (text: string) => {
    await writeFile(join(scene.root, "text"), text);
    return scene.git("hash-object", "-w", join(scene.root, "text"));
  };
  const loose = [
    await write("one\n"),
    await write("two\n"),
    await scene.git("commit-tree", "main^{tree}", "-m", "1"),
  ];
  expectWhole(await pool.read(loose, { signal }), loose);
  expect(spawner.gits).toHaveLength(0);

  await scene.git("repack", "-a", "-d", "-q");
  const packed = await scene.sha("main");
  expectWhole(await pool.read([...loose, packed, ABSENT], { signal }), [...loose, packed]);
  expect(spawner.gits).toHaveLength(1);
  const large = await write("x".repeat(300));
  const found = await pool.read([large], { signal, maxObjectBytes: 299 });
  expect(found.get(large)).toEqual({ oid: large, type: "blob", size: 300 });
});

test("an object whose file is damaged is git's to complain of", async () => {
  const { scene } = await sceneOf(1);
  await using _scene = scene;
  await using spawner = new NotingSpawner();
  const folder = join(scene.path, "objects");
  await using pool = new ObjectPool(new ReadOnlyGit(spawner, scene.path), { looseFolder: folder });
  await writeFile(join(scene.root, "text"), "text");
  const oid = await scene.git("hash-object", "-w", join(scene.root, "text"));
  const file = join(folder, oid.slice(0, 2), oid.slice(2));
  await chmod(file, 0o644);
  await writeFile(file, "damaged");
  await pool.read([oid], { signal }).catch(() => {});
  expect(spawner.gits.length).toBeGreaterThan(0);
});
