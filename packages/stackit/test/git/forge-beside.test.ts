import fc from "fast-check";
import { expect, test } from "vitest";
import type { View } from "../../src/contract/view.ts";
import type { PullRequest } from "../../src/stacks/pull-request.ts";
import { mirroredScene } from "../support/mirrored-scene.ts";
import { pullRequest } from "../support/pull-request.ts";

const BRANCHES = ["main", "api", "ui", "docs", "gone"];

/** Which branches and stacks there are, and on what each stands. */
function shapeOf({ stacks, unstacked }: View): unknown {
  return [
    unstacked,
    stacks.map(({ rootBranch, branches }) => [
      rootBranch,
      branches.map(({ name, parent, children, depth, revision, commitCount }) => {
        return { name, parent, children, depth, revision, commitCount };
      }),
    ]),
  ];
}

function namesIn({ stacks, unstacked }: View): string[] {
  return [...unstacked, ...stacks.flatMap(({ branches }) => branches)].map(({ name }) => name).sort();
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

test("whatever a forge says, no branch is lost, and when it says nothing any more the stacks are those of the metadata", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.stacked("docs", "main");
    writer.stacked("more", "docs");
  });
  await scene.refresh();
  const { mirror } = scene;
  const view = () => mirror.snapshot?.view() ?? expect.fail("nothing is shown");
  const [shape, names] = [shapeOf(view()), namesIn(view())];
  fc.assert(
    fc.property(pullRequests, fc.boolean(), (some, isCurrent) => {
      const byBranch = new Map<string, PullRequest>(some.map((each) => [each.head, each]));
      mirror.showForge({ pullRequests: byBranch, merged: [], isCurrent });
      expect(namesIn(view())).toEqual(names);
      // The metadata names all parents, and only the forge's own stacks are believed before it.
      const unstacked = [...byBranch].map(([head, each]) => [head, { ...each, stack: null }] as const);
      mirror.showForge({ pullRequests: new Map(unstacked), merged: [], isCurrent });
      expect(shapeOf(view())).toEqual(shape);
      mirror.showForge({ pullRequests: new Map(), merged: [], isCurrent: true });
      expect(shapeOf(view())).toEqual(shape);
      expect(JSON.stringify(view())).not.toContain('"pr":');
    }),
    { numRuns: 50 },
  );
});

test("facts that nobody could tell from those before publish nothing, and others publish the branches alone", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
  });
  await scene.refresh();
  const { mirror, published } = scene;
  const show = (...facts: PullRequest[]) =>
    mirror.showForge({
      pullRequests: new Map(facts.map((each) => [each.head, each])),
      merged: [],
      isCurrent: true,
    });
  const before = published.length;
  show(pullRequest("api"), pullRequest("not-here"));
  const { generation, fingerprint } = mirror.snapshot ?? expect.fail();
  const byForge = () => published.slice(before).filter(({ by }) => by === "forge");
  expect(byForge()).toMatchObject([
    { by: "forge", generation, branches: ["api"], stacks: { created: [], changed: [], removed: [] } },
  ]);
  show(pullRequest("api", { observedAtMs: 5, updatedAtMs: 5, body: "More words" }));
  expect(mirror.snapshot).toMatchObject({ generation, fingerprint });
  show(pullRequest("api", { isDraft: true }), pullRequest("ui"));
  expect(mirror.snapshot?.generation).toBeGreaterThan(generation);
  expect(mirror.snapshot?.fingerprint).not.toBe(fingerprint);
  expect(byForge().at(-1)?.branches).toEqual(["api", "ui"]);
});

test("checks that passed make a stack ready only while it is known that nothing is new; what fails, fails", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
  });
  await scene.refresh();
  const { mirror } = scene;
  const tip = mirror.refOid("refs/heads/api") ?? "";
  const statusWith = (state: "passing" | "failing", oid: string, isCurrent: boolean) => {
    const checks = { oid, state, checks: [], observedAtMs: 0 };
    mirror.showForge({
      pullRequests: new Map([["api", pullRequest("api", { headOid: oid, checks })]]),
      merged: [],
      isCurrent,
    });
    return mirror.snapshot?.stackSummaries()[0]?.status;
  };
  expect(statusWith("passing", tip, true)).toBe("shippable");
  expect(statusWith("passing", tip, false)).toBe("pending");
  expect(statusWith("passing", "a".repeat(40), true)).toBe("pending");
  expect(statusWith("failing", tip, false)).toBe("blocked");
});

test("what was merged asks for nothing where it went into what it stands on, and for a pull request elsewhere", async () => {
  await using scene = await mirroredScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
    writer.stacked("ui", "api");
    writer.commit("other", { parent: "main" });
  });
  await scene.refresh();
  const { mirror } = scene;
  const statusWith = (head: string, base: string, headOid = mirror.refOid(`refs/heads/${head}`) ?? "") => {
    const merged = pullRequest(head, { state: "merged", base, headOid });
    const open = ["api", "ui"].filter((name) => name !== head);
    const checks = (name: string) => ({
      oid: mirror.refOid(`refs/heads/${name}`) ?? "",
      state: "passing" as const,
      checks: [],
      observedAtMs: 0,
    });
    mirror.showForge({
      pullRequests: new Map(
        [...open.map((name) => pullRequest(name, { checks: checks(name) })), merged].map((each) => [
          each.head,
          each,
        ]),
      ),
      merged: [merged],
      isCurrent: true,
    });
    return mirror.snapshot?.stack("api")?.status;
  };
  expect(statusWith("api", "main")).toBe("shippable");
  expect(statusWith("ui", "main")).toBe("shippable");
  expect(statusWith("ui", "api")).toBe("shippable");
  expect(statusWith("ui", "other")).toBe("incomplete");
  expect(statusWith("api", "ui")).toBe("incomplete");
  expect(statusWith("api", "main", "a".repeat(40))).toBe("incomplete");
});

test("a recorded pull request makes no stack ready, since its checks and reviews are not known", async () => {
  const statusOf = async (prInfo: object): Promise<string | undefined> => {
    await using scene = await mirroredScene((writer) => {
      writer.commit("main");
      writer.commit("api");
      writer.metadata("api", JSON.stringify({ parentBranchName: "main", prInfo: { number: 1, ...prInfo } }));
    });
    await scene.refresh();
    return scene.mirror.snapshot?.view().stacks[0]?.status;
  };
  expect(await statusOf({ state: "OPEN" })).toBe("pending");
  expect(await statusOf({})).toBe("pending");
  expect(await statusOf({ state: "CLOSED" })).toBe("incomplete");
  expect(await statusOf({ state: "OPEN", isDraft: true })).toBe("incomplete");
});
