import type { Branch } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack, view } from "../../testing/made-up.ts";
import { parseFilter } from "./filter.ts";
import { buildLanes, stackSentence, wholeBlock } from "./lanes.ts";
import type { Viewer } from "./viewer.ts";

const moved = { restack: { state: "parent-moved", reason: "The parent has a new commit." } } as const;

const NOW = Date.parse("2026-01-10T00:00:00.000Z");

function scene() {
  return view([
    stack("old", [branch("old", { commitDate: "2026-01-01T00:00:00.000Z" })], { owner: "Theo" }),
    stack("new", [branch("new", { commitDate: "2026-01-09T00:00:00.000Z" })], { owner: "Ada" }),
    stack("stuck", [branch("stuck", moved), branch("top", { parent: "stuck" })], { owner: "Zoe" }),
    stack("mine", [branch("mine")], { owner: "Mira" }),
  ]);
}

function lanes(q = "", state: Parameters<typeof buildLanes>[2] = "all") {
  return buildLanes(scene(), parseFilter(q), state, "owner", NOW, { name: "Mira" });
}

test("your lane comes first, then whoever needs something, then the newest", () => {
  expect(lanes().lanes.map((lane) => lane.name)).toEqual(["You", "Zoe", "Ada", "Theo"]);
});

test("who signed in has the lane of what their pull requests are on, not of commits that name their login", () => {
  const by = (author: string) => ({ pr: { number: 1, author } });
  const given = view([
    stack("named", [branch("named")], { owner: "mira" }),
    stack("hers", [branch("hers"), branch("second", by("mira"))], { owner: "Mira Holm" }),
    stack("his", [branch("his", by("theo")), branch("helped", by("mira"))], { owner: "Theo" }),
  ]);
  const found = (viewer: Parameters<typeof buildLanes>[5], q = "") =>
    buildLanes(given, parseFilter(q), "all", "owner", NOW, viewer).lanes.map(({ name, owner, blocks }) => [
      name,
      owner,
      ...blocks.map((block) => block.stack.rootBranch),
    ]);
  expect(found({ login: "mira" })).toEqual([
    ["You", "mira", "hers"],
    ["Theo", "Theo", "his"],
    ["mira", "mira", "named"],
  ]);
  expect(found({ login: "mira" }, "is:mine")).toEqual([["You", "mira", "hers"]]);
  expect(found(undefined).map(([name]) => name)).toEqual(["Mira Holm", "Theo", "mira"]);
  expect(found(undefined, "is:mine")).toEqual([]);
});

test("the filter keeps the matching branches only, and says so", () => {
  const { lanes: found, shownBranches, shownStacks } = lanes("is:restack");
  expect(found.map((lane) => lane.name)).toEqual(["Zoe"]);
  expect(found[0]?.blocks[0]).toMatchObject({ filtered: true });
  expect([shownBranches, shownStacks]).toEqual([1, 1]);
});

test("a lane says how many are blocked, and since when the oldest waits that is not merged", () => {
  const merged = { restack: { state: "merged", reason: "Merged." } } as const;
  const branches = [
    branch("first", { ...merged, commitDate: "2026-01-01T00:00:00.000Z" }),
    branch("second", { parent: "first", commitDate: "2026-01-03T00:00:00.000Z" }),
    branch("third", { parent: "second", problems: [{ code: "has-merges", detail: "It has merges." }] }),
  ];
  const given = view([stack("first", branches, { owner: "Zoe" })]);
  const [lane] = buildLanes(given, parseFilter(""), "all", "owner", NOW, undefined).lanes;
  expect(lane?.facts).toMatchObject({ blocked: 1, moved: 0, waitingSince: "2026-01-03T00:00:00.000Z" });
  const { shownBranches } = buildLanes(given, parseFilter("waiting:>6d"), "all", "owner", NOW, undefined);
  expect(shownBranches).toBe(1);
});

test("counts are those of every state, whichever is chosen", () => {
  expect(lanes("", "restack").counts).toMatchObject({ all: 5, restack: 1, draft: 0 });
});

test("not grouped, all stacks stand in one lane", () => {
  const { lanes: one } = buildLanes(scene(), parseFilter(""), "all", "stack", NOW, undefined);
  expect(one).toHaveLength(1);
  expect(one[0]?.blocks.map((block) => block.stack.rootBranch)).toEqual(["new", "mine", "stuck", "old"]);
});

test("a stack without an owner is in a lane that says so", () => {
  const { owner: _, ...nobody } = stack("x", [branch("x")]);
  expect(buildLanes(view([nobody]), parseFilter(""), "all", "owner", NOW, undefined).lanes[0]?.name).toBe(
    "Unknown owner",
  );
});

test("the sentence of a stack speaks of pull requests only where there are some", () => {
  const [lane] = lanes("stuck").lanes;
  const block = lane?.blocks[0];
  if (!block) throw new Error("no block");
  expect(stackSentence(block, false)).toBe("1 parent moved");
  expect(stackSentence(block, true)).toBe("no pull requests · 1 parent moved");
});

test("a stack whose pull requests only a tool recorded says that checks and reviews are not known", () => {
  const sentenceOf = (...branches: Branch[]): string =>
    stackSentence(wholeBlock(stack("a", branches, { status: "pending", prCount: branches.length })), true);
  const pr = { number: 1 };
  const ci = { status: "pending", observedAt: "2026-01-01T00:00:00Z" } as const;
  expect(sentenceOf(branch("a", { pr }))).toBe("checks and reviews are not known");
  expect(sentenceOf(branch("a", { pr, ci }), branch("b", { pr }))).toBe("checks and reviews are not known");
  expect(sentenceOf(branch("a", { pr, ci }))).toBe("waiting");
  expect(sentenceOf(branch("a", { pr, needsRestack: true }))).toBe("waiting · 1 parent moved");
});

test("the block of a stack that stays the same is the same, whoever looks and when, until a filter leaves a part of it", () => {
  const given = scene();
  const blocksOf = (
    ...[q = "", state = "all", viewer]: [string?, Parameters<typeof buildLanes>[2]?, Viewer?]
  ) =>
    new Map(
      buildLanes(given, parseFilter(q), state, "owner", Math.random(), viewer)
        .lanes.flatMap(({ blocks }) => blocks)
        .map((block) => [block.stack.rootBranch, block]),
    );
  const before = blocksOf();
  expect(before.size).toBe(4);
  for (const [root, block] of blocksOf("", "all", { name: "Mira" })) expect(block).toBe(before.get(root));
  const part = blocksOf("", "restack").get("stuck");
  expect(part?.shown.map(({ name }) => name)).toEqual(["stuck"]);
  expect(part?.facts).toMatchObject({ stacks: 1, branches: 1, moved: 1 });
  expect(before.get("stuck")?.facts).toMatchObject({ stacks: 1, branches: 2, moved: 1 });
});
