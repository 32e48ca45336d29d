import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { HeadMove } from "../stacks/head-move.ts";
import { HeadMoves } from "./head-moves.ts";
import { headMoves as headMovesMigration } from "./migrations/0003-head-moves.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";

async function setUp(options: { maxRows?: number } = {}) {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await headMovesMigration.up(db);
  const time = { nowMs: Date.UTC(2026, 0, 1) };
  const open = (repoKey: string) => new HeadMoves(db, repoKey, { ...options, wallNow: () => time.nowMs });
  return { shop: open("mirror:shop"), other: open("mirror:other"), time };
}

function move(seenAtMs: number, more: Partial<HeadMove> = {}): HeadMove {
  return { ref: "refs/heads/é", old: "a", new: "b", kind: "forward", wasLast: true, seenAtMs, ...more };
}

const seenOf = ({ moves }: { moves: readonly HeadMove[] }) => moves.map(({ seenAtMs }) => seenAtMs);

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

test("what is older than 90 days is forgotten, and with it what must be kept", async () => {
  const { shop, other, time } = await setUp();
  const at = (days: number) => time.nowMs - days * 86_400_000;
  const moves = [
    move(at(1), { old: "new", kind: "forward" }),
    move(at(2), { old: "two days", kind: "rewritten" }),
    move(at(89), { old: "quarter", kind: "deleted", wasLast: false }),
    move(at(91), { old: "old", kind: "rewritten" }),
  ];
  await shop.settle(moves);
  await other.settle(moves);
  await shop.announce([leaving(move(at(99), { old: "nobody knows" }))]);
  expect(await shop.forget()).toEqual(new Set(["two days", "quarter", "nobody knows"]));
  expect(seenOf(await shop.recall())).toEqual([at(1), at(2), at(89)]);
  expect((await other.recall()).moves).toHaveLength(4);
});

test("of a branch that moves all the time, the newest hundred moves are known", async () => {
  const { shop, time } = await setUp();
  const busy = Array.from({ length: 150 }, (_, n) => move(time.nowMs - n));
  await shop.settle([...busy, move(time.nowMs - 1000, { ref: "refs/heads/quiet" })]);
  await shop.forget();
  expect(seenOf(await shop.recall())).toEqual([...seenOf({ moves: busy.slice(0, 100) }), time.nowMs - 1000]);
});

test("of too many moves, the newest are known", async () => {
  const { shop, time } = await setUp({ maxRows: 10 });
  await shop.settle(
    Array.from({ length: 25 }, (_, n) =>
      move(time.nowMs - n, { ref: `refs/heads/${n}`, old: `${n}`, kind: "deleted" }),
    ),
  );
  expect((await shop.forget()).size).toBe(10);
  expect((await shop.recall()).moves.at(-1)?.old).toBe("9");
});
