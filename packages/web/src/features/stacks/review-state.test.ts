import type { Branch } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch, stack } from "../../testing/made-up.ts";
import { chipsOf, isMerged, nodeShape, nodeTone, prWords } from "./branch-state.ts";
import { type ChecksStatus, checksWords, isObjectedTo, reviewWords } from "./review-state.ts";

const observedAt = "2026-01-05T10:00:00.000Z";

function reviewed(status: ChecksStatus, given: Partial<NonNullable<Branch["ci"]>> = {}): Branch {
  return branch("api", { pr: { number: 1, state: "OPEN" }, ci: { status, observedAt, ...given } });
}

const toneOf = (one: Branch) => nodeTone(one, stack("api", [one], { status: "pending" }));

test("each state of the checks has words of its own", () => {
  const all: ChecksStatus[] = ["passing", "failing", "pending", "skipped", "none", "unknown"];
  expect(all.map((status) => checksWords(reviewed(status)))).toEqual([
    "checks passing",
    "checks failing",
    "checks running",
    "checks skipped",
    "no checks",
    "checks not known yet",
  ]);
  expect(checksWords(branch("api"))).toBeUndefined();
});

test("what fails and what still runs is counted", () => {
  const counts = { passing: 5, failing: 1, pending: 2, skipped: 1 };
  expect(checksWords(reviewed("failing", { counts }))).toBe("1 of 9 checks failing");
  expect(checksWords(reviewed("pending", { counts: { ...counts, failing: 0 } }))).toBe(
    "2 of 8 checks running",
  );
  expect(checksWords(reviewed("passing", { counts: { ...counts, failing: 0, pending: 0 } }))).toBe(
    "checks passing",
  );
});

test("what stands in the way is a chip and the colour of the node; what is in order is neither", () => {
  const texts = (one: Branch) => chipsOf(one).map(({ text }) => text);
  expect(texts(reviewed("passing", { reviewDecision: "APPROVED" }))).toEqual([]);
  expect(texts(reviewed("failing"))).toEqual(["checks failing"]);
  expect(texts(reviewed("pending", { reviewDecision: "CHANGES_REQUESTED" }))).toEqual(["changes requested"]);
  const conflicting = branch("api", { pr: { number: 1, state: "OPEN", mergeable: "conflicting" } });
  expect(texts(conflicting)).toEqual(["merge conflict"]);
  const restack = { state: "in-sync", reason: "" } as const;
  const behind = branch("api", { restack: { ...restack, trunkMerge: { state: "conflicts", files: ["a"] } } });
  expect(texts(behind)).toEqual(["merge conflict"]);
  expect(toneOf(behind)).toBe("blocked");
  expect(texts(branch("api", { restack: { ...restack, trunkMerge: { state: "clean" } } }))).toEqual([]);
  expect([reviewed("failing"), conflicting, reviewed("pending"), reviewed("passing")].map(toneOf)).toEqual([
    "blocked",
    "blocked",
    "running",
    "waiting",
  ]);
  expect(isObjectedTo(reviewed("unknown"))).toBe(false);
});

test("a decision that is not known here is not put into words", () => {
  expect(reviewWords(reviewed("none", { reviewDecision: "REVIEW_REQUIRED" }))).toBe("review needed");
  expect(reviewWords(reviewed("none", { reviewDecision: "A_NEW_WORD" }))).toBeUndefined();
});

test("a branch that went on after its pull request was merged is not merged", () => {
  const pr = { number: 7, state: "MERGED", revision: "b".repeat(40) };
  const gone = branch("api", { pr });
  expect([isMerged(gone), nodeShape(gone), prWords(gone)]).toEqual([
    false,
    "none",
    "PR 7 merged, and the branch went on",
  ]);
  const merged = branch("api", { pr, revision: pr.revision });
  expect([isMerged(merged), nodeShape(merged), prWords(merged)]).toEqual([true, "merged", "PR 7 merged"]);
});
