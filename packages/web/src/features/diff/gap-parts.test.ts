import { expect, test } from "vitest";
import type { Gap } from "./file-context.ts";
import { gapButtons, rangeAround, rangeOf } from "./gap-parts.ts";

const gap = (place: Gap["place"], start: number, end: number | undefined): Gap => ({
  index: 0,
  place,
  start,
  end,
  shift: 0,
});

const labels = (one: Gap) => gapButtons(one).map(({ part, label }) => `${part} ${label}`);

test("a gap is opened from where something is shown already", () => {
  expect(labels(gap("top", 1, 100))).toEqual(["up 20", "all All 100"]);
  expect(labels(gap("between", 50, 149))).toEqual(["down 20", "up 20", "all All 100"]);
  expect(labels(gap("bottom", 50, undefined))).toEqual(["down 20", "all All"]);
  expect(labels(gap("between", 50, 69))).toEqual(["all 20 lines"]);
  expect(labels(gap("top", 1, 1))).toEqual(["all 1 line"]);
  expect(labels(gap("top", 1, 6000))).toEqual(["up 20", "all 5,000"]);
});

test("a button says which lines it shows", () => {
  const names = gapButtons(gap("between", 50, 149)).map(({ name }) => name);
  expect(names).toEqual(["Show line 50 to line 69", "Show line 130 to line 149", "Show line 50 to line 149"]);
  expect(gapButtons(gap("bottom", 50, undefined)).at(-1)?.name).toBe("Show line 50 to the end");
});

test("one press reads what one answer holds", () => {
  expect(rangeOf(gap("top", 1, 6000), "all")).toEqual({ start: 1001, end: 6000 });
  expect(rangeOf(gap("between", 1, 6000), "all")).toEqual({ start: 1, end: 5000 });
  expect(rangeOf(gap("bottom", 1, undefined), "all")).toEqual({ start: 1, end: 5000 });
});

test("a line that is looked for is reached from the nearer side, unless it is too far", () => {
  const between = gap("between", 100, 1000);
  expect(rangeAround(between, 150)).toEqual({ start: 100, end: 170 });
  expect(rangeAround(between, 900)).toEqual({ start: 880, end: 1000 });
  expect(rangeAround(between, 99)).toBeUndefined();
  expect(rangeAround(gap("top", 1, 300), 150)).toEqual({ start: 130, end: 300 });
  expect(rangeAround(gap("bottom", 10, undefined), 30)).toEqual({ start: 10, end: 50 });
  expect(rangeAround(gap("bottom", 10, undefined), 9000)).toBeUndefined();
});
