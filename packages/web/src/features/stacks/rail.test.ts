import fc from "fast-check";
import { expect, test } from "vitest";
import { layoutRail, leafFirst, linesBelow, MAX_COLUMNS, type RailNode } from "./rail.ts";

/** "child on parent" lines. */
function tree(text: string): RailNode[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", parent] = line.trim().split(" on ");
      return { name, parent, style: "solid" as const };
    });
}

/** Draws the rail the way the page does, with letters for nodes. */
function draw(nodes: RailNode[]): string {
  const rows = leafFirst(nodes);
  return layoutRail(rows)
    .map((rail, index) => {
      const cells = Array.from({ length: MAX_COLUMNS }, () => " ");
      for (const { column } of rail.passes) cells[column] = "│";
      for (const { column } of rail.joins) {
        for (let between = rail.column + 1; between < column; between += 1) cells[between] = "─";
        cells[column] = "┘";
      }
      cells[rail.column] = rows[index]?.name ?? "?";
      return cells.join("").trimEnd();
    })
    .join("\n");
}

test("a plain stack is one line, leaf on top", () => {
  expect(draw(tree("a\nb on a\nc on b"))).toBe("c\nb\na");
});

test("a fork gets a second column just above its parent", () => {
  expect(draw(tree("a\nb on a\nd on b\nc on a"))).toBe("d\nb\n│c\na┘");
});

test("a fork of a fork gets a third", () => {
  expect(draw(tree("a\nb on a\nc on a\nd on c\ne on c"))).toBe("b\n│d\n││e\n│c┘\na┘");
});

test("a column is used again when its line has ended", () => {
  expect(draw(tree("a\nb on a\nc on b\nd on b\ne on a"))).toBe("c\n│d\nb┘\n│e\na┘");
});

test("several stacks on the trunk side by side in one list keep their own lines", () => {
  expect(draw(tree("a\nb"))).toBe("a\n│b");
});

test("where several roots are shown, all their lines run down to the trunk", () => {
  expect(linesBelow(layoutRail(leafFirst(tree("a\nb\nc on a")))).map((line) => line.column)).toEqual([0, 1]);
  expect(linesBelow([])).toEqual([{ column: 0, style: "solid" }]);
});

test("many children of one branch stay within the columns there are", () => {
  const nodes = tree(
    ["a", ...Array.from({ length: 20 }, (_, i) => `${String.fromCharCode(98 + i)} on a`)].join("\n"),
  );
  const columns = layoutRail(leafFirst(nodes)).map((row) => row.column);
  expect(Math.max(...columns)).toBe(MAX_COLUMNS - 1);
});

test("whatever the tree, and even with a circle in it, every branch has one row above its parent", () => {
  const anyTree = fc.array(fc.nat(), { minLength: 1, maxLength: 40 }).map((parents) =>
    parents.map(
      (parent, i): RailNode => ({
        name: `n${i}`,
        parent: i === 0 ? undefined : `n${parent % i}`,
        style: "solid",
      }),
    ),
  );
  fc.assert(
    fc.property(anyTree, (nodes) => {
      const rows = leafFirst(nodes);
      expect(new Set(rows.map((row) => row.name)).size).toBe(nodes.length);
      const at = new Map(rows.map((row, index) => [row.name, index]));
      for (const row of rows) {
        if (row.parent !== undefined)
          expect(at.get(row.parent)).toBeGreaterThan(at.get(row.name) ?? Number.NaN);
      }
      expect(layoutRail(rows)).toHaveLength(nodes.length);
    }),
  );
  expect(leafFirst(tree("a on b\nb on a"))).toHaveLength(2);
});
