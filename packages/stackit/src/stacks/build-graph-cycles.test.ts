import { expect, test } from "vitest";
import { drawGraph } from "../../test/support/draw-graph.ts";
import { type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";
import { orderStacks } from "./order-stacks.ts";

const draw = (spec: WorldSpec): string => `\n${drawGraph(buildGraph(worldOf(spec)))}\n`;
/** main ← m1 ← m2, with a on m1, b on a, c on b. */
const LINE = { m1: [], m2: ["m1"], a1: ["m1"], b1: ["a1"], b2: ["b1"], c1: ["b2"] };

test("records of branches that are gone may go round in circles", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", a: "a1" },
      stackit: { a: { parent: "x" }, x: { parent: "y" }, y: { parent: "x" } },
    }),
  ).toBe(`
main
  a  ≠ stackit x, !parent-missing
`);
});

test("a branch that names itself is placed by the next voice", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", a: "a1", b: "b2", c: "c1" },
      stackit: { b: { parent: "b" }, c: { parent: "c" } },
      branchMetadata: { c: { parent: "a", revision: "a1" } },
    }),
  ).toBe(`
main
  a
    b  ≠ stackit b, !parent-is-self
    c  by branch-metadata, ≠ stackit c, ≠ ancestry b, !parent-is-self
`);
});

test("a cycle of records of any length falls back to what the commits say", () => {
  expect(
    draw({
      commits: LINE,
      heads: { main: "m2", a: "a1", b: "b2", c: "c1" },
      stackit: { a: { parent: "c" }, b: { parent: "a" }, c: { parent: "b" } },
    }),
  ).toBe(`
main
  a  ≠ stackit c, !cycle
    b  !cycle
      c  !cycle
`);
});

test("a cycle that the commits close again ends at the trunk", () => {
  const commits = { m1: [], a1: ["m1"], b1: ["a1"] };
  // By commits b stands on a; by record a stands on b. The commits are the weaker voice.
  const both = { commits, heads: { main: "m1", a: "a1", b: "b1" } };
  expect(draw({ ...both, stackit: { a: { parent: "b" } } })).toBe(
    `
main
  b  by nobody, ≠ ancestry a, !cycle
    a  by stackit, ≠ ancestry main, parent-moved, !cycle
`,
  );
  expect(draw({ ...both, stackit: { a: { parent: "b" }, b: { parent: "a" } } })).toBe(`
main
  a  ≠ stackit b, !cycle
    b  !cycle
`);
});

test("in a cycle the weakest voices are refused, whoever has them is placed by the next, and the others stand", () => {
  const spec: WorldSpec = {
    commits: { ...LINE, d1: ["m1"] },
    heads: { main: "m2", a: "a1", b: "b2", d: "d1" },
    stackit: { a: { parent: "b" } },
    recorded: [
      { source: "git-town", parents: { b: "d" } },
      { source: "pr-base", parents: { d: "a" } },
    ],
  };
  expect(draw(spec)).toBe(`
main
  d  ≠ pr-base a, !cycle
    b  by git-town, ≠ ancestry a, diverged, !cycle
      a  by stackit, ≠ ancestry main, parent-moved, !cycle
`);
});

test("a stack of 5,000 branches is built, ordered and, in a circle, opened", () => {
  const height = 5_000;
  const name = (index: number): string => `b${String(index).padStart(4, "0")}`;
  const all = Array.from({ length: height }, (_, index) => index);
  const commits = Object.fromEntries([
    ["m1", []],
    ...all.map((index) => [`c${index}`, [index === 0 ? "m1" : `c${index - 1}`]]),
  ]);
  const heads = Object.fromEntries([["main", "m1"], ...all.map((index) => [name(index), `c${index}`])]);
  const graph = buildGraph(worldOf({ commits, heads }));
  const [stack] = orderStacks(graph, name(height - 1));
  expect(stack?.members).toHaveLength(height);
  expect(stack?.members.at(-1)).toMatchObject({ depth: height, root: name(0) });
  expect(graph.nodes.get(name(height - 1))?.standing).toMatchObject({ state: "in-sync", commitCount: 1 });

  const stackit = Object.fromEntries(
    all.map((index) => [name(index), { parent: name((index + 1) % height) }]),
  );
  const circle = buildGraph(worldOf({ commits, heads, stackit }));
  expect(circle.nodes.get(name(2_500))?.parent).toBe(name(2_499));
  expect(circle.nodes.get(name(0))?.parent).toBe("main");
});
