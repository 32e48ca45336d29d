import { expect, test } from "vitest";
import { columnsOf, type DiffRow, type Layout, rowHeight, rowsOf } from "./diff-rows.ts";
import { parsePatch } from "./parse-patch.ts";

const patch = `diff --git a/a b/a
--- a/a
+++ b/a
@@ -1,4 +1,4 @@ head
 one
-two
-three
+2
+3
 four
`;

function rows(layout: Layout, text = patch): DiffRow[] {
  const [file] = parsePatch(text);
  if (!file) throw new Error("no file");
  return rowsOf(file, layout);
}

test("unified rows follow the patch, and know the line they replace", () => {
  const told = rows("unified").map((row) =>
    row.kind === "line" ? `${row.line.kind} ${row.line.text} (${row.pair?.text ?? ""})` : row.kind,
  );
  expect(told).toEqual([
    "hunk",
    "same one ()",
    "del two (2)",
    "del three (3)",
    "add 2 (two)",
    "add 3 (three)",
    "same four ()",
  ]);
});

test("split rows put a deleted line beside the added one", () => {
  const told = rows("split").map((row) =>
    row.kind === "pair" ? `${row.left?.text ?? ""}|${row.right?.text ?? ""}` : row.kind,
  );
  expect(told).toEqual(["hunk", "one|one", "two|2", "three|3", "four|four"]);
});

test("runs of different length leave gaps, and are not compared by words", () => {
  const uneven = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,1 +1,2 @@\n-x\n+y\n+z\n";
  expect(rows("split", uneven).slice(1)).toMatchObject([
    { left: { text: "x" }, right: { text: "y" } },
    { right: { text: "z" } },
  ]);
  expect(rows("unified", uneven).slice(1)).toMatchObject([
    { pair: undefined },
    { pair: undefined },
    { pair: undefined },
  ]);
});

test("tabs and wide letters take their columns", () => {
  expect(columnsOf("ab\tc")).toBe(5);
  expect(columnsOf("日本")).toBe(4);
  expect(columnsOf("")).toBe(0);
});

test("a wrapped line is as high as the lines it takes", () => {
  const row = rows("unified")[1];
  if (!row) throw new Error("no row");
  expect(rowHeight(row, undefined)).toBe(20);
  expect(rowHeight(row, 80)).toBe(20);
  expect(rowHeight(row, 2)).toBe(40);
});
