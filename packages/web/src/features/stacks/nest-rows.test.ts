import { expect, test } from "vitest";
import { offsetsOf } from "../../lib/window.ts";
import { branch, stack, view } from "../../testing/made-up.ts";
import { parseFilter } from "./filter.ts";
import { buildLanes } from "./lanes.ts";
import { nestRows, withKept } from "./nest-rows.ts";
import { flattenLanes, type Row, rowHeights } from "./rows.ts";

function rows(): Row[] {
  const of = (owner: string, root: string) =>
    stack(root, [branch(root), branch(`${root}2`, { parent: root })], { owner });
  const { lanes } = buildLanes(
    view([of("Ada", "a"), of("Ada", "b"), of("Bo", "c")]),
    parseFilter(""),
    "all",
    "owner",
    0,
    undefined,
  );
  return flattenLanes(lanes, {
    trunk: "main",
    heights: rowHeights.comfortable,
    foldedStacks: new Set(),
    foldedLanes: new Set(),
    openMerged: new Set(),
    anyPr: false,
  });
}

function nested(indices: number[]) {
  const all = rows();
  const offsets = offsetsOf(all.map((row) => row.height));
  return { all, offsets, lanes: nestRows(all, offsets, indices) };
}

test("rows stand in their stack, stacks in their lane", () => {
  const { all, lanes } = nested([...rows().keys()]);
  expect(lanes.map((lane) => [lane.head?.row.name, lane.blocks.map((block) => block.stack)])).toEqual([
    ["Ada", ["a", "b"]],
    ["Bo", ["c"]],
  ]);
  const drawn = lanes.flatMap((lane) => [
    lane.head,
    ...lane.blocks.flatMap((block) => [block.head, ...block.items]),
  ]);
  expect(drawn.map((placed) => placed?.row)).toEqual(all);
  expect(drawn.every((placed) => placed?.gap === 0)).toBe(true);
});

test("a lane keeps its head when only its end is drawn, and everything stands where it would", () => {
  const { all, offsets, lanes } = nested([4, 5, 11]);
  expect(lanes[0]?.head?.row.kind).toBe("lane");
  let y = 0;
  for (const lane of lanes) {
    for (const placed of [lane.head, ...lane.blocks.flatMap((block) => [block.head, ...block.items])]) {
      if (!placed) continue;
      y += placed.gap;
      expect(y).toBe(offsets[all.indexOf(placed.row)]);
      y += placed.row.height;
    }
  }
});

test("the row with the focus stays, out of sight or not", () => {
  expect(withKept({ start: 3, end: 6 }, 4)).toEqual([3, 4, 5]);
  expect(withKept({ start: 3, end: 6 }, 1)).toEqual([1, 3, 4, 5]);
  expect(withKept({ start: 3, end: 6 }, 9)).toEqual([3, 4, 5, 9]);
  expect(withKept({ start: 3, end: 6 }, -1)).toEqual([3, 4, 5]);
});
