import { expect, test } from "vitest";
import { drawGraph } from "../../test/support/draw-graph.ts";
import { oidOf, type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";

const draw = (spec: WorldSpec): string => `\n${drawGraph(buildGraph(worldOf(spec)))}\n`;
const nodeOf = (spec: WorldSpec, name: string) => buildGraph(worldOf(spec)).nodes.get(name);
/** main ← m1 ← m2, with a on m1, b on a, c on b. */
const LINE = { m1: [], m2: ["m1"], a1: ["m1"], b1: ["a1"], b2: ["b1"], c1: ["b2"] };

test("a branch holds on to a parent that was amended, by the tip that the parent had", () => {
  const spec = {
    commits: { m1: [], a1: ["m1"], a2: ["m1"], b1: ["a1"] },
    heads: { main: "m1", a: "a2", b: "b1" },
    remembered: { a1: ["a"] },
  };
  expect(draw(spec)).toBe(`
main
  a
    b  by remembered-tip, parent-moved
`);
  expect(nodeOf(spec, "b")?.standing).toMatchObject({
    recorded: oidOf("a1"),
    base: oidOf("a1"),
    commitCount: 1,
  });
});

test("a branch holds on to a parent that went on", () => {
  expect(
    draw({
      commits: { m1: [], a1: ["m1"], a2: ["a1"], b1: ["a1"] },
      heads: { main: "m1", a: "a2", b: "b1" },
      remembered: { a1: ["a"] },
    }),
  ).toBe(`
main
  a
    b  by remembered-tip, parent-moved
`);
});

test("a branch that was put in the middle of another one's work is below it", () => {
  const commits = { m1: [], w1: ["m1"], w2: ["w1"], w3: ["w2"], w4: ["w3"] };
  expect(
    draw({
      commits,
      heads: { main: "m1", work: "w4", part2: "w3", part1: "w2" },
      remembered: { w1: ["work"], w2: ["work"], w3: ["work"] },
    }),
  ).toBe(`
main
  part1
    part2
      work
`);
});

test("a remembered tip of a branch that is no stack member leads nowhere", () => {
  const commits = { m1: [], a1: ["m1"], b1: ["a1"] };
  expect(
    draw({
      commits,
      heads: { main: "m1", reset: "m1", "gitbutler/workspace": "a1", b: "b1" },
      remembered: { a1: ["deleted", "gitbutler/workspace", "reset"] },
    }),
  ).toBe(`
main
  b
- gitbutler/workspace  tool
- reset  on-trunk
`);
});

test("where a tool noted the parent's commit, a rewritten parent has moved", () => {
  const commits = { ...LINE, a2: ["m1"] };
  const heads = { main: "m2", a: "a2", b: "b2" };
  const by = (boundaries: Record<string, string>): WorldSpec => ({
    commits,
    heads,
    recorded: [{ source: "av", parents: { b: "a" }, boundaries }],
  });
  expect(nodeOf(by({}), "b")?.standing).toMatchObject({ state: "diverged", commitCount: 3 });
  expect(nodeOf(by({ b: "a1" }), "b")?.standing).toMatchObject({
    state: "parent-moved",
    recorded: oidOf("a1"),
    commitCount: 2,
  });
});

test("where a tool notes no commit, the tip that the parent had is as good", () => {
  const commits = { ...LINE, a2: ["m1"] };
  const spec: WorldSpec = {
    commits,
    heads: { main: "m2", a: "a2", b: "b2" },
    recorded: [{ source: "git-town", parents: { b: "a" } }],
    remembered: { a1: ["a"] },
  };
  expect(draw(spec)).toBe(`
main
  a
    b  by git-town, parent-moved
`);
});
