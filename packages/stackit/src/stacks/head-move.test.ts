import { expect, test } from "vitest";
import { formerTips, type HeadMove } from "./head-move.ts";

function move(ref: string, old: string, more: Partial<HeadMove> = {}): HeadMove {
  return { ref, old, new: "now", kind: "forward", wasLast: true, seenAtMs: 0, ...more };
}

test("tips come by branch, newest first, but for those that another branch stayed at", () => {
  const moves = [move("a", "3"), move("b", "x"), move("a", "2", { wasLast: false }), move("a", "1")];
  expect(formerTips(moves)).toEqual(
    new Map([
      ["a", ["3", "1"]],
      ["b", ["x"]],
    ]),
  );
});

test("nothing from before a deletion counts", () => {
  const { new: _, ...gone } = move("a", "2", { kind: "deleted" });
  expect(formerTips([move("a", "3"), gone, move("a", "1"), move("b", "x")])).toEqual(
    new Map([
      ["a", ["3"]],
      ["b", ["x"]],
    ]),
  );
});
