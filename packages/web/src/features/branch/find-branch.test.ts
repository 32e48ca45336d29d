import type { LandedLayer, StackDetail, Unstacked, View } from "stackit/contract/view";
import { expect, test } from "vitest";
import { absenceOf } from "./find-branch.ts";

const layer: LandedLayer = {
  name: "api",
  title: "Add the API",
  revision: "a".repeat(40),
  how: "squash",
  commit: "b".repeat(40),
  date: "2026-01-01T00:00:00Z",
};
const stack: StackDetail = {
  id: "s",
  rootBranch: "ui",
  title: "UI",
  status: "pending",
  branchCount: 0,
  prCount: 0,
  isCurrent: false,
  branches: [],
  landed: [layer],
};
const reasons: Unstacked["reason"][] = ["on-trunk", "tool", "no-trunk", "missing-object"];
const view: View = {
  generation: 1,
  repo: { owner: "", repo: "", trunk: "main", currentBranch: "main", remote: "" },
  stacks: [stack],
  recentlyMerged: [],
  unstacked: reasons.map((reason) => ({ name: `x/${reason}`, reason })),
};

test("a branch that has no place in a stack says why, and one that landed says how", () => {
  const names = ["main", ...reasons.map((reason) => `x/${reason}`), "api", "nobody"];
  expect(names.map((name) => `${name} ${absenceOf(view, name).words}`)).toEqual([
    "main is the trunk, which stacks stand on.",
    "x/on-trunk has nothing that the trunk does not have.",
    "x/tool is a helper branch, which a stacking tool makes for itself.",
    "x/no-trunk stands on no trunk that is known here.",
    "x/missing-object names a commit that is not in this clone.",
    "api was squashed as bbbbbbb, and is gone since.",
    "nobody may have been renamed, merged or deleted.",
  ]);
  expect(absenceOf(view, "api").title).toBe("This branch has landed");
  expect(absenceOf(view, "api").stack).toBe(stack);
  expect(absenceOf(view, "nobody").title).toBe("There is no such branch");
});
