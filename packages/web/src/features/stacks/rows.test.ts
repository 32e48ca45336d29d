import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { parseFilter } from "./filter.ts";
import { buildLanes } from "./lanes.ts";
import { type BranchRow, type FlattenOptions, flattenLanes, footRows, type Row, rowHeights } from "./rows.ts";

const options: FlattenOptions = {
  trunk: "main",
  heights: rowHeights.comfortable,
  foldedStacks: new Set(),
  foldedLanes: new Set(),
  openMerged: new Set(),
  anyPr: false,
};

const merged = { restack: { state: "merged", reason: "Its changes are on main." } } as const;

function rowsOf(branches: ReturnType<typeof branch>[], given: Partial<FlattenOptions> = {}, q = ""): Row[] {
  const only = stack(branches[0]?.name ?? "", branches, { owner: "Theo" });
  return flattenLanes(buildLanes(view([only]), parseFilter(q), "all", "owner", 0, undefined).lanes, {
    ...options,
    ...given,
  });
}

/** One letter for the kind, and what tells rows of a kind apart. */
function sketch(rows: Row[]): string[] {
  return rows.map((row) =>
    row.kind === "branch" ? `${row.branch.name} ${row.position}/${row.of}` : row.kind,
  );
}

const branchRows = (rows: Row[]): BranchRow[] => rows.filter((row) => row.kind === "branch");

test("a stack stands leaf on top between its head and the trunk", () => {
  const rows = rowsOf([branch("a"), branch("b", { parent: "a" }), branch("c", { parent: "b" })]);
  expect(sketch(rows)).toEqual(["lane", "stack", "c 3/3", "b 2/3", "a 1/3", "trunk"]);
});

test("a branch that is a stack of its own has no head that would only repeat it", () => {
  expect(sketch(rowsOf([branch("a")]))).toEqual(["lane", "stack", "a 1/1", "trunk"]);
  const only = stack("a", [branch("a")], { title: "Do a" });
  const { lanes } = buildLanes(view([only]), parseFilter(""), "all", "owner", 0, undefined);
  expect(sketch(flattenLanes(lanes, options))).toEqual(["lane", "a 1/1", "trunk"]);
});

test("of two children the second says whom it shares the parent with", () => {
  const rows = branchRows(rowsOf([branch("a"), branch("b", { parent: "a" }), branch("c", { parent: "a" })]));
  expect(rows.map((row) => [row.branch.name, row.alsoOn])).toEqual([
    ["b", undefined],
    ["c", "a"],
    ["a", undefined],
  ]);
});

test("merged layers at the trunk are one line until it is opened", () => {
  const branches = [
    branch("a", merged),
    branch("b", { parent: "a", ...merged }),
    branch("c", { parent: "b" }),
  ];
  expect(sketch(rowsOf(branches))).toEqual(["lane", "stack", "c 3/3", "merged", "trunk"]);
  expect(branchRows(rowsOf(branches))[0]?.rail.down).toBe("solid");
  expect(sketch(rowsOf(branches, { openMerged: new Set(["a"]) }))).toEqual([
    "lane",
    "stack",
    "c 3/3",
    "b 2/3",
    "a 1/3",
    "merged",
    "trunk",
  ]);
});

test("layers that are gone since they landed are counted with the merged ones, and lie below them when that is opened", () => {
  const layer = (name: string) => {
    const at = "2026-01-05T10:00:00.000Z";
    return {
      name,
      title: `Do ${name}`,
      revision: "b".repeat(40),
      how: "squash",
      commit: "c".repeat(40),
      date: at,
    } as const;
  };
  const only = stack("b", [branch("b", merged), branch("c", { parent: "b" })], {
    landed: [layer("x"), layer("a")],
  });
  const rowsWith = (given: Partial<FlattenOptions>, q = "") => {
    const { lanes } = buildLanes(view([only]), parseFilter(q), "all", "owner", 0, undefined);
    return flattenLanes(lanes, { ...options, ...given });
  };
  const folded = rowsWith({});
  expect(sketch(folded)).toEqual(["lane", "stack", "c 2/2", "merged", "trunk"]);
  expect(folded.find((row) => row.kind === "merged")).toMatchObject({ count: 3, open: false });
  const open = rowsWith({ openMerged: new Set(["b"]) });
  expect(sketch(open)).toEqual(["lane", "stack", "c 2/2", "b 1/2", "landed", "landed", "merged", "trunk"]);
  expect(open.flatMap((row) => (row.kind === "landed" ? [row.layer.name] : []))).toEqual(["a", "x"]);
  expect(sketch(rowsWith({}, `"do c"`))).not.toContain("merged");
});

test("where the filter left something out, the rail is dotted", () => {
  const ann = { commitAuthor: "Ann" };
  const branches = [branch("a", ann), branch("b", { parent: "a" }), branch("c", { parent: "b", ...ann })];
  expect(
    branchRows(rowsOf(branches, {}, "author:ann")).map((row) => [row.branch.name, row.rail.down]),
  ).toEqual([
    ["c", "dotted"],
    ["a", "solid"],
  ]);
});

test("folded stacks keep their head, folded lanes only theirs", () => {
  const branches = [branch("a"), branch("b", { parent: "a" })];
  expect(sketch(rowsOf(branches, { foldedStacks: new Set(["a"]) }))).toEqual(["lane", "stack"]);
  expect(sketch(rowsOf(branches, { foldedLanes: new Set(["lane:Theo"]) }))).toEqual(["lane"]);
});

test("a stack that was merged as a whole is followed by its pull requests, where their titles are known", () => {
  const merge = { message: "Merge stack", author: "Mira", date: "2026-01-05T10:00:00Z" };
  const known = { ...merge, sha: "aaaaaaa", kind: "stack-merge" as const, stackPRs: [4, 5] };
  const facts = {
    unstacked: [],
    recentlyMerged: [
      { ...known, stackPRTitles: ["Do api", "Do ui"] },
      { ...known, sha: "bbbbbbb" },
    ],
    trunk: "main",
  };
  const rows = footRows(facts, new Set(["merged"] as const), rowHeights.compact);
  expect(rows.map((row) => (row.kind === "pull" ? `#${row.number} ${row.title}` : row.id))).toEqual([
    "section:merged",
    "commit:aaaaaaa",
    "#4 Do api",
    "#5 Do ui",
    "commit:bbbbbbb",
  ]);
});

test("the foot lines open on demand, and are left out when there is nothing to show", () => {
  const facts = {
    unstacked: [{ name: "x", reason: "on-trunk" as const }],
    recentlyMerged: [],
    trunk: "main",
  };
  expect(footRows(facts, new Set(), rowHeights.compact).map((row) => row.id)).toEqual(["section:unstacked"]);
  expect(footRows(facts, new Set(["unstacked"] as const), rowHeights.compact)).toHaveLength(2);
});
