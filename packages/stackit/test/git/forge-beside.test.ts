import fc from "fast-check";
import { expect, test } from "vitest";
import type { View } from "../../src/contract/view.ts";
import type { PullRequest } from "../../src/stacks/pull-request.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";

const BRANCHES = ["main", "api", "ui", "docs", "gone"];

/** All that says which branches and stacks there are, and how they stand. */
function shapeOf({ stacks, unstacked }: View): unknown {
  return [
    unstacked,
    stacks.map(({ rootBranch, branchCount, branches }) => [
      rootBranch,
      branchCount,
      branches.map(({ pr: _, ci: __, ...branch }) => branch),
    ]),
  ];
}

const pullRequests = fc.uniqueArray(
  fc.record({
    number: fc.integer({ min: 1, max: 99 }),
    title: fc.string(),
    body: fc.string(),
    url: fc.webUrl(),
    state: fc.constantFrom("open" as const, "merged" as const, "closed" as const),
    isDraft: fc.boolean(),
    base: fc.constantFrom(...BRANCHES),
    head: fc.constantFrom(...BRANCHES),
    headOid: fc.constantFrom("a".repeat(40), "b".repeat(40)),
    labels: fc.array(fc.string(), { maxLength: 2 }),
    createdAtMs: fc.nat(),
    updatedAtMs: fc.nat(),
    mergeable: fc.constantFrom("mergeable" as const, "conflicting" as const, "unknown" as const),
    reviews: fc.constant([]),
    stack: fc.constantFrom(null, { number: 1, size: 2, position: 1, base: "docs" }),
    observedAtMs: fc.nat(),
  }),
  { selector: ({ head }) => head },
);

test("whatever a forge says, and when it says nothing any more, the stacks are those of Git and its metadata", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.stacked("docs", "main");
    writer.stacked("more", "docs");
  });
  await scene.refresh();
  const { mirror, spawner } = scene;
  const view = () => mirror.snapshot?.view() ?? expect.fail("nothing is shown");
  const shape = shapeOf(view());
  const started = spawner.commands.length;
  fc.assert(
    fc.property(pullRequests, fc.boolean(), (some, isCurrent) => {
      const byBranch = new Map<string, PullRequest>(some.map((each) => [each.head, each]));
      mirror.showForge({ pullRequests: byBranch, isCurrent });
      expect(shapeOf(view())).toEqual(shape);
      mirror.showForge({ pullRequests: new Map(), isCurrent: true });
      expect(shapeOf(view())).toEqual(shape);
      expect(JSON.stringify(view())).not.toContain('"pr":');
    }),
    { numRuns: 50 },
  );
  expect(spawner.commands).toHaveLength(started);
});

test("facts that nobody could tell from those before publish nothing, and others publish the branches alone", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
  });
  await scene.refresh();
  const { mirror, published } = scene;
  const fact = (head: string, given: Partial<PullRequest> = {}): PullRequest => ({
    number: 1,
    title: "Add it",
    body: "",
    url: "https://github.com/octo/widget/pull/1",
    state: "open",
    isDraft: false,
    base: "main",
    head,
    headOid: "a".repeat(40),
    labels: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    mergeable: "mergeable",
    reviews: [],
    observedAtMs: 0,
    ...given,
  });
  const show = (...facts: PullRequest[]) =>
    mirror.showForge({ pullRequests: new Map(facts.map((each) => [each.head, each])), isCurrent: true });
  const before = published.length;
  show(fact("api"), fact("not-here"));
  const { generation, fingerprint } = mirror.snapshot ?? expect.fail();
  expect(published.slice(before)).toEqual([
    { by: "forge", generation, branches: ["api"], stacks: { created: [], changed: [], removed: [] } },
  ]);
  show(fact("api", { observedAtMs: 5, updatedAtMs: 5, body: "More words" }));
  expect(mirror.snapshot).toMatchObject({ generation, fingerprint });
  show(fact("api", { isDraft: true }), fact("ui"));
  expect(mirror.snapshot?.generation).toBe(generation + 1);
  expect(mirror.snapshot?.fingerprint).not.toBe(fingerprint);
  expect(published.at(-1)?.branches).toEqual(["api", "ui"]);
});
