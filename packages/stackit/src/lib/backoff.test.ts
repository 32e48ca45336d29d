import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const OPTIONS = { baseMs: 2_000, capMs: 300_000 };

test("the wait can double with each failure, up to the cap", () => {
  const longest = [1, 2, 3, 8, 9, 10, 5000].map((failures) => backoffMs(failures, OPTIONS, () => 1));
  expect(longest).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000, 300_000]);
});

test("the wait is spread over the whole range, so that many who failed together do not return together", () => {
  expect([0, 0.25, 0.5].map((random) => backoffMs(3, OPTIONS, () => random))).toEqual([0, 2_000, 4_000]);
});
