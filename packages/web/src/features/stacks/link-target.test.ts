import type { LandedLayer, PullRequest, TrunkCommit } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { pullTarget, stackNamed } from "./link-target.ts";

const pr = (number: number): PullRequest => ({ number });
const layer: LandedLayer = {
  name: "base",
  title: "Lay the base",
  revision: "a".repeat(40),
  prNumber: 2,
  how: "squash",
  commit: "b".repeat(40),
  date: "2026-01-05T10:00:00Z",
};
const merge: TrunkCommit = {
  sha: "ccccccc",
  message: "Merge stack",
  author: "Mira",
  date: "2026-01-05T10:00:00Z",
  kind: "stack-merge",
  stackPRs: [8, 9],
};
const { stackPRs: _, ...plain } = merge;
const squash: TrunkCommit = { ...plain, sha: "ddddddd", kind: "regular", prNumber: 7 };
const { prNumber: _number, ...unnumbered } = layer;
const lid: LandedLayer = { ...unnumbered, name: "lid", commit: "e".repeat(40) };
const lidOnTrunk: TrunkCommit = { ...squash, sha: "eeeeeee", prNumber: 6 };
const api = stack("api", [branch("api", { pr: pr(3) })], { landed: [layer, lid] });
const seen = view([api, stack("id-of-api", [branch("id-of-api")])], {
  recentlyMerged: [merge, squash, lidOnTrunk],
});

test("an id means its stack, also where a root of another one is called the same", () => {
  expect(stackNamed(seen, "id-of-api")).toBe(api);
  expect(stackNamed(seen, "api")).toBe(api);
  expect(stackNamed(seen, "old")).toBeUndefined();
});

test("a pull request is its branch, else the layer that landed, else the commit it came with", () => {
  expect(pullTarget(seen, 3)).toEqual({ kind: "branch", name: "api" });
  expect(pullTarget(seen, 2)).toEqual({ kind: "branch", name: "base" });
  expect(pullTarget(seen, 6)).toEqual({ kind: "branch", name: "lid" });
  expect(pullTarget(seen, 7)).toEqual({ kind: "commit", commit: squash });
  expect(pullTarget(seen, 9)).toEqual({ kind: "commit", commit: merge });
  expect(pullTarget(seen, 4)).toEqual({ kind: "unknown" });
});
