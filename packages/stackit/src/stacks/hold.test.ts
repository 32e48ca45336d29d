import { expect, test } from "vitest";
import { isTooMuch } from "./hold.ts";

test("more than half and more than ten must be confirmed", () => {
  const cases: [lost: number, known: number, expected: boolean][] = [
    [0, 0, false],
    [10, 10, false],
    [11, 11, true],
    [11, 21, true],
    [11, 22, false],
    [5_000, 10_000, false],
    [5_001, 10_000, true],
  ];
  for (const [lost, known, expected] of cases) expect(isTooMuch(lost, () => known)).toBe(expected);
});

test("nobody counts when few are lost", () => {
  const count = (): number => {
    throw new Error("counted");
  };
  expect(isTooMuch(10, count)).toBe(false);
});
