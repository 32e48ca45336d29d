import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { Landed } from "../stacks/landed.ts";
import { LandedBranches } from "./landed-branches.ts";
import { landed as landedMigration } from "./migrations/0006-landed.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { PatchIds } from "./patch-ids.ts";
import type { Schema } from "./schema.ts";

async function setUp(): Promise<Kysely<Schema>> {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await landedMigration.up(db);
  return db;
}

const landed = (tip: string, seenAtMs: number, more: Partial<Landed> = {}): Landed => ({
  tip,
  base: "base",
  trunk: "main",
  how: "squash",
  commit: "c",
  landedAtMs: 5,
  seenAtMs,
  ...more,
});

test("what landed comes back as it was said last, until it is taken back, and of its own repository alone", async () => {
  const db = await setUp();
  const [shop, other] = [new LandedBranches(db, "shop"), new LandedBranches(db, "other")];
  await shop.remember([landed("a", 1), landed("b", 2)]);
  await shop.remember([landed("a", 3, { how: "merge", commit: "d", landedAtMs: 6 })]);
  await other.remember([landed("a", 4)]);
  expect(await shop.recall()).toEqual([
    landed("a", 3, { how: "merge", commit: "d", landedAtMs: 6 }),
    landed("b", 2),
  ]);
  await shop.forget(["a"]);
  await shop.forget([]);
  expect(await shop.recall()).toEqual([landed("b", 2)]);
  expect(await other.recall()).toEqual([landed("a", 4)]);
});

test("of too much that landed the oldest is forgotten, however many come at once", async () => {
  const shop = new LandedBranches(await setUp(), "shop", { maxRows: 3 });
  await shop.remember([landed("old", 1)]);
  await shop.remember(Array.from({ length: 1_200 }, (_, i) => landed(`t${i}`, 2)));
  const kept = await shop.recall();
  expect(kept).toHaveLength(3);
  expect(kept.map(({ seenAtMs }) => seenAtMs)).toEqual([2, 2, 2]);
});

test("patch ids are known once they were written, an empty one too, and the first written go first", async () => {
  const time = { nowMs: 1 };
  const patchIds = new PatchIds(await setUp(), { maxRows: 100, wallNow: () => time.nowMs });
  await patchIds.putMany(
    new Map([
      ["old", "p"],
      ["base head", ""],
    ]),
  );
  expect(await patchIds.getMany(["base head", "old", "nobody"])).toEqual(
    new Map([
      ["old", "p"],
      ["base head", ""],
    ]),
  );
  time.nowMs = 2;
  await patchIds.putMany(new Map(Array.from({ length: 1_000 }, (_, i) => [`new${i}`, "q"])));
  expect(await patchIds.getMany(["old"])).toEqual(new Map());
});
