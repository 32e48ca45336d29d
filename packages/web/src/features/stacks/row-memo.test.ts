import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { parseFilter } from "./filter.ts";
import { buildLanes } from "./lanes.ts";
import { RowMemo } from "./row-memo.ts";
import { type FlattenOptions, flattenLanes, footRows, rowHeights } from "./rows.ts";

const options: FlattenOptions = {
  trunk: "main",
  heights: rowHeights.comfortable,
  foldedStacks: new Set(),
  foldedLanes: new Set(),
  openMerged: new Set(),
  anyPr: false,
};

const stacks = Array.from({ length: 50 }, (_, index) => {
  const [below, above] = [`a${index}`, `b${index}`];
  return stack(below, [branch(below), branch(above, { parent: below })], { owner: `Person ${index % 3}` });
});

const lanesOf = (all: typeof stacks, q = "") =>
  buildLanes(view(all), parseFilter(q), "all", "owner", 0, undefined).lanes;

test("after a patch of ten branches only their rows and those of their stacks that say something else are new", () => {
  const memo = new RowMemo();
  const before = new Set(memo.flatten(lanesOf(stacks), [], options));
  const patched = stacks.map((one, index) => {
    const [below, above] = one.branches;
    if (index >= 10 || !below || !above) return one;
    return { ...one, branches: [below, { ...above, commitCount: 2, commitMessage: "More" }] };
  });
  const after = memo.flatten(lanesOf(patched), [], options);
  expect(after).toEqual(flattenLanes(lanesOf(patched), options));
  const anew = after.filter((row) => !before.has(row) && row.kind !== "lane");
  expect(anew.map(({ id }) => id).sort()).toEqual(
    Array.from({ length: 10 }, (_, index) => `branch:b${index}`).sort(),
  );
});

test("what else the rows follow from makes them anew", () => {
  const memo = new RowMemo();
  const same = (given: Partial<FlattenOptions>, q = "") => {
    const all = { ...options, ...given };
    const rows = memo.flatten(lanesOf(stacks, q), [], all);
    expect(rows).toEqual(flattenLanes(lanesOf(stacks, q), all));
  };
  same({});
  same({ heights: rowHeights.compact });
  same({ trunk: "trunk" });
  same({ foldedStacks: new Set(["a1", "a2"]) });
  same({ foldedStacks: new Set(["a2"]), anyPr: true });
  same({ foldedLanes: new Set(["lane:Person 1"]) });
  same({}, "b7");
  same({});
});

test("rows that say the same as before are the same list, with what stands below them", () => {
  const memo = new RowMemo();
  const foot = (open: "merged"[], count = 1) => {
    const commit = {
      sha: "c".repeat(40),
      message: "Merge it",
      author: "Ada",
      date: "2026-01-01T00:00:00Z",
      kind: "regular" as const,
    };
    const recentlyMerged = Array.from({ length: count }, (_, n) => ({ ...commit, sha: `${n}`.repeat(40) }));
    return footRows({ unstacked: [], recentlyMerged, trunk: "main" }, new Set(open), options.heights);
  };
  const first = memo.flatten(lanesOf(stacks), foot([]), options);
  expect(memo.flatten(lanesOf([...stacks]), foot([]), options)).toBe(first);
  const more = memo.flatten(lanesOf(stacks), foot(["merged"], 2), options);
  expect(more.map(({ id }) => id)).toEqual([
    ...first.map(({ id }) => id),
    `commit:${"0".repeat(40)}`,
    `commit:${"1".repeat(40)}`,
  ]);
  expect(more.filter((row) => row.kind === "lane").every((row) => first.includes(row))).toBe(true);
});
