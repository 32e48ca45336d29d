import { expect, test } from "vitest";
import { count, formatNumber, initials, listed } from "./words.ts";

test("one thing is singular and thousands are grouped", () => {
  expect(count(1, "branch", "branches")).toBe("1 branch");
  expect(count(0, "branch", "branches")).toBe("0 branches");
  expect(count(1204, "commit")).toBe("1,204 commits");
  expect([-1, 999, 1000, 98_765, 1_234_567, -123_456].map(formatNumber)).toEqual(
    [-1, 999, 1000, 98_765, 1_234_567, -123_456].map((n) => n.toLocaleString("en")),
  );
});

test("lists read like a sentence", () => {
  expect(listed([])).toBe("");
  expect(listed(["a", "b", "c"])).toBe("a, b and c");
});

test("initials come from the first and last name, whatever the alphabet", () => {
  expect(initials("Mira Holm")).toBe("MH");
  expect(initials("theo")).toBe("T");
  expect(initials("józef-łukasz żak")).toBe("JŻ");
  expect(initials("")).toBe("?");
});
