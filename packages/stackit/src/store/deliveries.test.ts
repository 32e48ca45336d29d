import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { Deliveries, type Delivery } from "./deliveries.ts";
import { deliveries as deliveriesMigration } from "./migrations/0002-deliveries.ts";
import { deliveryLog } from "./migrations/0015-delivery-log.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

const DAY_MS = 86_400_000;

async function setUp(options: { maxRows?: number } = {}) {
  const statements: string[] = [];
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
    log: ({ query }) => void statements.push(query.sql),
  });
  await deliveriesMigration.up(db);
  await deliveryLog.up(db);
  const time = { nowMs: Date.UTC(2026, 0, 1) };
  return { deliveries: new Deliveries(db, { ...options, wallNow: () => time.nowMs++ }), time, statements };
}

function delivery(id: string, more: Partial<Delivery> = {}): Delivery {
  const task = { forgeRepoId: 186_853_002, expect: [{ ref: "refs/heads/é", sha: null }] };
  return { id, event: "push", repoKey: "a", task, ...more };
}

const idsOf = (found: readonly Delivery[]) => found.map(({ id }) => id);

test("a delivery waits, as it came and in its order, until it is finished", async () => {
  const { deliveries } = await setUp();
  for (const id of ["3", "1", "2"]) expect(await deliveries.add(delivery(id))).toBe(true);
  await deliveries.add(delivery("other", { repoKey: "b" }));
  await deliveries.add(delivery("tag"), { finished: true });
  expect(await deliveries.unfinished("a")).toEqual([delivery("3"), delivery("1"), delivery("2")]);
  await deliveries.finish("a", ["3", "2", "unknown"]);
  await deliveries.finish("a", []);
  expect(idsOf(await deliveries.unfinished("a"))).toEqual(["1"]);
  expect(idsOf(await deliveries.unfinished("b"))).toEqual(["other"]);
});

test("a delivery that comes again is known, and its second coming changes nothing", async () => {
  const { deliveries } = await setUp();
  await deliveries.add(delivery("1"));
  expect(await deliveries.add(delivery("1", { event: "other" }), { finished: true })).toBe(false);
  expect(await deliveries.unfinished("a")).toEqual([delivery("1")]);
  await deliveries.finish("a", ["1"]);
  expect(await deliveries.add(delivery("1"))).toBe(false);
  expect(await deliveries.unfinished("a")).toEqual([]);
});

test("a delivery that concerns two repositories is taken and finished for each", async () => {
  const { deliveries } = await setUp();
  for (const repoKey of ["a", "b"]) expect(await deliveries.add(delivery("1", { repoKey }))).toBe(true);
  await deliveries.finish("a", ["1"]);
  expect(await deliveries.unfinished("a")).toEqual([]);
  expect(idsOf(await deliveries.unfinished("b"))).toEqual(["1"]);
});

test("of those that come at once with one id, one is new (B53)", async () => {
  const { deliveries } = await setUp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => deliveries.add(delivery("1"))));
  expect(answers.filter(Boolean)).toHaveLength(1);
});

test("a hundred that come at once are one transaction and one statement, each knows whether it is new", async () => {
  const { deliveries, statements } = await setUp();
  await deliveries.add(delivery("7"));
  statements.length = 0;
  const ids = Array.from({ length: 100 }, (_, n) => String(n % 50));
  const answers = await Promise.all(ids.map((id) => deliveries.add(delivery(id))));
  expect(answers).toEqual(ids.map((id, n) => n < 50 && id !== "7"));
  expect(statements.map((sql) => sql.split(" ")[0])).toEqual(["begin", "insert", "commit"]);
  expect(idsOf(await deliveries.unfinished("a"))).toEqual([
    "7",
    ...ids.slice(0, 50).filter((id) => id !== "7"),
  ]);
});

test("a thousand are finished at once", async () => {
  const { deliveries } = await setUp();
  const ids = Array.from({ length: 1_234 }, (_, n) => String(n));
  for (const id of ids) await deliveries.add(delivery(id));
  await deliveries.finish("a", ids.slice(0, -1));
  expect(idsOf(await deliveries.unfinished("a"))).toEqual(["1233"]);
});

test("what is older than 30 days is forgotten", async () => {
  const { deliveries, time } = await setUp({ maxRows: 20 });
  await deliveries.add(delivery("old"));
  time.nowMs += 29 * DAY_MS;
  for (const id of ["1", "2"]) await deliveries.add(delivery(id), { finished: true });
  expect(await deliveries.add(delivery("old"))).toBe(false);
  time.nowMs += 2 * DAY_MS;
  for (const id of ["3", "4"]) await deliveries.add(delivery(id), { finished: true });
  expect(await deliveries.unfinished("a")).toEqual([]);
  expect(await deliveries.add(delivery("old"))).toBe(true);
});

test("of too many, the oldest go that are finished", async () => {
  const { deliveries } = await setUp({ maxRows: 20 });
  await deliveries.add(delivery("waits"));
  for (let n = 0; n < 40; n++) await deliveries.add(delivery(String(n)), { finished: true });
  expect(await deliveries.add(delivery("0"))).toBe(true);
  expect(await deliveries.add(delivery("39"))).toBe(false);
  expect(idsOf(await deliveries.unfinished("a"))).toEqual(["waits", "0"]);
});
