import fc from "fast-check";
import { expect, test } from "vitest";
import { offsetsOf, rangeFor, rowAt } from "./window.ts";

test("offsets add up the heights", () => {
  expect([...offsetsOf([10, 20, 5])]).toEqual([0, 10, 30, 35]);
});

test("the row at a place is the one that covers it", () => {
  const offsets = offsetsOf([10, 20, 5]);
  expect([-5, 0, 9, 10, 29, 30, 99].map((y) => rowAt(offsets, y))).toEqual([0, 0, 0, 1, 1, 2, 2]);
});

test("no rows need no window", () => {
  expect(rangeFor(offsetsOf([]), 0, 500, 100)).toEqual({ start: 0, end: 0 });
});

test("every row that touches the viewport is drawn", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 0, max: 9000 }),
      (heights, top) => {
        const offsets = offsetsOf(heights);
        const bottom = top + 400;
        const { start, end } = rangeFor(offsets, top, bottom, 0);
        for (const index of heights.keys()) {
          const seen = (offsets[index + 1] ?? 0) > top && (offsets[index] ?? 0) <= bottom;
          if (seen) expect(index >= start && index < end).toBe(true);
        }
      },
    ),
  );
});
