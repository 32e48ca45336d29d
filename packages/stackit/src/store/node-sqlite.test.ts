import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { nodeSqlite } from "./node-sqlite.ts";

const select = (value: unknown) =>
  nodeSqlite(new DatabaseSync(":memory:")).prepare("select ? as v").all([value]);

test.each([
  ["a Date", new Date()],
  ["an object", { a: 1 }],
  ["an array", [1]],
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["a symbol", Symbol("s")],
])("%s is refused instead of stored as something else", (_, value) => {
  expect(() => select(value)).toThrow(TypeError);
});

test.each([
  [true, 1],
  [false, 0],
  [null, null],
  ["text", "text"],
  [1.5, 1.5],
  [2 ** 50, 2 ** 50],
  [12n, 12],
])("%s is stored as %s", (value, stored) => {
  expect(select(value)).toEqual([{ v: stored }]);
});

test("a statement is prepared again after many others pushed it out", () => {
  const database = nodeSqlite(new DatabaseSync(":memory:"));
  const first = database.prepare("select 1 as v");
  for (let i = 0; i < 500; i++) database.prepare(`select ${i} as v`);
  expect(first.all([])).toEqual([{ v: 1 }]);
  expect(database.prepare("select 1 as v").all([])).toEqual([{ v: 1 }]);
});
