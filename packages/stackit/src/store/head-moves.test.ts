import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { HeadMove } from "../stacks/head-move.ts";
import { HeadMoves } from "./head-moves.ts";
import { headMoves as headMovesMigration } from "./migrations/0003-head-moves.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

async function setUp() {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await headMovesMigration.up(db);
  return { shop: new HeadMoves(db, "mirror:shop"), other: new HeadMoves(db, "mirror:other") };
}

function move(seenAtMs: number, more: Partial<HeadMove> = {}): HeadMove {
  return { ref: "refs/heads/é", old: "a", new: "b", kind: "forward", wasLast: true, seenAtMs, ...more };
}

const leaving = ({ ref, old, seenAtMs }: HeadMove) => ({ ref, old, seenAtMs });

test("what was announced waits until it is known what became of it", async () => {
  const { shop, other } = await setUp();
  const [first, second] = [move(1), move(2, { ref: "refs/heads/x" })];
  await shop.announce([leaving(first), leaving(second)]);
  await shop.announce([leaving(first)]);
  expect(await shop.recall()).toEqual({ moves: [], leaving: [leaving(first), leaving(second)] });
  await shop.settle([first]);
  expect(await shop.recall()).toEqual({ moves: [first], leaving: [] });
  expect(await other.recall()).toEqual({ moves: [], leaving: [] });
});

test("moves come newest first, and come again change nothing", async () => {
  const { shop, other } = await setUp();
  const { new: _, ...gone } = move(3, { kind: "deleted", wasLast: false });
  const moves = [gone, move(2, { kind: "rewritten" }), move(1)];
  await other.announce([leaving(move(9))]);
  for (let time = 0; time < 2; time++) await shop.settle(moves.toReversed());
  expect(await shop.recall()).toEqual({ moves, leaving: [] });
  expect((await other.recall()).leaving).toHaveLength(1);
});

test("ten thousand at once are no trouble", async () => {
  const { shop } = await setUp();
  const moves = Array.from({ length: 10_000 }, (_, n) => move(1, { ref: `refs/heads/${n}` }));
  await shop.announce(moves.map(leaving));
  await shop.settle(moves);
  expect((await shop.recall()).moves).toHaveLength(10_000);
});
