import { expect, test } from "vitest";
import { oidOf, worldOf } from "../../test/support/stack-world.ts";
import { type RestackState, standingOf } from "./restack.ts";

const COMMITS = {
  m1: [],
  m2: ["m1"],
  m3: ["m2", "l1"],
  l1: ["m1"],
  // The parent, what it went on to, and what it was rewritten to.
  a1: ["m1"],
  a2: ["a1"],
  a3: ["a2"],
  r2: ["m2"],
  s2: ["a1"],
  // Branches on it.
  b1: ["a2"],
  b2: ["b1"],
  onEmpty: ["m2"],
  onLanded: ["l1"],
  onLanded2: ["onLanded"],
  // Merges: of the trunk, and of the parent.
  t1: ["b1", "m2"],
  p1: ["a1"],
  p2: ["p1", "a2"],
  // Nothing in common, and a history that is cut.
  o1: [],
  cut: ["not here"],
};

interface Case {
  it: string;
  tip: string;
  parent: string | undefined;
  recorded?: string;
  parentIsTrunk?: true;
  state: RestackState;
  reason: string;
  base: string | undefined;
  count: number;
}

const CASES: readonly Case[] = [
  {
    it: "a branch on its parent's tip",
    tip: "b2",
    parent: "a2",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "a2",
    count: 2,
  },
  {
    it: "a branch that plain git has put on its parent's tip, whatever was recorded before",
    tip: "b2",
    parent: "a2",
    recorded: "a1",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "a2",
    count: 2,
  },
  {
    it: "a branch that is its parent's tip",
    tip: "a2",
    parent: "a2",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "a2",
    count: 0,
  },
  {
    it: "a parent that went on",
    tip: "b1",
    parent: "a3",
    recorded: "a2",
    state: "parent-moved",
    reason: "api has commits that this branch does not stand on.",
    base: "a2",
    count: 1,
  },
  {
    it: "a parent that went on, without a record",
    tip: "b1",
    parent: "a3",
    state: "parent-moved",
    reason: "api has commits that this branch does not stand on.",
    base: "a2",
    count: 1,
  },
  {
    it: "a parent that was rewritten, by the recorded boundary",
    tip: "b2",
    parent: "s2",
    recorded: "a2",
    state: "parent-moved",
    reason: "api was rewritten after this branch was put on it.",
    base: "a2",
    count: 2,
  },
  {
    it: "a parent of which the upper part was rewritten, without a record",
    tip: "b2",
    parent: "s2",
    state: "parent-moved",
    reason: "api has commits that this branch does not stand on.",
    base: "a1",
    count: 3,
  },
  {
    it: "a record that does not fit the commits",
    tip: "b2",
    parent: "s2",
    recorded: "r2",
    state: "parent-moved",
    reason: "api has commits that this branch does not stand on.",
    base: "a1",
    count: 3,
  },
  {
    it: "a parent that was rebased as a whole, without a record",
    tip: "b2",
    parent: "r2",
    state: "diverged",
    reason: "It shares no commit with api above the trunk.",
    base: "m1",
    count: 4,
  },
  {
    it: "a branch on a parent that has no commit yet",
    tip: "onEmpty",
    parent: "m2",
    recorded: "m2",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "m2",
    count: 1,
  },
  {
    it: "a parent that got its first commit after the branch was put on it",
    tip: "onEmpty",
    parent: "r2",
    recorded: "m2",
    state: "parent-moved",
    reason: "api has commits that this branch does not stand on.",
    base: "m2",
    count: 1,
  },
  {
    it: "a parent that a merge commit brought into the trunk",
    tip: "onLanded2",
    parent: "l1",
    recorded: "l1",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "l1",
    count: 2,
  },
  {
    it: "a parent that is on the trunk above or below where the branch stands",
    tip: "b2",
    parent: "m2",
    recorded: "a2",
    state: "parent-moved",
    reason: "api is part of the trunk now.",
    base: "a2",
    count: 2,
  },
  {
    it: "the same without a record",
    tip: "b2",
    parent: "m2",
    state: "parent-moved",
    reason: "api is part of the trunk now.",
    base: "m1",
    count: 4,
  },
  {
    it: "a branch on the trunk, however far that has gone on",
    tip: "a2",
    parent: "m3",
    parentIsTrunk: true,
    recorded: "m1",
    state: "in-sync",
    reason: "It stands on api.",
    base: "m1",
    count: 2,
  },
  {
    it: "an empty branch on the tip of its parent",
    tip: "m3",
    parent: "m3",
    parentIsTrunk: true,
    state: "in-sync",
    reason: "It has no commit of its own on api yet.",
    base: "m3",
    count: 0,
  },
  {
    it: "an empty branch where it was put",
    tip: "m1",
    parent: "m3",
    parentIsTrunk: true,
    recorded: "m1",
    state: "in-sync",
    reason: "It has no commit of its own on api yet.",
    base: "m1",
    count: 0,
  },
  {
    it: "a branch whose commits are all on the trunk",
    tip: "l1",
    parent: "m3",
    parentIsTrunk: true,
    recorded: "m1",
    state: "merged",
    reason: "All of its commits are part of the trunk.",
    base: "l1",
    count: 0,
  },
  {
    it: "a parent without a commit here",
    tip: "b1",
    parent: undefined,
    recorded: "a2",
    state: "unknown",
    reason: "api has no commit in this clone.",
    base: "m1",
    count: 3,
  },
  {
    it: "a history of its own",
    tip: "o1",
    parent: "a1",
    state: "unknown",
    reason: "It shares no commit with api in this clone.",
    base: undefined,
    count: 1,
  },
  {
    it: "a branch that merged the trunk: the commits of its own are counted over all parents",
    tip: "t1",
    parent: "a2",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "a2",
    count: 2,
  },
  {
    it: "a branch that merged its parent instead of standing on it",
    tip: "p2",
    parent: "a2",
    state: "in-sync",
    reason: "It stands on the tip of api.",
    base: "a2",
    count: 2,
  },
  {
    it: "a history that is cut, on another branch",
    tip: "cut",
    parent: "a1",
    state: "diverged",
    reason: "It shares no commit with api above the trunk.",
    base: "not here",
    count: 1,
  },
];

const { history } = worldOf({ commits: COMMITS, heads: { main: "m3" } });

test.each(CASES)(
  "$it: $state",
  ({ tip, parent, recorded, parentIsTrunk = false, state, reason, base, count }) => {
    const standing = standingOf({
      tip: oidOf(tip),
      parentName: "api",
      parentTip: parent === undefined ? undefined : oidOf(parent),
      parentIsTrunk,
      hasTrunk: true,
      recorded: recorded === undefined ? undefined : oidOf(recorded),
      history,
    });
    expect({ ...standing, hasMerges: undefined }).toEqual({
      state,
      reason,
      commitCount: count,
      hasMerges: undefined,
      ...(base !== undefined && { base: oidOf(base) }),
      ...(recorded !== undefined && { recorded: oidOf(recorded) }),
      ...(parent !== undefined && { actual: oidOf(parent) }),
    });
    expect(standing.hasMerges).toBe(tip === "t1" || tip === "p2");
  },
);
