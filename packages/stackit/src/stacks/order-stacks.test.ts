import { expect, test } from "vitest";
import { type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";
import { orderStacks, type PlacedStack } from "./order-stacks.ts";

/** One line for each branch: indented by depth, with its scope. A worktree's stack is marked. */
function draw(stacks: readonly PlacedStack[]): string {
  const lines = stacks.flatMap(({ root, members, hasWorktree }) => [
    `${root}${hasWorktree ? " in a worktree" : ""}:`,
    ...members.map(
      ({ node, depth, scope }) =>
        `${"  ".repeat(depth)}${node.name}${scope === undefined ? "" : ` ${scope}`}`,
    ),
  ]);
  return `\n${lines.join("\n")}\n`;
}

const order = (spec: WorldSpec, currentBranch = "") => orderStacks(buildGraph(worldOf(spec)), currentBranch);

const TREE = {
  commits: { m1: [], a1: ["m1"], b1: ["a1"], c1: ["a1"], d1: ["c1"], x1: ["m1"] },
  heads: { main: "m1", x: "x1", d: "d1", c: "c1", b: "b1", a: "a1" },
};

test("stacks and children come by name, parents before children", () => {
  expect(draw(order(TREE))).toBe(`
a:
  a
    b
    c
      d
x:
  x
`);
});

test("what leads to the current branch comes first", () => {
  expect(draw(order(TREE, "d"))).toBe(`
a:
  a
    c
      d
    b
x:
  x
`);
  expect(order(TREE, "x").map(({ root }) => root)).toEqual(["x", "a"]);
});

test("a scope is inherited upwards, until a branch names another one or ends it", () => {
  const commits = {
    m1: [],
    a1: ["m1"],
    b1: ["a1"],
    c1: ["b1"],
    d1: ["c1"],
    e1: ["d1"],
    f1: ["e1"],
    g1: ["f1"],
  };
  expect(
    draw(
      order({
        commits,
        heads: { main: "m1", a: "a1", b: "b1", c: "c1", d: "d1", e: "e1", f: "f1", g: "g1" },
        stackit: {
          b: { scope: "SHOP" },
          d: { scope: "none" },
          e: { scope: "SITE" },
          f: { scope: "clear" },
          // Not a text: not recorded.
          c: { scope: 7 },
        },
      }),
    ),
  ).toBe(`
a:
  a
    b SHOP
      c SHOP
        d
          e SITE
            f
              g
`);
});

test("a worktree's anchor is not shown: its children are roots, with its scope", () => {
  expect(
    draw(
      order({
        commits: TREE.commits,
        heads: { ...TREE.heads, anchor: "m1" },
        stackit: {
          anchor: { parent: "main", branchType: "worktree-anchor", scope: "SHOP" },
          a: { parent: "anchor" },
          x: { parent: "anchor", scope: "none" },
        },
      }),
    ),
  ).toBe(`
a in a worktree:
  a SHOP
    b SHOP
    c SHOP
      d SHOP
x in a worktree:
  x
`);
});

test("only what stands on the trunk is an anchor, and an anchor without children shows nothing", () => {
  const anchor = { branchType: "worktree-anchor" };
  expect(
    draw(
      order({
        commits: TREE.commits,
        heads: TREE.heads,
        stackit: { x: { ...anchor, parent: "main" }, c: { ...anchor, parent: "a" } },
      }),
    ),
  ).toBe(`
a:
  a
    b
    c
      d
`);
});

test("without a trunk there is no stack", () => {
  expect(order({ heads: { a: "a1", b: "b1" } })).toEqual([]);
});
