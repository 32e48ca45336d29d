import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { Departed } from "../stacks/departed.ts";
import { DepartedBranches } from "./departed-branches.ts";
import { departed as departedMigration } from "./migrations/0008-departed.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

async function setUp(options: { maxRows?: number } = {}) {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await departedMigration.up(db);
  const time = { nowMs: 1_000 * DAY_MS };
  const open = (repoKey: string) =>
    new DepartedBranches(db, repoKey, { ...options, wallNow: () => time.nowMs });
  return { shop: open("mirror:shop"), other: open("mirror:other"), time };
}

const left = (name: string, leftAtMs: number): Departed => {
  const question = { tip: "b", base: "a", commits: ["b"], grounds: ["a"] };
  return { name, tip: "b", title: "Über", prNumber: 7, children: ["x"], question, leftAtMs };
};

test("what left comes back oldest first, the later of the same name alone, and none of another repository", async () => {
  const { shop, other, time } = await setUp();
  await shop.remember([left("a", time.nowMs - 2), left("b", time.nowMs - 1)]);
  await shop.remember([left("a", time.nowMs)]);
  await other.remember([left("a", time.nowMs)]);
  expect(await shop.recall()).toEqual([left("b", time.nowMs - 1), left("a", time.nowMs)]);
  await shop.forget(["a", "nobody"]);
  expect(await shop.recall()).toEqual([left("b", time.nowMs - 1)]);
  expect(await other.recall()).toHaveLength(1);
});

test("after ninety days it is forgotten, and when there are too many the oldest are", async () => {
  const { shop, time } = await setUp({ maxRows: 3 });
  await shop.remember(["a", "b", "c", "d"].map((name, index) => left(name, time.nowMs + index)));
  expect((await shop.recall()).map(({ name }) => name)).toEqual(["b", "c", "d"]);
  time.nowMs += 90 * DAY_MS + 2;
  expect((await shop.recall()).map(({ name }) => name)).toEqual(["d"]);
  await shop.remember(["w", "x", "y", "z"].map((name) => left(name, time.nowMs)));
  expect(await shop.recall()).toHaveLength(3);
  await shop.forget(["w", "x", "y", "z"]);
  await shop.remember([left("d", time.nowMs - 1), left("e", time.nowMs)]);
  expect((await shop.recall()).map(({ name }) => name)).toEqual(["d", "e"]);
});
