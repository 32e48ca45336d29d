import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { type LineCount, LineCounts } from "./line-counts.ts";
import { firstTables } from "./migrations/0001-first-tables.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

const DAY_MS = 86_400_000;

async function setUp(options: { maxRows?: number } = {}) {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await firstTables.up(db);
  const time = { nowMs: Date.UTC(2026, 0, 1) };
  const lineCounts = new LineCounts(db, { ...options, wallNow: () => time.nowMs });
  return { lineCounts, time };
}

const counts = (from: number, to: number): Map<string, LineCount> =>
  new Map(
    Array.from({ length: to - from }, (_, i) => [
      `base${from + i} head`,
      { added: from + i, deleted: 1, files: 2 },
    ]),
  );

test("what was counted is known, what was not is absent", async () => {
  const { lineCounts } = await setUp();
  expect(await lineCounts.getMany([])).toEqual(new Map());
  await lineCounts.putMany(new Map());
  await lineCounts.putMany(counts(0, 3));
  await lineCounts.putMany(counts(2, 4));
  expect(await lineCounts.getMany(["base3 head", "base9 head", "base0 head"])).toEqual(
    new Map([
      ["base3 head", { added: 3, deleted: 1, files: 2 }],
      ["base0 head", { added: 0, deleted: 1, files: 2 }],
    ]),
  );
});

test("ten thousand at once are no trouble", async () => {
  const { lineCounts } = await setUp();
  const many = counts(0, 10_000);
  await lineCounts.putMany(many);
  expect(await lineCounts.getMany([...many.keys()])).toEqual(many);
});

test("of too many, those go that were not asked for the longest", async () => {
  const { lineCounts, time } = await setUp({ maxRows: 100 });
  await lineCounts.putMany(counts(0, 50));
  time.nowMs += DAY_MS;
  await lineCounts.putMany(counts(50, 100));
  time.nowMs += DAY_MS;
  await lineCounts.getMany([...counts(0, 10).keys()]);
  await lineCounts.putMany(counts(100, 140));
  const left = await lineCounts.getMany([...counts(0, 140).keys()]);
  const expected = new Map([...counts(0, 10), ...counts(50, 140)]);
  expect(left).toEqual(expected);
});
