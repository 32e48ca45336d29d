import { expect, test } from "vitest";
import type { Branch, StackDetail, View } from "../contract/view.ts";
import { drawEdges } from "./draw-edges.ts";

const plain = (_style: unknown, text: string): string => text;
const at = "2026-01-05T09:00:00.000Z";

function branch(name: string, parent: string, more: Partial<Branch>): Branch {
  return {
    name,
    parent,
    depth: 1,
    isCurrent: false,
    needsRestack: false,
    isLocked: false,
    isFrozen: false,
    revision: "1".repeat(40),
    commitDate: at,
    commitAuthor: "Robin Tester",
    commitMessage: `Change ${name}`,
    commitCount: 1,
    edge: { sources: [], agreed: true },
    restack: { state: "in-sync", reason: "" },
    ...more,
  };
}

function draw(
  branches: Branch[],
  { unstacked = [], landed }: { unstacked?: View["unstacked"]; landed?: StackDetail["landed"] } = {},
): string {
  const stack = {
    id: "0123456789ab",
    rootBranch: "api",
    title: "Api",
    status: "pending" as const,
    branchCount: branches.length,
    prCount: 0,
    isCurrent: false,
    branches,
    ...(landed && { landed }),
  };
  const repo = { owner: "", repo: "", trunk: "main", currentBranch: "", remote: "" };
  const view: View = { generation: 1, repo, stacks: [stack], recentlyMerged: [], unstacked };
  return `\n${drawEdges(view, plain).join("\n")}`;
}

test("an edge tells who says what, what was believed and why, and what was recorded beside what is", () => {
  const api = branch("api", "main", {
    edge: {
      sources: [{ source: "ancestry", parent: "main", observedAt: at }],
      agreed: true,
      believed: "ancestry",
      reason: "Only ancestry says so.",
    },
    restack: { state: "in-sync", reason: "It stands on main.", actual: "a".repeat(40) },
  });
  const ui = branch("ui", "api", {
    edge: {
      sources: [
        { source: "git-town", parent: "api", observedAt: at },
        { source: "av", parent: "main", observedAt: at },
      ],
      agreed: false,
      believed: "git-town",
      reason: "The sources disagree: git-town is believed, the strongest of them.",
    },
    restack: {
      state: "parent-moved",
      reason: "api was rewritten.",
      recorded: "b".repeat(40),
      actual: "c".repeat(40),
    },
    problems: [{ code: "has-merges", detail: "The branch has merge commits of its own." }],
  });
  expect(draw([api, ui], { unstacked: [{ name: "gitbutler/workspace", reason: "tool" }] })).toBe(`
api on main
  ancestry  says main  believed
  Only ancestry says so.
  in-sync: It stands on main.
  the parent is at aaaaaaaaaa now, no commit of it was recorded

ui on api
  git-town  says api   believed
  av        says main
  The sources disagree: git-town is believed, the strongest of them.
  parent-moved: api was rewritten.
  the parent is at cccccccccc now, was recorded at bbbbbbbbbb
  The branch has merge commits of its own.

gitbutler/workspace  was made by a tool for itself`);
});

test("a name that a terminal would obey is shown, not sent", () => {
  const sources = [{ source: "av" as const, parent: "\u001b[2Jgone\n", observedAt: at }];
  const drawn = draw([branch("api", "main", { edge: { sources, agreed: true } })]);
  expect(drawn).toContain("av  says \uFFFD[2Jgone\uFFFD\n");
});

test("whether it would still merge is told of what is behind its trunk, whatever came of it", () => {
  const said = (trunkMerge: NonNullable<Branch["restack"]["trunkMerge"]>) =>
    draw([branch("api", "main", { restack: { state: "in-sync", reason: "Fine.", trunkMerge } })])
      .split("\n")
      .find((line) => line.startsWith("  merge: "));
  expect(said({ state: "clean" })).toBe("  merge: it would still merge into the trunk");
  expect(said({ state: "conflicts", files: ["1", "2"], fileCount: 3 })).toBe(
    "  merge: a merge into the trunk would conflict in 1, 2 and 1 more",
  );
  expect(said({ state: "unknown", reason: "It takes too long." })).toBe(
    "  merge: whether it would still merge into the trunk is not known: It takes too long",
  );
});

test("what landed and what a restack would do is told in full", () => {
  const landed = { how: "squash", commit: "a".repeat(40), date: at } as const;
  const restack: Branch["restack"] = {
    state: "parent-moved",
    reason: "api landed.",
    actual: "c".repeat(40),
    preview: { state: "conflicts", commit: "d".repeat(40), files: ["1", "2", "3", "4"], fileCount: 4 },
  };
  const drawn = draw(
    [
      branch("api", "main", { landed, restack: { state: "merged", reason: "Squashed." } }),
      branch("ui", "api", { needsRestack: true, restack }),
      branch("docs", "ui", { needsRestack: true, restack: { state: "parent-moved", reason: "Moved." } }),
    ],
    {
      landed: [{ name: "model", title: "The\tmodel", revision: "b".repeat(40), prNumber: 7, ...landed }],
    },
  );
  const facts = drawn.split("\n").filter((line) => !/the parent|^ {2}$|^$/.test(line));
  expect(`\n${facts.join("\n")}`).toBe(`
api on main
  merged: Squashed.
  landed: squashed as aaaaaaa on 2026-01-05
ui on api
  parent-moved: api landed.
  preview: a restack would conflict in 1, 2, 3, 4, at dddddddddd
docs on ui
  parent-moved: Moved.
  preview: a restack was not tried yet
model is no branch any more
  The\uFFFDmodel (#7), at bbbbbbbbbb when it left
  landed: squashed as aaaaaaa on 2026-01-05`);
});
