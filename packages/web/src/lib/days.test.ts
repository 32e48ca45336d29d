import { expect, test } from "vitest";
import { dayName } from "./days.ts";

test("a day is named by how far it is", () => {
  const now = new Date(2026, 2, 1, 0, 30).getTime();
  const name = (...when: [number, number, number, number]) => dayName(new Date(...when).getTime(), now);
  expect(name(2026, 2, 1, 0)).toBe("Today");
  expect(name(2026, 1, 28, 23)).toBe("Yesterday");
  expect(name(2026, 1, 16, 12)).toBe("Monday 16 February");
  expect(name(2025, 10, 16, 12)).toBe("16 November 2025");
});
