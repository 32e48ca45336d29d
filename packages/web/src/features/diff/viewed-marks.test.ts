import { expect, test } from "vitest";
import { parsePatch } from "./parse-patch.ts";
import { changeMarks, markOf } from "./viewed-marks.ts";

const markIn = (patch: string) => parsePatch(patch).map(markOf)[0];

test("a mark is for a path with a content, whatever lines it moved to", () => {
  const mark = markIn("diff --git a/x b/x\nindex 1..2 100644\n@@ -1 +1 @@\n-a\n+b\n");
  expect(markIn("diff --git a/x b/x\nindex 1..2 100644\n@@ -9 +9 @@\n-a\n+b\n")).toBe(mark);
  expect(markIn("diff --git a/x b/x\nindex 1..3 100644\n@@ -1 +1 @@\n-a\n+c\n")).not.toBe(mark);
  expect(markIn("diff --git a/y b/y\nindex 1..2 100644\n@@ -1 +1 @@\n-a\n+b\n")).not.toBe(mark);
});

test("the oldest marks are forgotten first, and one that is set again is the newest", () => {
  const many = Array.from({ length: 2000 }, (_, index) => String(index));
  const marks = changeMarks(changeMarks(many, "0", true), "new", true);
  expect(marks).toHaveLength(2000);
  expect(marks.slice(-2)).toEqual(["0", "new"]);
  expect(marks).not.toContain("1");
  expect(changeMarks(["a", "b"], "a", false)).toEqual(["b"]);
});
