import { expect, test } from "vitest";
import { drawGraph } from "../../test/support/draw-graph.ts";
import { type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";

const draw = (spec: WorldSpec): string => `\n${drawGraph(buildGraph(worldOf(spec)))}\n`;
const nodeOf = (spec: WorldSpec, name: string) => buildGraph(worldOf(spec)).nodes.get(name);
/** main ← m1 ← m2, with a on m1, b on a, c on b. */
const LINE = { m1: [], m2: ["m1"], a1: ["m1"], b1: ["a1"], b2: ["b1"], c1: ["b2"] };

test("branches that stand on each other's tips are a stack, without any record", () => {
  expect(draw({ commits: LINE, heads: { c: "c1", main: "m2", b: "b2", a: "a1" } })).toBe(`
main
  a
    b
      c
`);
});

test("a fork is a tree, and what stands on the trunk is a stack of its own", () => {
  const commits = { ...LINE, d1: ["a1"], x1: ["m2"] };
  expect(draw({ commits, heads: { main: "m2", a: "a1", b: "b2", d: "d1", x: "x1" } })).toBe(`
main
  a
    b
    d
  x
`);
});

test("a record of Stackit's beats the commits, and the voice of the commits is kept", () => {
  const spec = {
    commits: { ...LINE, d1: ["m1"] },
    heads: { main: "m2", a: "a1", b: "b2", d: "d1" },
    stackit: { d: { parent: "a", revision: "m1" }, a: { parent: "main", revision: "m1" } },
  };
  expect(draw(spec)).toBe(`
main
  a  by stackit
    b
    d  by stackit, ≠ ancestry main, parent-moved
`);
  expect(nodeOf(spec, "d")?.edge).toMatchObject({ agreed: false, believed: "stackit" });
  expect(nodeOf(spec, "a")?.edge).toMatchObject({
    agreed: true,
    voices: [
      { source: "stackit", parent: "main" },
      { source: "ancestry", parent: "main" },
    ],
  });
});

test("records of the older tools are read from their own place, and precedence is decided for each branch", () => {
  const spec = {
    commits: { m1: [], a1: ["m1"], b1: ["m1"], c1: ["m1"] },
    heads: { main: "m1", a: "a1", b: "b1", c: "c1" },
    stackit: { b: { parent: "a" } },
    branchMetadata: { a: { parent: "main" }, b: { parent: "c" }, c: { parent: "b", revision: "b1" } },
  };
  expect(draw(spec)).toBe(`
main
  a  by branch-metadata
    b  by stackit, ≠ branch-metadata c, ≠ ancestry main, diverged
      c  by branch-metadata, ≠ ancestry main, diverged
`);
});

test("a record that names no parent keeps the rest, and its branch says that it stands by commits alone", () => {
  const spec = {
    commits: LINE,
    heads: { main: "m2", a: "a1", b: "b2" },
    stackit: { b: { scope: "SHOP-1", prInfo: { number: 7 } } },
  };
  expect(draw(spec)).toBe(`
main
  a
    b  !parent-not-recorded
`);
  expect(nodeOf(spec, "b")?.metadata).toMatchObject({ scope: "SHOP-1", pullRequest: { number: 7 } });
});

test("a parent that was renamed is found by the commits, whatever the record of its old name says", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", renamed: "a1", b: "b1" },
      stackit: { b: { parent: "old" }, old: { parent: "main" } },
    }),
  ).toBe(`
main
  renamed
    b  ≠ stackit old, !parent-missing
`);
});

test("a parent that is gone is stood in for by its own recorded parent, else by what the commits say", () => {
  const spec = {
    commits: LINE,
    heads: { main: "m2", a: "a1", b: "b2", c: "c1" },
    stackit: {
      a: { parent: "main" },
      landed: { parent: "landed-too" },
      "landed-too": { parent: "a" },
      b: { parent: "landed", revision: "a1" },
      c: { parent: "never-seen" },
    },
  };
  expect(draw(spec)).toBe(`
main
  a  by stackit
    b  by stackit, ≠ stackit landed, !parent-missing
      c  ≠ stackit never-seen, !parent-missing
`);
  expect(nodeOf(spec, "b")?.edge.problems[0]?.detail).toBe(
    "stackit names landed, which is in no stack here; its own parent a stands in.",
  );
  expect(nodeOf(spec, "b")?.standing.recorded).toBeUndefined();
});

test("branches on one commit are siblings, and what stands on them names the first", () => {
  const spec = { commits: LINE, heads: { main: "m2", twin: "a1", a: "a1", b: "b2" } };
  expect(draw(spec)).toBe(`
main
  a  !ambiguous-parent
    b  !ambiguous-parent
  twin  !ambiguous-parent
`);
  expect(nodeOf(spec, "b")?.problems[0]?.detail).toBe("By commits alone twin would be as good an answer.");
});

test("a record settles what the commits leave open", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", twin: "a1", a: "a1", b: "b2" },
      stackit: { twin: { parent: "a" }, b: { parent: "twin" }, a: { parent: "main" } },
    }),
  ).toBe(`
main
  a  by stackit
    twin  by stackit, ≠ ancestry main
      b  by stackit, ≠ ancestry a
`);
});

test("of ten thousand branches on one commit a few are named, and it takes no time", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `ci-${String(index).padStart(5, "0")}`);
  const graph = buildGraph(
    worldOf({
      commits: LINE,
      heads: { main: "m2", b: "b2", ...Object.fromEntries(names.map((name) => [name, "a1"])) },
    }),
  );
  expect(graph.nodes.size).toBe(10_001);
  expect(graph.nodes.get("b")?.parent).toBe("ci-00000");
  expect(graph.nodes.get("ci-09999")?.problems[0]?.detail).toBe(
    "By commits alone ci-00000, ci-00001, ci-00002, ci-00003, ci-00004, ci-00005, ci-00006, ci-00007 would be as good an answer.",
  );
});

test("branches that tools make for themselves are in no stack, even with a record", () => {
  expect(
    draw({
      commits: LINE,
      heads: {
        main: "m2",
        "gh/ada/12/head": "a1",
        "gh/ada/12/next": "a1",
        "gitbutler/edit": "b2",
        "gh/ada": "b2",
        "spr/ada/main.fix": "a1",
        "spr/ada/fix": "b1",
        "spr/ada/v1.2": "a1",
      },
      stackit: { "gh/ada/12/head": { parent: "main" } },
    }),
  ).toBe(`
main
  spr/ada/v1.2
    spr/ada/fix
      gh/ada
- gh/ada/12/head  tool
- gh/ada/12/next  tool
- gitbutler/edit  tool
- spr/ada/main.fix  tool
`);
});

test("a branch without commits of its own is in a stack only when a tool says so", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", loose: "m1", tracked: "m1", fresh: "m2", above: "a1" },
      stackit: {
        tracked: { parent: "main", revision: "m1" },
        fresh: { parent: "main", revision: "m2" },
        above: { parent: "tracked", revision: "m1" },
      },
    }),
  ).toBe(`
main
  fresh  by stackit
  tracked  by stackit
    above  by stackit, ≠ ancestry main
- loose  on-trunk
`);
});

test("merge commits are walked along their first parents, and said", () => {
  const spec = {
    commits: { m1: [], m2: ["m1"], a1: ["m1"], b1: ["a1"], x1: ["m1"], b2: ["b1", "x1"], c1: ["b2", "m2"] },
    heads: { main: "m2", a: "a1", b: "b2", c: "c1", x: "x1" },
  };
  expect(draw(spec)).toBe(`
main
  a
    b  !has-merges
      c  !has-merges
  x
`);
  expect(nodeOf(spec, "b")?.standing.commitCount).toBe(3);
  expect(nodeOf(spec, "c")?.standing.commitCount).toBe(1);
});

test("metadata that cannot be read is a problem of its branch alone", () => {
  const world = worldOf({
    commits: LINE,
    heads: { main: "m2", a: "a1", b: "b2", c: "c1" },
    stackit: { a: "{", b: "[]" },
    branchMetadata: { a: { parent: "main" } },
    local: { c: "garbage" },
  });
  expect(`\n${drawGraph(buildGraph(world))}\n`).toBe(`
main
  a  by branch-metadata, !metadata-unreadable
    b  !metadata-unreadable
      c
`);
  const unread = buildGraph({ ...world, blobs: new Map() });
  const detail =
    "The metadata object is not a readable blob. What it said is not known, so its stack may be incomplete.";
  expect(unread.nodes.get("a")?.problems).toEqual([
    { code: "metadata-unreadable", detail },
    { code: "metadata-unreadable", detail },
  ]);
});

test("what Stackit keeps on this machine alone freezes a branch and names no parent", () => {
  const spec = {
    commits: LINE,
    heads: { main: "m2", a: "a1", b: "b2" },
    stackit: { b: { parent: "a" } },
    local: { b: { frozen: true, parent: "main" }, a: { frozen: true } },
  };
  expect(draw(spec)).toBe(`
main
  a
    b  by stackit
`);
  expect([nodeOf(spec, "a")?.frozen, nodeOf(spec, "b")?.frozen]).toEqual([true, true]);
});

test("no name is special: slashes, signs, any script, 200 characters, and words of the language", () => {
  const names = [
    "feat/été/#1",
    "@{x",
    "分支",
    "x".repeat(200),
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
  ];
  const heads = Object.fromEntries([["main", "m1"], ...names.map((name, index) => [name, `n${index}`])]);
  const commits = Object.fromEntries([
    ["m1", []],
    ...names.map((_, index) => [`n${index}`, [index === 0 ? "m1" : `n${index - 1}`]]),
  ]);
  const expected = ["main", ...names.map((name, index) => "  ".repeat(index + 1) + name)];
  expect(drawGraph(buildGraph(worldOf({ commits, heads })))).toBe(expected.join("\n"));

  const stackit = Object.fromEntries(
    names.map((name, index) => [name, { parent: index === 0 ? "main" : (names[index - 1] ?? "") }]),
  );
  const flat = Object.fromEntries([["m1", []], ...names.map((_, index) => [`n${index}`, ["m1"]])]);
  const graph = buildGraph(worldOf({ commits: flat, heads, stackit }));
  expect(names.map((name) => graph.nodes.get(name)?.parent)).toEqual(["main", ...names.slice(0, -1)]);
});

test("two tools that disagree on one branch are both heard, and the stronger one is believed", () => {
  const spec: WorldSpec = {
    commits: { ...LINE, d1: ["m1"] },
    heads: { main: "m2", a: "a1", b: "b2", d: "d1" },
    recorded: [
      { source: "git-town", parents: { d: "a" } },
      { source: "av", parents: { d: "b", b: "a" } },
    ],
  };
  expect(draw(spec)).toBe(`
main
  a
    b  by av
    d  by git-town, ≠ av b, ≠ ancestry main, diverged
`);
  expect(nodeOf(spec, "d")?.edge.agreed).toBe(false);
  expect(nodeOf(spec, "b")?.edge.agreed).toBe(true);
});

test("what a source said before it became unreadable is heard with the time at which it said so", () => {
  const spec: WorldSpec = {
    commits: LINE,
    heads: { main: "m2", a: "a1", b: "b2" },
    recorded: [{ source: "av", parents: { b: "a" }, outdated: { detail: "It is gone.", readAtMs: 5 } }],
  };
  expect(nodeOf(spec, "b")?.edge.voices).toEqual([
    { source: "av", parent: "a", readAtMs: 5 },
    { source: "ancestry", parent: "a" },
  ]);
});

test("a branch without commits is a stack member when a tool says so", () => {
  const spec: WorldSpec = {
    commits: LINE,
    heads: { main: "m2", new: "m2" },
    recorded: [{ source: "git-town", parents: { new: "main" } }],
  };
  expect(draw(spec)).toBe(`
main
  new  by git-town
`);
});
