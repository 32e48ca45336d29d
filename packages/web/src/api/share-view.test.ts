import type { Branch, StackDetail, View } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack, view } from "../testing/made-up.ts";
import { changedBranches, shareView, withChanges } from "./share-view.ts";

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

test("changes put new stacks in their places and leave the others the objects that they are", () => {
  const old = twoStacks();
  const [first, second] = [
    stack("n", [branch("n")]),
    stack("x", [branch("x"), branch("y", { parent: "x" })]),
  ];
  const told = { generation: 8, tag: "t", isWhole: false, repo: old.repo };
  const next = withChanges(old, { ...told, stacks: [first, second], order: ["n", "a", "x"] });
  expect(next.stacks).toEqual([first, old.stacks[0], second]);
  expect(next.stacks[1]).toBe(old.stacks[0]);
  expect([next.generation, next.unstacked]).toEqual([8, old.unstacked]);

  const changed = withChanges(old, { ...told, stacks: [second] });
  expect(changed.stacks).toEqual([old.stacks[0], second]);
  expect(withChanges(old, { ...told, stacks: [], order: ["x"] }).stacks).toEqual([old.stacks[1]]);
});

test("of a view that the server forgot, everything is what it says now", () => {
  const told = { generation: 1, tag: "t", isWhole: true, repo: twoStacks().repo };
  const all = { recentlyMerged: [], unstacked: [{ name: "done", reason: "on-trunk" as const }] };
  const next = withChanges(twoStacks(), {
    ...told,
    ...all,
    stacks: [stack("x", [branch("x")])],
    order: ["x"],
  });
  expect(next.stacks.map(({ rootBranch }) => rootBranch)).toEqual(["x"]);
  expect(next.unstacked).toEqual(all.unstacked);
});
