import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/store/open-store.ts";

const COUNT = { added: 1, deleted: 2, files: 3 };
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

test("a file that is no database is kept aside, and a new one begun", async () => {
  const dataDir = await emptyFolder();
  await writeFile(join(dataDir, "stackit.sqlite"), "my diary, ".repeat(1000));
  await using store = await openStore(dataDir);
  expect(store.setAside).toMatch(/stackit\.sqlite\.broken-\d{4}-\d\d-\d\dT[\d.]+Z$/);
  expect(await readFile(store.setAside ?? "", "utf8")).toContain("my diary");
  await store.lineCounts.putMany(new Map([["a b", COUNT]]));
  expect((await store.lineCounts.getMany(["a b"])).size).toBe(1);
});

test("a database with damaged pages is kept aside, and a new one begun", async () => {
  const dataDir = await emptyFolder();
  {
    await using store = await openStore(dataDir);
    const many = Array.from({ length: 2000 }, (_, n) => [`base${n} head`, COUNT] as const);
    await store.lineCounts.putMany(new Map(many));
  }
  const file = await open(join(dataDir, "stackit.sqlite"), "r+");
  await file.write(Buffer.alloc(8192, 0x5a), 0, 8192, 40_960);
  await file.close();
  await using store = await openStore(dataDir);
  expect(store.setAside).toBeDefined();
  expect(await store.lineCounts.getMany(["base1 head"])).toEqual(new Map());
});

test("a database that another process is about to make is waited for", async () => {
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

test("a database of a newer version is left alone and named", async () => {
  const dataDir = await emptyFolder();
  await (await openStore(dataDir))[Symbol.asyncDispose]();
  const file = join(dataDir, "stackit.sqlite");
  const database = new DatabaseSync(file);
  database.exec("insert into kysely_migration values ('9999-later', '2099-01-01')");
  database.close();
  await expect(openStore(dataDir)).rejects.toThrow(file);
  expect(await readdir(dataDir)).toEqual(["stackit.sqlite"]);
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
