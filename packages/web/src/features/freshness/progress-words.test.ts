import type { Freshness } from "stackit/contract/repo";
import { expect, test } from "vitest";
import { percentOf, progressWords, shortProgressWords } from "./progress-words.ts";

const receiving = { phase: "receiving", objects: 1234, totalObjects: 2700, bytes: 3_355_443 } as const;
const cloning: Freshness = {
  health: "never",
  activity: "cloning",
  consecutiveFailures: 0,
  recent: [],
  expectedMaxAgeSec: 600,
};

test("what comes is counted in objects and bytes", () => {
  expect(progressWords(receiving)).toEqual({
    step: "Receiving 45\u202f%",
    amount: "1,234 of 2,700 objects · 3.2\u202fMiB",
  });
  expect(shortProgressWords({ ...cloning, progress: receiving })).toBe("Cloning 45\u202f% · 3.2\u202fMiB");
});

test("the remote's own work is said to be the remote's, without percents where it gives none", () => {
  const counting = { phase: "counting", objects: 12_345, bytes: 0 } as const;
  expect(progressWords(counting)).toEqual({ step: "The remote is counting", amount: "12,345 objects" });
  expect(shortProgressWords({ ...cloning, progress: counting })).toBe("Cloning, counting");
});

test("deltas are not objects, and a fetch is no clone", () => {
  const resolving = { phase: "resolving", objects: 588, totalObjects: 588, bytes: 900 } as const;
  expect(progressWords(resolving).amount).toBe("588 of 588 deltas · 900\u202fB");
  expect(shortProgressWords({ ...cloning, activity: "running", progress: resolving })).toBe(
    "Fetching, resolving 100\u202f% · 900\u202fB",
  );
});

test("nothing is said and nothing divided by zero where nothing is known", () => {
  expect(shortProgressWords(cloning)).toBeUndefined();
  expect(percentOf({ phase: "receiving", objects: 0, totalObjects: 0, bytes: 0 })).toBeUndefined();
});
