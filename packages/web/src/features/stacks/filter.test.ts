import { expect, test } from "vitest";
import { branch, stack } from "../../testing/made-up.ts";
import { type Candidate, isEmptyFilter, matches, parseFilter } from "./filter.ts";

function candidate(given: Parameters<typeof branch>[1] = {}, owner = "Theo"): Candidate {
  const only = branch("theo/login-form", given);
  const waitingMs = 3 * 86_400_000;
  const whose = { owner, isMine: owner === "Mira" };
  return { branch: only, stack: stack(only.name, [only], { owner }), ...whose, waitingMs };
}

test("qualifiers, numbers, quoted text and plain words are told apart", () => {
  expect(parseFilter('is:restack owner:Theo #1842 "two words" Login')).toEqual({
    words: ["two words", "login"],
    is: ["restack"],
    owners: ["theo"],
    authors: [],
    checks: [],
    reviews: [],
    numbers: [1842],
    waiting: [],
    unknown: [],
  });
});

test("an unknown qualifier is named and does not hide everything", () => {
  const filter = parseFilter("is:nonsense size:large login");
  expect(filter.unknown).toEqual(["is:nonsense", "size:large"]);
  expect(matches(filter, candidate())).toBe(true);
});

test("a qualifier that is still being typed matches everything", () => {
  expect(isEmptyFilter(parseFilter("is: owner:"))).toBe(true);
});

test("words are looked for in name, title, stack and author, all of them, in any case", () => {
  const given = candidate({ commitMessage: "Show the form", commitAuthor: "Theo Ruiz" });
  expect(matches(parseFilter("LOGIN show"), given)).toBe(true);
  expect(matches(parseFilter("login hide"), given)).toBe(false);
  expect(matches(parseFilter("ruiz"), given)).toBe(true);
});

test.each([
  ["is:mine", "Mira", true],
  ["is:mine", "Theo", false],
  ["owner:the", "Theo", true],
  ["owner:mira", "Theo", false],
])("%s for a stack of %s: %s", (text, owner, expected) => {
  expect(matches(parseFilter(text), candidate({}, owner))).toBe(expected);
});

test("a pull request is found by its number", () => {
  expect(matches(parseFilter("#12"), candidate({ pr: { number: 12 } }))).toBe(true);
  expect(matches(parseFilter("#12"), candidate({ pr: { number: 123 } }))).toBe(false);
  expect(matches(parseFilter("#12"), candidate())).toBe(false);
});

test("is:restack and is:unpushed read the state of the branch", () => {
  const moved = candidate({ restack: { state: "parent-moved", reason: "" } });
  expect(matches(parseFilter("is:restack"), moved)).toBe(true);
  const ahead = candidate({ remoteStatus: { ahead: 2, behind: 0, diverged: false, missingRemote: false } });
  expect(matches(parseFilter("is:unpushed"), ahead)).toBe(true);
  expect(matches(parseFilter("is:unpushed"), candidate())).toBe(false);
});

test("check: and review: find pull requests by how they stand, and only those", () => {
  const observedAt = "2026-01-05T10:00:00.000Z";
  const failing = candidate({ ci: { status: "failing", reviewDecision: "REVIEW_REQUIRED", observedAt } });
  const found = (text: string, one = failing) => matches(parseFilter(text), one);
  expect([found("check:fail"), found("check:failing"), found("check:pass")]).toEqual([true, true, false]);
  expect([found("review:needed"), found("review:approved"), found("review:none")]).toEqual([
    true,
    false,
    false,
  ]);
  expect([found("check:fail", candidate()), found("review:none", candidate())]).toEqual([false, false]);
  expect(parseFilter("check:green review:ok").unknown).toEqual(["check:green", "review:ok"]);
});

test("waiting: asks for how long a branch has waited, in one unit, and never finds what is merged", () => {
  const found = (text: string) => matches(parseFilter(text), candidate());
  expect(["waiting:>2d", "waiting:<1w", "waiting:2d", "waiting:>4d", "waiting:<72h"].map(found)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(matches(parseFilter("waiting:>1m"), { ...candidate(), waitingMs: undefined })).toBe(false);
  expect(parseFilter("waiting:long waiting:>2y").unknown).toEqual(["waiting:long", "waiting:>2y"]);
  expect(isEmptyFilter(parseFilter("waiting:>2"))).toBe(true);
});
