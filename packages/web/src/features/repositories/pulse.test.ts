import { expect, test } from "vitest";
import { PULSE_HEIGHT_PX, pulseBars, pulseWords } from "./pulse.ts";

test("a bar is the higher the longer its sync took, and one that failed is short", () => {
  const heights = [5, 100, 1000, 60_000, 600_000].map(
    (durationMs) => pulseBars([{ outcome: "unchanged", durationMs }])[0]?.heightPx ?? 0,
  );
  expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  expect(heights[0]).toBeLessThan(heights[1] ?? 0);
  expect(heights.slice(-2)).toEqual([PULSE_HEIGHT_PX, PULSE_HEIGHT_PX]);
  expect(pulseBars([{ outcome: "failed", durationMs: 60_000 }])).toEqual([{ tone: "bad", heightPx: 4 }]);
});

test("the last syncs are counted in words", () => {
  const failed = Array.from({ length: 9 }, () => ({ outcome: "failed" as const }));
  expect(pulseWords([])).toBe("No sync yet");
  expect(pulseWords([{ outcome: "updated" }, { outcome: "unchanged" }, { outcome: "held" }, ...failed])).toBe(
    "Last syncs: 2 succeeded, 1 held back and 9 failed",
  );
});
