import { expect, test } from "vitest";
import { compareDiffs } from "./compare-diffs.ts";
import { parsePatch } from "./parse-patch.ts";

const file = (path: string, added: string, at = 1, blobs = "1..2") =>
  `diff --git a/${path} b/${path}\nindex ${blobs} 100644\n@@ -${at} +${at} @@\n-a\n+${added}\n`;

test("files whose change is another one differ, as do those that came and went", () => {
  const before = parsePatch(file("x", "b") + file("y", "b") + file("gone", "b"));
  const after = parsePatch(file("x", "b") + file("y", "c") + file("new", "b"));
  expect(compareDiffs(before, after)).toEqual({ different: 3, total: 4 });
});

test("lines that only moved are the same change", () => {
  const moved = compareDiffs(parsePatch(file("x", "b")), parsePatch(file("x", "b", 40, "3..4")));
  expect(moved).toEqual({ different: 0, total: 1 });
});
