import fc from "fast-check";
import { expect, test } from "vitest";
import { pickPullRequests } from "./pick-pull-request.ts";
import type { PullRequest } from "./pull-request.ts";

const OURS = 1;

function pullRequest(given: Partial<PullRequest>): PullRequest {
  return {
    number: 1,
    title: "",
    body: "",
    url: "https://github.com/octo/widget/pull/1",
    state: "open",
    isDraft: false,
    base: "main",
    head: "api",
    headOid: "a".repeat(40),
    headRepositoryId: OURS,
    labels: [],
    createdAtMs: 0,
    updatedAtMs: 0,
    mergeable: "unknown",
    reviews: [],
    observedAtMs: 0,
    ...given,
  };
}

const picked = (...all: PullRequest[]) => pickPullRequests(all, OURS).get("api")?.number;

test("open beats merged, merged beats closed, and then the newest counts", () => {
  const closed = pullRequest({ number: 9, state: "closed" });
  const merged = pullRequest({ number: 5, state: "merged" });
  const open = pullRequest({ number: 2 });
  expect(picked(closed, merged, open)).toBe(2);
  expect(picked(closed, merged)).toBe(5);
  expect(picked(closed, pullRequest({ number: 8, state: "closed" }))).toBe(9);
  expect(picked(pullRequest({ number: 7 }), open)).toBe(7);
});

test("a branch of that name in a fork, or in a repository that is gone, is another branch", () => {
  const { headRepositoryId: _, ...ofNobody } = pullRequest({ number: 3 });
  expect(picked(pullRequest({ headRepositoryId: 2 }), ofNobody)).toBeUndefined();
});

test("a pull request of ghstack is shown with the branch that its author wrote", () => {
  const pulls = [pullRequest({ number: 7, head: "gh/ann/1/head" }), pullRequest({ head: "gh/ann/head" })];
  expect([...pickPullRequests(pulls, OURS).keys()]).toEqual(["gh/ann/1/orig", "gh/ann/head"]);
});

test("the order in which they are told makes no difference", () => {
  const some = fc.uniqueArray(
    fc.record({
      number: fc.integer({ min: 1, max: 6 }),
      state: fc.constantFrom("open" as const, "merged" as const, "closed" as const),
      headRepositoryId: fc.constantFrom(OURS, 2),
    }),
    { selector: ({ number }) => number },
  );
  const twice = some.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
    ),
  );
  fc.assert(
    fc.property(twice, ([one, other]) => {
      expect(picked(...other.map(pullRequest))).toBe(picked(...one.map(pullRequest)));
    }),
  );
});
