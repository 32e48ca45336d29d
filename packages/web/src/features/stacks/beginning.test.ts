import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { beginningOf } from "./beginning.ts";
import { parseFilter } from "./filter.ts";
import { buildLanes } from "./lanes.ts";

const stackOf = (owner: string, root: string) =>
  stack(root, [branch(root), branch(`${root}-top`, { parent: root })], { owner });
const { lanes } = buildLanes(
  view([stackOf("Ada", "a1"), stackOf("Ada", "a2"), stackOf("Theo", "t1"), stackOf("Theo", "t2")]),
  parseFilter(""),
  "all",
  "owner",
  0,
  undefined,
);

test("the beginning ends with the stack that fills the screen", () => {
  const rootsOf = (branches: number) =>
    beginningOf(lanes, branches).map(({ blocks }) => blocks.map(({ stack: { rootBranch } }) => rootBranch));
  expect(rootsOf(2)).toEqual([["a1"]]);
  expect(rootsOf(3)).toEqual([["a1", "a2"]]);
  expect(rootsOf(5)).toEqual([["a1", "a2"], ["t1"]]);
  expect(rootsOf(100)).toEqual([
    ["a1", "a2"],
    ["t1", "t2"],
  ]);
});

test("a lane of which only the beginning is there says what it says as a whole", () => {
  expect(beginningOf(lanes, 1)[0]?.facts).toEqual(lanes[0]?.facts);
});
