import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { watchTree } from "./tree-watch.ts";

interface WatchedFolder extends AsyncDisposable {
  readonly root: string;
  readonly failures: readonly Error[];
  write(...path: string[]): Promise<void>;
  /** Settles when this path was told since the last call. */
  hears(...path: string[]): Promise<void>;
  /** All that is told by what is done here, below the root and in order of names. */
  toldBy(act: () => Promise<unknown>): Promise<string[]>;
  unwatch(): void;
}

async function watchedFolder(ignore: string[] = []): Promise<WatchedFolder> {
  const root = await mkdtemp(join(tmpdir(), "tree-watch-"));
  const failures: Error[] = [];
  let told = new Set<string>();
  const tree = await watchTree(root, {
    ignore: ignore.map((name) => join(root, name)),
    heard: (paths) => {
      for (const path of paths) told.add(path);
    },
    failed: (error) => failures.push(error),
  });
  const hears = async (...path: string[]): Promise<void> => {
    await expect.poll(() => [...told], { interval: 2 }).toContain(join(root, ...path));
    told = new Set();
  };
  return {
    root,
    failures,
    hears,
    write: (...path) => writeFile(join(root, ...path), "x"),
    async toldBy(act) {
      told = new Set();
      await act();
      const sentinel = join(root, `sentinel-${crypto.randomUUID()}`);
      await writeFile(sentinel, "");
      await expect.poll(() => told.has(sentinel), { interval: 2 }).toBe(true);
      return [...told].filter((path) => path !== sentinel).sort();
    },
    unwatch: () => tree[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      tree[Symbol.dispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const openWatches = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;

/** A watch that was closed has ended when the event loop comes round. */
const noneOpen = () => expect.poll(openWatches, { interval: 2 }).toBe(0);

test("a file that is replaced again and again is heard each time (B41)", async () => {
  await using folder = await watchedFolder();
  for (let n = 0; n < 5; n++) {
    await folder.write("HEAD.lock");
    await folder.hears("HEAD.lock");
    await rename(join(folder.root, "HEAD.lock"), join(folder.root, "HEAD"));
    await folder.hears("HEAD");
  }
});

test("a folder that comes filled is heard, and so is what happens later in its depths", async () => {
  await using folder = await watchedFolder();
  await mkdir(join(folder.root, "a/b/c"), { recursive: true });
  await folder.write("a/b/c/first");
  await folder.hears("a");
  await expect
    .poll(() => folder.toldBy(() => folder.write("a/b/c/second")))
    .toContain(join(folder.root, "a/b/c/second"));
});

test("a folder that goes and comes again under its name is heard, however often", async () => {
  await noneOpen();
  await using folder = await watchedFolder();
  for (let n = 0; n < 30; n++) {
    await mkdir(join(folder.root, "team/deep"), { recursive: true });
    await folder.write("team/deep/one");
    if (n % 3 === 0) await folder.hears("team");
    await rm(join(folder.root, "team"), { recursive: true });
  }
  await mkdir(join(folder.root, "team/deep"), { recursive: true });
  await expect
    .poll(() => folder.toldBy(() => folder.write("team/deep/last")))
    .toContain(join(folder.root, "team/deep/last"));
  await rm(join(folder.root, "team"), { recursive: true });
  await expect.poll(openWatches).toBe(1);
});

test("a folder that is moved is heard under its new name, and not under the old one", async () => {
  await using folder = await watchedFolder();
  await mkdir(join(folder.root, "old/in"), { recursive: true });
  await folder.hears("old");
  await rename(join(folder.root, "old"), join(folder.root, "new"));
  const write = () => folder.toldBy(() => folder.write("new/in/file"));
  await expect.poll(write).toEqual([join(folder.root, "new/in/file")]);
});

test("what is ignored is not heard, at the start, nor when it comes later, nor when it is linked to", async () => {
  await using folder = await watchedFolder(["objects"]);
  await mkdir(join(folder.root, "objects/12"), { recursive: true });
  expect(await folder.toldBy(() => folder.write("objects/12/345"))).toEqual([]);
  expect(await folder.toldBy(() => symlink("objects", join(folder.root, "link")))).toEqual([
    join(folder.root, "link"),
  ]);
  expect(await folder.toldBy(() => folder.write("objects/12/678"))).toEqual([]);
});

test("the end of the folder itself is heard, and is no failure", async () => {
  await using folder = await watchedFolder();
  await rename(folder.root, `${folder.root}-away`);
  await folder.hears();
  await rm(`${folder.root}-away`, { recursive: true });
  expect(folder.failures).toEqual([]);
});

test("a folder that is not there is refused, and leaves no watch", async () => {
  await noneOpen();
  const none = watchTree(join(tmpdir(), crypto.randomUUID()), {
    ignore: [],
    heard: () => {},
    failed: () => {},
  });
  await expect(none).rejects.toThrow("there is no folder");
  await noneOpen();
});

test("after its end a watch tells nothing, not even what had happened by then, and holds nothing", async () => {
  await noneOpen();
  await using folder = await watchedFolder();
  const told: string[] = [];
  // Both hear of one event in the same turn; the first that tells ends the second.
  const first = await watchTree(folder.root, {
    ignore: [],
    heard: () => second[Symbol.dispose](),
    failed: () => {},
  });
  const second: Disposable = await watchTree(folder.root, {
    ignore: [],
    heard: (paths) => told.push(...paths),
    failed: () => {},
  });
  expect(openWatches()).toBe(3);
  await folder.toldBy(() => folder.write("one"));
  expect(told).toEqual([]);
  first[Symbol.dispose]();
  folder.unwatch();
  await noneOpen();
});
