import { expect, test } from "vitest";
import { findInDiff, MAX_HITS, placesIn } from "./find-in-diff.ts";
import { parsePatch } from "./parse-patch.ts";

test("hits come in the order of files and lines, each place of a line for itself", () => {
  const patch =
    "diff --git a/x b/x\n@@ -1,2 +1,2 @@\n one One\n-two\n+none\ndiff --git a/y b/y\n@@ -0,0 +1 @@\n+stone\n";
  const hits = findInDiff(parsePatch(patch), "ONE");
  expect(hits.map(({ path, line, start }) => [path, line.text, start])).toEqual([
    ["x", "one One", 0],
    ["x", "one One", 4],
    ["x", "none", 1],
    ["y", "stone", 2],
  ]);
});

test("nothing is not to be found, and there is an end of hits", () => {
  expect(placesIn("abc", "")).toEqual([]);
  const [file] = parsePatch(`diff --git a/x b/x\n@@ -0,0 +1 @@\n+${"a".repeat(MAX_HITS + 10)}\n`);
  expect(file && findInDiff([file], "a")).toHaveLength(MAX_HITS);
});

test("a letter that is longer in lower case moves no other", () => {
  expect(placesIn("İ shop", "shop")).toEqual([2]);
});
