import type { Branch } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack } from "../../testing/made-up.ts";
import { type ForgeKnowledge, ladderOf, ladderWords, totalsOf } from "./ladder.ts";

const at = "2026-01-05T10:00:00.000Z";
const pr = { number: 1, state: "OPEN" };
const ci = { status: "passing", observedAt: at } as const;
const moved = { state: "parent-moved", reason: "Its parent moved." } as const;

function up(name: string, parent: string, given: Partial<Branch> = {}): Branch {
  return branch(name, { parent, pr, ci, ...given });
}

function told(
  branches: Branch[],
  forge: ForgeKnowledge = "current",
  status: "shippable" | "pending" = "shippable",
) {
  const ladder = ladderOf(stack("a", branches, { status }), forge);
  return { words: ladderWords(ladder.rungs), state: ladder.state, first: ladder.first?.branch.name };
}

test("the first branch that is blocked is named, and those above wait for it", () => {
  expect(told([up("a", "main"), up("b", "a"), up("c", "b", { restack: moved }), up("d", "c")])).toEqual({
    words: "1–2 ready · 3 blocked here: parent moved · 4 waits for 3",
    state: "blocked",
    first: "c",
  });
});

test("a branch that waits says what else somebody has to do to it", () => {
  const failing = {
    ...ci,
    status: "failing",
    counts: { passing: 1, failing: 1, pending: 0, skipped: 0 },
  } as const;
  const branches = [up("a", "main", { restack: moved }), up("b", "a", { ci: failing }), up("c", "b")];
  expect(told(branches).words).toBe(
    "1 blocked here: parent moved · 2 waits for 1, and 1 of 2 checks failing · 3 waits for 1",
  );
});

test("a sibling of a blocked branch does not wait for it", () => {
  const branches = [up("a", "main"), up("b", "a", { restack: moved }), up("c", "b"), up("d", "a")];
  const { rungs } = ladderOf(stack("a", branches), "current");
  expect(Object.fromEntries(rungs.map((rung) => [rung.branch.name, rung.state]))).toEqual({
    a: "ready",
    b: "blocked",
    c: "waits-for",
    d: "ready",
  });
});

test("all ready is ready only with a current word of the forge, and when the server has no doubt", () => {
  const branches = [up("a", "main"), up("b", "a")];
  expect(told(branches)).toMatchObject({ words: "1–2 ready", state: "ready" });
  expect(told(branches, "old")).toMatchObject({ words: "1–2 were ready", state: "was-ready" });
  expect(told(branches, "current", "pending").state).toBe("waiting");
});

test.each<[string, Branch, string]>([
  ["no pull request", branch("a"), "blocked here: no pull request"],
  ["a closed one", branch("a", { pr: { number: 1, state: "CLOSED" } }), "blocked here: pull request closed"],
  ["a draft", up("a", "main", { pr: { ...pr, isDraft: true } }), "still a draft"],
  [
    "a review that is missing",
    up("a", "main", { ci: { ...ci, reviewDecision: "REVIEW_REQUIRED" } }),
    "waits for review",
  ],
  [
    "changes that are asked for",
    up("a", "main", { ci: { ...ci, reviewDecision: "CHANGES_REQUESTED" } }),
    "blocked here: changes requested",
  ],
  ["checks that run", up("a", "main", { ci: { ...ci, status: "pending" } }), "checks running"],
  ["checks that nobody saw", branch("a", { pr }), "checks not known"],
  ["a lock", up("a", "main", { isLocked: true, lockReason: "release" }), "blocked here: locked, release"],
  [
    "commits that are not pushed",
    up("a", "main", { remoteStatus: { ahead: 2, behind: 0, diverged: false, missingRemote: false } }),
    "blocked here: 2 ahead of the remote",
  ],
])("%s stands in the way", (_, root, words) => {
  expect(told([root, up("b", "a")]).words).toBe(`1 ${words} · 2 waits for 1`);
});

test("where there is nobody to ask, a stack stands or does not", () => {
  const plain = [branch("a"), branch("b", { parent: "a" })];
  expect(told(plain, "none")).toMatchObject({ words: "1–2 stand on their parent", state: "stands" });
});

test("what is merged has landed, at its latest", () => {
  const landed = (date: string) => ({ how: "squash", commit: "f".repeat(40), date }) as const;
  const merged = { state: "merged", reason: "Merged." } as const;
  const { state, landedAt } = ladderOf(
    stack("a", [
      up("a", "main", { restack: merged, landed: landed("2026-01-05T10:00:00Z") }),
      up("b", "a", { restack: merged, landed: landed("2026-01-05T12:00:00Z") }),
    ]),
    "current",
  );
  expect({ state, landedAt }).toEqual({ state: "landed", landedAt: "2026-01-05T12:00:00Z" });
});

test("a stack whose pull requests were all closed is closed", () => {
  const closed = { pr: { number: 1, state: "CLOSED" } };
  expect(told([up("a", "main", closed), up("b", "a", closed)]).state).toBe("closed");
});

test("totals add up, and say how many lines are not counted yet", () => {
  const counted = branch("a", { commitCount: 2, linesAdded: 10, linesDeleted: 3 });
  expect(totalsOf(stack("a", [counted, branch("b", { parent: "a" })]))).toEqual({
    branches: 2,
    commits: 3,
    added: 10,
    deleted: 3,
    uncounted: 1,
  });
});
