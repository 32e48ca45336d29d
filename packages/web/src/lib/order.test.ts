import { expect, test } from "vitest";
import { keepOrder, sortByIds } from "./order.ts";

test("what is there stays where it is, what is new comes after its neighbour, what is gone goes", () => {
  expect(keepOrder(["a", "b", "c"], ["c", "x", "a", "y"])).toEqual(["a", "y", "c", "x"]);
  expect(keepOrder([], ["a", "b"])).toEqual(["a", "b"]);
  expect(keepOrder(["a"], ["new", "a"])).toEqual(["new", "a"]);
});

test("items follow a list of ids, unknown ones last", () => {
  expect(sortByIds(["b", "z", "a"], ["a", "b"], (item) => item)).toEqual(["a", "b", "z"]);
});
