import { expect, test } from "vitest";
import { codedTag, matchesTag, strongTag } from "./etag.ts";

test("a tag names its parts, and where one part ends", () => {
  expect(strongTag("a", 1)).toBe(strongTag("a", 1));
  expect(strongTag("a", 1)).not.toBe(strongTag("a", 2));
  expect(strongTag("ab", "c")).not.toBe(strongTag("a", "bc"));
  expect(strongTag("a")).toMatch(/^"[\w-]{22}"$/);
});

test.each([
  [undefined, false],
  ["", false],
  ['"x"', true],
  ['W/"x"', true],
  ['"a", "x"', true],
  ['"a,b",W/"x"', true],
  [" * ", true],
  ["x", false],
  ['"X"', false],
  ['"x-gz"', true],
  ['"a, x"', false],
])("If-None-Match: %s", (header, expected) => {
  expect(matchesTag(header, ['"x"', codedTag('"x"', "gz")])).toBe(expected);
});
