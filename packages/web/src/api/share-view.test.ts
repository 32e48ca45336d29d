import type { Branch, StackDetail, View } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack, view } from "../testing/made-up.ts";
import { changedBranches, shareView } from "./share-view.ts";

function twoStacks(change?: (branches: Branch[]) => void): View {
  const branches = [branch("a"), branch("b", { parent: "a" })];
  change?.(branches);
  const first: StackDetail = stack("a", branches);
  return view([first, stack("x", [branch("x")])]);
}

test("a view that says the same in every branch shares all of them", () => {
  const old = twoStacks();
  const next = shareView(old, { ...twoStacks(), generation: 7 });
  expect(next.stacks).toBe(old.stacks);
  expect(next.generation).toBe(7);
});

test("when one branch moves, only it and its stack are new", () => {
  const old = twoStacks();
  const next = shareView(
    old,
    twoStacks((branches) => {
      branches[1] = branch("b", { parent: "a", revision: "f".repeat(40) });
    }),
  );
  expect(next.stacks[0]).not.toBe(old.stacks[0]);
  expect(next.stacks[0]?.branches[0]).toBe(old.stacks[0]?.branches[0]);
  expect(next.stacks[1]).toBe(old.stacks[1]);
  expect(changedBranches(old, next)).toEqual({ created: [], updated: ["b"], removed: [] });
});

test("created and removed branches are told apart", () => {
  const old = twoStacks();
  const next = shareView(
    old,
    twoStacks((branches) => {
      branches[1] = branch("c", { parent: "a" });
    }),
  );
  expect(changedBranches(old, next)).toEqual({ created: ["c"], updated: [], removed: ["b"] });
});
