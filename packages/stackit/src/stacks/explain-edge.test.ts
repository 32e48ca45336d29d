import { expect, test } from "vitest";
import { type WorldSpec, worldOf } from "../../test/support/stack-world.ts";
import { buildGraph } from "./build-graph.ts";
import { explainEdge } from "./explain-edge.ts";

/** main ← m1, with a and b side by side. */
const SIDES = { commits: { m1: [], a1: ["m1"], b1: ["m1"] }, heads: { main: "m1", a: "a1", b: "b1" } };

function why(recorded: NonNullable<WorldSpec["recorded"]>, name = "b"): string {
  const edge = buildGraph(worldOf({ ...SIDES, recorded })).nodes.get(name)?.edge;
  return edge ? explainEdge(edge) : "no member";
}

test("every edge says in one sentence why its parent was taken", () => {
  const town = (parents: Record<string, string>) => ({ source: "git-town" as const, parents });
  const av = (parents: Record<string, string>) => ({ source: "av" as const, parents });
  expect(why([])).toBe("Only ancestry says so.");
  expect(why([town({ b: "main" })])).toBe("All sources say so.");
  expect(why([town({ b: "a" })])).toBe("The sources disagree: git-town is believed, the strongest of them.");
  expect(why([town({ b: "b" }), av({ b: "a" })])).toBe(
    "The sources disagree: av is believed, because no stronger one can be followed.",
  );
  expect(why([town({ b: "landed", landed: "a" })])).toBe(
    "What git-town names cannot be followed as it is, so it is shown on a.",
  );
  expect(why([town({ b: "a", a: "b" })])).toBe(
    "The sources disagree: ancestry is believed, because no stronger one can be followed.",
  );
});
