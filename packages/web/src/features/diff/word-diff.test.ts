import fc from "fast-check";
import { expect, test } from "vitest";
import { wordDiff } from "./word-diff.ts";

/** Changed words in brackets. */
function marked(before: string, after: string) {
  const diff = wordDiff(before, after);
  if (!diff) return undefined;
  const draw = (parts: typeof diff.before) =>
    parts.map((part) => (part.changed ? `[${part.text}]` : part.text)).join("");
  return [draw(diff.before), draw(diff.after)];
}

test("only the words that differ are marked", () => {
  expect(marked("const total = price * count;", "const total = price * amount;")).toEqual([
    "const total = price * [count];",
    "const total = price * [amount];",
  ]);
  expect(marked("call(a)", "call(a, b)")).toEqual(["call(a)", "call(a[, b])"]);
});

test("lines with little in common are not marked at all", () => {
  expect(marked("return undefined;", "for (const x of y) {")).toBeUndefined();
  expect(marked("", "x")).toBeUndefined();
});

test("very long lines are not compared by words", () => {
  expect(marked(`${"a ".repeat(400)}x`, `${"a ".repeat(400)}y`)).toBeUndefined();
});

test("the parts are the whole line, whatever the lines", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(line, line, (before, after) => {
      const diff = wordDiff(before, after);
      if (!diff) return;
      expect(diff.before.map((part) => part.text).join("")).toBe(before);
      expect(diff.after.map((part) => part.text).join("")).toBe(after);
    }),
  );
});
