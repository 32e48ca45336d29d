import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { coalesce } from "./coalesce.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("the first comes at once, a burst comes together, and quiet resets it", () => {
  const got: string[][] = [];
  const box = coalesce<string>(500, (items) => got.push(items));
  box.add("a");
  box.add("b");
  box.add("c", "d");
  expect(got).toEqual([["a"]]);
  vi.advanceTimersByTime(500);
  expect(got).toEqual([["a"], ["b", "c", "d"]]);
  vi.advanceTimersByTime(2000);
  box.add("e");
  expect(got.at(-1)).toEqual(["e"]);
});

test("after disposal nothing is delivered", () => {
  const got: string[][] = [];
  const box = coalesce<string>(500, (items) => got.push(items));
  box.add("a");
  box.add("b");
  box.dispose();
  vi.advanceTimersByTime(5000);
  expect(got).toEqual([["a"]]);
});
