import { expect, test } from "vitest";
import { reuse, reuseByKey, sameData } from "./reuse.ts";

test("equal data keeps the old identity", () => {
  const old = { a: [1, { b: "x" }] };
  expect(reuse(old, { a: [1, { b: "x" }] })).toBe(old);
  expect(reuse(old, { a: [1, { b: "y" }] })).not.toBe(old);
});

test("a missing member and an undefined one are different", () => {
  expect(sameData({ a: 1 }, { a: 1, b: undefined })).toBe(false);
  expect(sameData({ a: undefined }, { b: undefined })).toBe(false);
});

test("an item that moves in a list stays itself, and only the changed one is new", () => {
  const old = [
    { name: "a", n: 1 },
    { name: "b", n: 2 },
  ];
  const next = reuseByKey(
    old,
    [
      { name: "c", n: 3 },
      { name: "b", n: 2 },
      { name: "a", n: 9 },
    ],
    (item) => item.name,
  );
  expect(next[1]).toBe(old[1]);
  expect(next[2]).not.toBe(old[0]);
});

test("a list in which nothing changed is the same list", () => {
  const old = [{ name: "a" }];
  expect(reuseByKey(old, [{ name: "a" }], (item) => item.name)).toBe(old);
});

test("items that went or came in the middle leave the others themselves", () => {
  const old = ["a", "b", "c", "d"].map((name) => ({ name }));
  const names = ["a", "x", "c", "d", "b"];
  const next = reuseByKey(
    old,
    names.map((name) => ({ name })),
    (item) => item.name,
  );
  expect(next).toEqual(names.map((name) => ({ name })));
  for (const item of old) expect(next).toContain(item);
});
