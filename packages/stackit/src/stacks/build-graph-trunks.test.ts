import { expect, test } from "vitest";
import { drawGraph } from "../../test/support/draw-graph.ts";
import { oidOf, type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";

const draw = (spec: WorldSpec): string => `\n${drawGraph(buildGraph(worldOf(spec)))}\n`;
const nodeOf = (spec: WorldSpec, name: string) => buildGraph(worldOf(spec)).nodes.get(name);
/** main ← m1 ← m2, with a on m1, b on a, c on b. */
const LINE = { m1: [], m2: ["m1"], a1: ["m1"], b1: ["a1"], b2: ["b1"], c1: ["b2"] };

test("a branch whose commits came into the trunk is merged, and what stands on it stays where it is", () => {
  expect(
    draw({
      commits: { m1: [], a1: ["m1"], m2: ["m1", "a1"], b1: ["a1"] },
      heads: { main: "m2", a: "a1", b: "b1" },
      stackit: { a: { parent: "main", revision: "m1" }, b: { parent: "a", revision: "a1" } },
    }),
  ).toBe(`
main
  a  by stackit, merged
    b  by stackit, ≠ ancestry main
`);
});

test("a trunk that is only known from the remote carries stacks", () => {
  expect(draw({ commits: LINE, heads: { a: "a1", b: "b2" }, remotes: { "origin/main": "m2" } })).toBe(`
main
  a
    b
`);
});

test("commits of the remote's trunk are nobody's own, while the local trunk lags behind", () => {
  const commits = { ...LINE, x1: ["m2"] };
  const graph = buildGraph(
    worldOf({ commits, heads: { main: "m1", x: "x1" }, remotes: { "origin/main": "m2" } }),
  );
  expect(graph.nodes.get("x")?.standing).toMatchObject({
    state: "in-sync",
    base: oidOf("m2"),
    commitCount: 1,
  });
});

test("without a commit on the trunk, records still make stacks, and nothing is claimed about commits", () => {
  const spec = {
    commits: { ...LINE, c2: ["c1"], l1: ["m2"] },
    heads: { a: "a1", b: "b2", c: "c2", loose: "l1" },
    stackit: { a: { parent: "main" }, b: { parent: "a" }, c: { parent: "b" } },
    trunk: "main",
  };
  expect(draw(spec)).toBe(`
main
  a  by stackit, unknown
    b  by stackit, ≠ ancestry main, unknown
      c  by stackit, ≠ ancestry main, unknown
- loose  no-trunk
`);
});

test("where no branch can be the trunk, every branch is still named", () => {
  expect(draw({ commits: LINE, heads: { a: "a1", b: "b2" }, stackit: { b: { parent: "gone" } } })).toBe(`
(no trunk)
- a  no-trunk
- b  no-trunk
`);
});

test("a repository without any ref has no trunk and no stack", () => {
  expect(draw({})).toBe("\n(no trunk)\n");
});

test("a history of its own, and one whose beginning is not in the clone, are unknown", () => {
  expect(
    draw({
      commits: { m1: [], o1: [], o2: ["o1"], s1: ["gone"] },
      heads: { main: "m1", orphan: "o2", above: "o2", cut: "s1" },
      stackit: { above: { parent: "orphan" } },
    }),
  ).toBe(
    `
main
  cut
  orphan  unknown, !ambiguous-parent, !unrelated-history
    above  by stackit, ≠ ancestry main
`,
  );
});

test("a parent that is on the trunk already is not said to be missing from the clone", () => {
  const spec: WorldSpec = {
    commits: LINE,
    heads: { main: "m2", develop: "m1", a: "a1" },
    recorded: [{ source: "git-machete", parents: { a: "develop" } }],
  };
  expect(draw(spec)).toBe(`
main
  a  ≠ git-machete develop, !parent-missing
- develop  on-trunk
`);
  expect(nodeOf(spec, "a")?.problems[0]?.detail).toBe(
    "git-machete names develop, which is in no stack here.",
  );
});
