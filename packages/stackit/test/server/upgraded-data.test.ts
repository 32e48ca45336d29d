import { spawn } from "node:child_process";
import { once } from "node:events";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { expect, test } from "vitest";
import { migrations } from "../../src/store/migrations/migrations.ts";
import { nodeSqlite } from "../../src/store/node-sqlite.ts";
import { startServe } from "../support/cli.ts";
import { waitFor } from "../support/git-host-behaviours.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";

const HANGING = fileURLToPath(new URL("../support/hanging-migration.ts", import.meta.url));
/** The first, some between, and the last before today's. */
const LEVELS = [
  "0001-first-tables",
  "0003-head-moves",
  "0010-access",
  "0015-delivery-log",
  "0016-submissions",
];
type Row = Record<string, string | number | null>;

interface Left extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly dataDir: string;
  readonly file: string;
  start(): ReturnType<typeof startServe>;
}

/** The data folder of a server that has mirrored, followed a rewritten branch, taken a webhook, and known people and tokens. */
async function leftFolder(): Promise<Left> {
  await using house = new AsyncDisposableStack();
  const upstream = house.use(
    await upstreamOf((s) => {
      s.commit("main");
      s.stacked("api", "main");
      s.commit("other");
    }),
  );
  const { root, git, sha } = upstream.scene;
  const dataDir = join(root, "data");
  const list = join(root, "repos.json");
  const repos = [{ id: "shop", url: upstream.url, syncInterval: "0", owner: "octo", name: "shop" }];
  await writeFile(list, JSON.stringify({ repos }));
  const start = () =>
    startServe(["--repos-config", list, "--data-dir", dataDir], {
      cwd: root,
      env: { STACKIT_WEBHOOK_SECRET: SECRET },
    });
  {
    await using server = await start();
    const sync = async () => (await fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" })).status;
    expect(await sync()).toBe(200);
    await git("update-ref", "refs/heads/api", await sha("other"));
    expect(await sync()).toBe(200);
    const posted = await delivered("push", push("octo/shop", "api", await sha("api")));
    const { headers, payload: body } = posted;
    expect((await fetch(server.url + posted.url, { method: "POST", headers, body })).status).toBe(202);
    await server.stop();
  }
  const file = join(dataDir, "stackit.sqlite");
  const database = new DatabaseSync(file);
  database.exec(`
    update delivery set finished_at = null;
    insert into person values ('github.com:7', 'ada', null, 1, 2);
    insert into api_token values ('token', 'digest', 'CI', '["sync"]', null, 1, null, null);
    insert into session values ('session', 'other digest', 'github.com:7', 1, 2, 3, '127.0.0.1', 'a browser');
    pragma wal_checkpoint(truncate);`);
  database.close();
  const kept = house.move();
  return { upstream, dataDir, file, start, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() };
}

/** Makes the database what a server would have left that knew the migrations up to `level`: its tables, and of the rows what it had of them. */
async function goBack(file: string, level: string): Promise<void> {
  const today = `${file}.today`;
  await rename(file, today);
  for (const end of ["-wal", "-shm"]) await rm(file + end, { force: true });
  const database = new DatabaseSync(file);
  database.exec("pragma journal_mode = wal");
  const known = Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= level));
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: nodeSqlite(database) }) });
  const provider = { getMigrations: async () => known };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
  database.prepare("attach ? as today").run(today);
  for (const table of tablesOf(database)) {
    const columns = columnsOf(database, table).join(", ");
    database.exec(`insert into main.${table} (${columns}) select ${columns} from today.${table}`);
  }
  await db.destroy();
  await rm(today);
}

function tablesOf(database: DatabaseSync): string[] {
  return database
    .prepare(
      "select name from main.sqlite_master where type = 'table' and name not like 'kysely%' order by name",
    )
    .all()
    .map(({ name }) => String(name));
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return database
    .prepare("select name from pragma_table_info(?)")
    .all(table)
    .map(({ name }) => String(name));
}

function rowsOf(file: string): Map<string, Row[]> {
  const database = new DatabaseSync(file);
  try {
    return new Map(
      tablesOf(database).map((table) => [
        table,
        database
          .prepare(`select * from ${table}`)
          .all()
          .map((row) => ({ ...row }) as Row),
      ]),
    );
  } finally {
    database.close();
  }
}

/** What a server goes on writing to: these rows may be other ones when it has run. */
const GOES_ON: Readonly<Record<string, readonly string[]>> = {
  delivery: ["finished_at", "run_id"],
  line_count: ["used_at"],
  repository: ["last_seen_at"],
  stack: ["facts"],
};

test.each(LEVELS)(
  "a data folder as a server left it that knew %s is served with all that was in it",
  async (level) => {
    await using left = await leftFolder();
    const { dataDir, file, upstream } = left;
    await goBack(file, level);
    const before = rowsOf(file);
    const mirror = join(dataDir, "mirrors", "shop.git");
    const refs = () => upstream.scene.gitIn(mirror, "for-each-ref", "refs/heads", "refs/stackit-kept");
    const refsBefore = await refs();
    expect(refsBefore).toContain("refs/stackit-kept/");
    const gate = Promise.withResolvers<void>();
    upstream.host.front = waitFor(gate.promise);
    {
      await using server = await left.start();
      const get = async (path: string) => {
        const answer = await fetch(`${server.url}/api/v1/repos/shop${path}`);
        return { status: answer.status, body: await answer.json() };
      };
      // From the disk: its remote says nothing.
      await expect.poll(async () => (await get("/view")).status).toBe(200);
      expect(await refs()).toBe(refsBefore);
      const ids = (before.get("sync_run") ?? []).map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(1);
      const told = (await get("/sync-runs")).body.runs.map(({ id }: { id: string }) => id);
      expect(told).toEqual(expect.arrayContaining(ids));
      gate.resolve();
      if (before.has("delivery")) {
        const open = () => (rowsOf(file).get("delivery") ?? []).filter((row) => row.finished_at === null);
        await expect.poll(open).toEqual([]);
      }
      expect((await fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" })).status).toBe(200);
      expect(await server.stop()).toBe(0);
    }
    const after = rowsOf(file);
    for (const [table, rows] of before) {
      const wanted = rows.map((row) => {
        const fixed = Object.entries(row).filter(([column]) => !GOES_ON[table]?.includes(column));
        return expect.objectContaining(Object.fromEntries(fixed));
      });
      expect(after.get(table), table).toEqual(expect.arrayContaining(wanted));
    }
  },
  120_000,
);

test("a program that is killed in the midst of its migrations leaves the file as it was, and the next one brings it forward", async () => {
  await using left = await leftFolder();
  await goBack(left.file, "0010-access");
  const before = rowsOf(left.file);
  const child = spawn(process.execPath, ["--conditions=source", HANGING, left.dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [said] = await once(child.stdout, "data");
  expect(String(said)).toBe("all but the last\n");
  child.kill("SIGKILL");
  await ended;
  expect(rowsOf(left.file)).toEqual(before);
  await using server = await left.start();
  await expect.poll(async () => (await fetch(`${server.url}/api/v1/repos/shop/view`)).status).toBe(200);
  expect([...rowsOf(left.file).keys()]).toEqual(expect.arrayContaining(["submission", "activity"]));
}, 120_000);
