import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { expect, onTestFinished, test } from "vitest";
import { nodeSqlite } from "../node-sqlite.ts";
import { openStore } from "../open-store.ts";
import { migrations } from "./migrations.ts";

const versions = Object.keys(migrations);

type Row = Record<string, unknown>;

/** The row of a finished run that changed one ref, as each version wrote it. */
const RUN = {
  id: "run-1",
  refs: { created: 0, updated: 1, deleted: 0 },
  stacks: { created: [], changed: [], removed: [] },
  triggers: ["webhook"],
};

/** What somebody did, as each version wrote it. */
const ENTRY = { actor: { kind: "person", id: "github.com:7", name: "Ada" }, target: "widget" };

/** A database file as a server left it that knew the migrations up to this one. */
async function fileOf(version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-migrations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const database = new DatabaseSync(join(folder, "stackit.sqlite"));
  database.exec("pragma journal_mode = wal");
  const known = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= version));
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: nodeSqlite(database) }) });
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => known },
  }).migrateToLatest();
  if (error) throw error;
  await db.destroy();
  return folder;
}

function open(folder: string): DatabaseSync {
  return new DatabaseSync(join(folder, "stackit.sqlite"));
}

function tablesOf(database: DatabaseSync): string[] {
  return database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'kysely%' order by name")
    .all()
    .map(({ name }) => String(name));
}

/** One row in each table, with a value of its own in each column. */
function fill(database: DatabaseSync): void {
  for (const table of tablesOf(database)) {
    const columns = database.prepare(`select name, type from pragma_table_info('${table}')`).all();
    const values = columns.map(({ name, type }, index) => {
      if (table === "sync_run" && name === "run") return JSON.stringify(RUN);
      if (table === "sync_run" && name === "outcome") return "updated";
      if (table === "audit" && name === "entry") return JSON.stringify(ENTRY);
      return String(type).toLowerCase() === "text" ? `${table} ${name}` : index;
    });
    database.prepare(`insert into ${table} values (${columns.map(() => "?").join(", ")})`).run(...values);
  }
}

function rowsOf(database: DatabaseSync): Map<string, Row[]> {
  return new Map(
    tablesOf(database).map((table) => [table, database.prepare(`select * from ${table}`).all()]),
  );
}

function schemaOf(database: DatabaseSync): unknown[] {
  return database
    .prepare("select type, name, sql from sqlite_master where sql is not null order by type, name")
    .all();
}

async function latestSchema(): Promise<unknown[]> {
  const folder = await fileOf(versions.at(-1) ?? "");
  using closing = closed(open(folder));
  return schemaOf(closing.database);
}

function closed(database: DatabaseSync): Disposable & { readonly database: DatabaseSync } {
  return { database, [Symbol.dispose]: () => database.close() };
}

test.each(versions)(
  "a file of %s is brought to today's tables with every row that it has",
  async (version) => {
    const folder = await fileOf(version);
    let before: Map<string, Row[]>;
    {
      using file = closed(open(folder));
      fill(file.database);
      before = rowsOf(file.database);
    }
    expect(before.size).toBeGreaterThan(1);
    {
      await using store = await openStore(folder);
      await store.ping();
      expect(store.setAside).toBeUndefined();
    }
    using file = closed(open(folder));
    const after = rowsOf(file.database);
    for (const [table, rows] of before) {
      expect(rows).toHaveLength(1);
      expect({ table, rows: after.get(table) }).toEqual({
        table,
        rows: rows.map((row) => expect.objectContaining({ ...row })),
      });
    }
    expect(schemaOf(file.database)).toEqual(await latestSchema());
    expect(await openStore(folder).then((store) => store[Symbol.asyncDispose]())).toBeUndefined();
  },
);

test("runs of a file from before it was noted say afterwards whether they changed something, and who asked", async () => {
  const folder = await fileOf("0004-repositories");
  {
    using file = closed(open(folder));
    fill(file.database);
    const unchanged = "insert into sync_run values ('quiet', 'run-2', 'done', 'unchanged', null, 1, 2, '{}')";
    file.database.exec(unchanged);
  }
  await (await openStore(folder))[Symbol.asyncDispose]();
  using file = closed(open(folder));
  const rows = file.database
    .prepare("select outcome, changed, announced from sync_run order by outcome")
    .all();
  expect(rows.map((row) => ({ ...row }))).toEqual([
    { outcome: "unchanged", changed: 0, announced: 0 },
    { outcome: "updated", changed: 1, announced: 1 },
  ]);
});

test("webhooks that announced pushes before it was kept when are known by their last delivery", async () => {
  const folder = await fileOf("0016-submissions");
  {
    using file = closed(open(folder));
    const add = file.database.prepare(
      "insert into delivery (forge, id, event, repo_key, task, received_at, repeats) values ('github', ?, ?, ?, '{}', ?, 0)",
    );
    add.run("1", "push", "mirror:a", 1);
    add.run("2", "push", "mirror:a", 2);
    add.run("3", "pull_request", "mirror:a", 3);
    add.run("4", "pull_request", "mirror:b", 4);
  }
  await using store = await openStore(folder);
  expect(await store.hooks.list()).toEqual(new Map([["mirror:a", { lastPushAtMs: 2, silence: undefined }]]));
});

test("what was done before one could ask for it is found by who did it and to what", async () => {
  const folder = await fileOf("0010-access");
  {
    using file = closed(open(folder));
    fill(file.database);
  }
  await using store = await openStore(folder);
  const found = { entries: [ENTRY] };
  expect(await store.audit.list({ limit: 10, who: "ADA" })).toMatchObject(found);
  using file = closed(open(folder));
  expect(file.database.prepare("select target from audit").get()?.target).toBe("widget");
});

test("a migration that fails leaves the file as it was", async () => {
  const folder = await fileOf("0004-repositories");
  let before: Map<string, Row[]>;
  {
    using file = closed(open(folder));
    fill(file.database);
    file.database.exec("update sync_run set run = 'no JSON'");
    before = rowsOf(file.database);
  }
  await expect(openStore(folder)).rejects.toThrow("cannot be opened");
  using file = closed(open(folder));
  expect(rowsOf(file.database)).toEqual(before);
});
