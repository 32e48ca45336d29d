import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { openStore } from "../../src/store/open-store.ts";

const COUNT = { added: 1, deleted: 2, files: 3 };
const ADDED = { id: "web", url: "https://example.com/acme/web", visibility: "team", addedBy: "" } as const;
const RUN: SyncRun = {
  id: "01JGS0000000000000000000RN",
  repoId: "shop",
  triggers: ["manual"],
  requestedAt: "2026-01-05T10:00:00.000Z",
  state: "queued",
  refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
  stacks: { created: [], changed: [], removed: [] },
  phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
};
const PAGE_BYTES = 4096;
const WRITER = fileURLToPath(new URL("../support/store-writer.ts", import.meta.url));

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-store-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Starts a writer and kills it without warning once it has acknowledged `rows`. Returns the last id it acknowledged. */
async function writeUntilKilled(dataDir: string, storeKey: string, rows: number): Promise<string> {
  const child = spawn(process.execPath, [WRITER, dataDir, storeKey], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const errors = text(child.stderr);
  let last = "";
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (++acknowledged === rows) child.kill("SIGKILL");
  }
  expect(await exit, await errors).toEqual([null, "SIGKILL"]);
  return last;
}

test("what is written is there after reopening, in a folder and a file that only the owner can read", async () => {
  const dataDir = join(await emptyFolder(), "new", "folder");
  {
    await using store = await openStore(dataDir);
    await store.lineCounts.putMany(new Map([["a b", COUNT]]));
    for (const name of await readdir(dataDir)) {
      expect([name, (await stat(join(dataDir, name))).mode & 0o777]).toEqual([name, 0o600]);
    }
  }
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  await using store = await openStore(dataDir);
  await store.ping();
  expect(await store.lineCounts.getMany(["a b"])).toEqual(new Map([["a b", COUNT]]));
  expect(store.setAside).toBeUndefined();
});

test("a file that is no database is kept aside, and a new one begun (M5)", async () => {
  const dataDir = await emptyFolder();
  await writeFile(join(dataDir, "stackit.sqlite"), "my diary, ".repeat(1000));
  await using store = await openStore(dataDir);
  expect(store.setAside?.salvaged).toBeUndefined();
  expect(store.setAside?.file).toMatch(/stackit\.sqlite\.broken-\d{4}-\d\d-\d\dT[\d.]+Z$/);
  expect(await readFile(store.setAside?.file ?? "", "utf8")).toContain("my diary");
  await store.lineCounts.putMany(new Map([["a b", COUNT]]));
  expect((await store.lineCounts.getMany(["a b"])).size).toBe(1);
});

/** Of a database with these counts, closed, and one more that is in its journal alone. */
async function brokenCopy(counts: number, damage: (bytes: Buffer) => void): Promise<string> {
  const dataDir = await emptyFolder();
  {
    await using store = await openStore(dataDir);
    const many = Array.from({ length: counts }, (_, n) => [`base${n} head`, COUNT] as const);
    await store.lineCounts.putMany(new Map(many));
    await store.addedRepos.save(ADDED);
    await store.syncRuns.save("shop", RUN);
  }
  const file = join(dataDir, "stackit.sqlite");
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec("pragma wal_autocheckpoint = 0");
  other.exec("insert into line_count values ('late head', 1, 2, 3, 0)");
  const copy = await emptyFolder();
  for (const name of await readdir(dataDir)) {
    if (!name.endsWith("-shm")) await copyFile(join(dataDir, name), join(copy, name));
  }
  const bytes = await readFile(file);
  damage(bytes);
  await writeFile(join(copy, "stackit.sqlite"), bytes);
  return copy;
}

/** Overwrites every page that holds these bytes. */
function damagePages(bytes: Buffer, text: string): void {
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
    bytes.fill(0x5a, at - (at % PAGE_BYTES), at - (at % PAGE_BYTES) + PAGE_BYTES);
  }
}

test("a database with damaged pages is kept aside, and all that can be read comes over, up to the last write (M5)", async () => {
  const dataDir = await brokenCopy(4000, (bytes) => damagePages(bytes, "base2000 head"));
  {
    await using store = await openStore(dataDir);
    const { file = "", salvaged } = store.setAside ?? {};
    expect(salvaged?.damaged).toEqual(["line_count"]);
    expect((await readFile(file)).includes(Buffer.alloc(PAGE_BYTES, 0x5a))).toBe(true);
    const found = await store.lineCounts.getMany([
      "base0 head",
      "base2000 head",
      "base3999 head",
      "late head",
    ]);
    expect([...found.keys()].sort()).toEqual(["base0 head", "base3999 head", "late head"]);
    expect(await store.addedRepos.list()).toMatchObject([ADDED]);
    expect((await store.syncRuns.list("shop", { limit: 9 })).runs).toHaveLength(1);
    const names = (await readdir(dataDir)).filter((name) => !/-(wal|shm)$/.test(name));
    expect(names.sort()).toEqual(["stackit.sqlite", basename(file)]);
    for (const name of names) expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o600);
  }
  await using again = await openStore(dataDir);
  expect(again.setAside).toBeUndefined();
});

test("rows whose JSON was cut stay behind, so that they harm no reader", async () => {
  const dataDir = await brokenCopy(4000, (bytes) => {
    damagePages(bytes, "base2000 head");
    const at = bytes.indexOf('"requestedAt"');
    bytes.fill(0x5a, at - 3, at + 3);
  });
  await using store = await openStore(dataDir);
  expect(store.setAside?.salvaged?.damaged.toSorted()).toEqual(["line_count", "sync_run"]);
  expect((await store.syncRuns.list("shop", { limit: 9 })).runs).toEqual([]);
});

test("a database of which not even the tables are known is kept aside, and a new one begun", async () => {
  const dataDir = await brokenCopy(1, (bytes) => bytes.fill(0x5a, 100, PAGE_BYTES));
  await rm(join(dataDir, "stackit.sqlite-wal"), { force: true });
  await using store = await openStore(dataDir);
  expect(store.setAside).toMatchObject({ salvaged: undefined });
  expect(await store.addedRepos.list()).toEqual([]);
});

test("a database that another process is about to make is waited for (M5)", async () => {
  const dataDir = await emptyFolder();
  const other = new DatabaseSync(join(dataDir, "stackit.sqlite"), { timeout: 0 });
  other.exec("begin immediate");
  // By the time this gives a promise, it was refused once.
  const opening = openStore(dataDir);
  other.exec("commit");
  other.close();
  await using store = await opening;
  await store.ping();
});

test("a database of a newer version is left as it is, byte by byte, and it is said what to do", async () => {
  const dataDir = await emptyFolder();
  await (await openStore(dataDir))[Symbol.asyncDispose]();
  const file = join(dataDir, "stackit.sqlite");
  const database = new DatabaseSync(file);
  database.exec("insert into kysely_migration values ('9999-later', '2099-01-01')");
  database.close();
  const before = await readFile(file);
  await expect(openStore(dataDir)).rejects.toThrow(
    `The database ${file} cannot be opened: a newer version of Stackit has made it, which knows "9999-later". ` +
      "Install that version or a newer one, or restore a backup of this one's.",
  );
  expect(await readdir(dataDir)).toEqual(["stackit.sqlite"]);
  expect((await readFile(file)).equals(before)).toBe(true);
});

test("a folder that cannot be one is named", async () => {
  const dataDir = join(await emptyFolder(), "file");
  await writeFile(dataDir, "");
  await expect(openStore(dataDir)).rejects.toThrow(dataDir);
});

test("what was acknowledged survives kill -9, and processes that share the folder do not lose each other's rows", async () => {
  const dataDir = await emptyFolder();
  for (let round = 0; round < 3; round++) {
    const keys = [`left ${round}`, `right ${round}`];
    const lastIds = await Promise.all(keys.map((key) => writeUntilKilled(dataDir, key, 40)));
    await using store = await openStore(dataDir);
    expect(store.setAside).toBeUndefined();
    for (const [index, key] of keys.entries()) {
      const { runs } = await store.syncRuns.list(key, { limit: 10_000 });
      const numbers = runs.map(({ id }) => Number(id)).reverse();
      const first = numbers[0] ?? 0;
      expect(numbers.at(-1)).toBeGreaterThanOrEqual(Number(lastIds[index]));
      expect(numbers).toEqual(numbers.map((_, n) => first + n));
      expect(first === 0 || numbers.length === 500).toBe(true);
    }
  }
});
