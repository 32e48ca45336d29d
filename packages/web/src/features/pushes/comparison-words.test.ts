import type { ComparedCommit, PushComparison } from "stackit/contract/pushes";
import { expect, test } from "vitest";
import { changeOf, hasNothingInCommon, isCutIn, summaryOf, verdictOf } from "./comparison-words.ts";

const commit = (state: ComparedCommit["state"], rest: Partial<ComparedCommit> = {}): ComparedCommit => ({
  state,
  moved: false,
  title: "Count the stock",
  messageDiff: "",
  patchDiff: "",
  ...rest,
});

function comparisonOf(
  commits: readonly ComparedCommit[],
  rest: Partial<PushComparison> = {},
): PushComparison {
  const counts = { same: 0, changed: 0, new: 0, dropped: 0 };
  for (const { state } of commits) counts[state]++;
  return {
    branch: "topic",
    fromRevision: "a",
    toRevision: "b",
    rebasedOver: 0,
    counts,
    commits: [...commits],
    truncated: false,
    ...rest,
  };
}

const author = "@@ Metadata\n  ## Metadata ##\n-Author: A <a@example.com>\n+Author: B <b@example.com>\n";
const message = "@@ Commit message\n-    Count\n+    Count all\n";

test("a change is told as what it is of: author, message or patch", () => {
  const words = (rest: Partial<ComparedCommit>) => changeOf(commit("changed", rest), false);
  expect(words({ messageDiff: author })).toBe("Only the author changed");
  expect(words({ messageDiff: message })).toBe("Only the message changed");
  expect(words({ patchDiff: "-+a" })).toBe("Only the patch changed");
  expect(words({ messageDiff: message, patchDiff: "-+a" })).toBe("The message and patch changed");
  expect(words({ messageDiff: author + message, patchDiff: "-+a" })).toBe(
    "The author, message and patch changed",
  );
});

test("of a commit within which the answer was cut nothing is said to be all that changed", () => {
  const [first, last] = [
    commit("changed", { patchDiff: "-+a" }),
    commit("changed", { messageDiff: message }),
  ];
  const comparison = comparisonOf([first, last], { truncated: true });
  expect([first, last].map((one) => changeOf(one, isCutIn(comparison, one)))).toEqual([
    "Only the patch changed",
    "Cut at the size limit: what changed is not all here",
  ]);
  expect(summaryOf(comparison)).toBe("The first 2 commits: 0 same, 2 changed, 0 new, 0 dropped");
});

test("only what is whole and the same in each commit is identical", () => {
  const same = commit("same");
  expect(verdictOf(comparisonOf([same, same]))).toBe("The patch is identical");
  expect(verdictOf(comparisonOf([same, same], { truncated: true }))).toBeUndefined();
  expect(verdictOf(comparisonOf([same, commit("changed")]))).toBeUndefined();
  expect(verdictOf(comparisonOf([same, commit("same", { moved: true })]))).toBe(
    "Only the order of the commits changed",
  );
  expect(verdictOf(comparisonOf([]))).toBe("Neither of these pushes has commits of its own");
});

test("pushes have nothing in common when no commit of one is in the other, be it changed", () => {
  expect(hasNothingInCommon(comparisonOf([commit("new"), commit("dropped")]))).toBe(true);
  expect(hasNothingInCommon(comparisonOf([commit("new"), commit("changed")]))).toBe(false);
  expect(hasNothingInCommon(comparisonOf([]))).toBe(false);
  expect(hasNothingInCommon(comparisonOf([commit("new")], { truncated: true }))).toBe(false);
});

test("the summary counts each kind, and what the branch was rebased over", () => {
  const commits = [commit("same"), commit("same"), commit("changed"), commit("new")];
  expect(summaryOf(comparisonOf(commits, { rebasedOver: 14 }))).toBe(
    "4 commits: 2 same, 1 changed, 1 new, 0 dropped · rebased over 14 commits",
  );
});
