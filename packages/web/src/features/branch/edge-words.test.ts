import type { Branch, EdgeSourceName } from "stackit/contract/view";
import { expect, test } from "vitest";
import { branch } from "../../testing/made-up.ts";
import { edgeSentence } from "./edge-words.ts";

const observedAt = "2026-01-05T10:00:00.000Z";

function told(state: Branch["restack"]["state"], ...voices: [EdgeSourceName, string][]): string {
  const sources = voices.map(([source, parent]) => ({ source, parent, observedAt }));
  const agreed = new Set(voices.map(([, parent]) => parent)).size === 1;
  return edgeSentence(
    branch("ui", { parent: "api", restack: { state, reason: "" }, edge: { sources, agreed } }),
  );
}

test("the parent is said with who names it, a dispute as one, and a moved parent only where it moved", () => {
  expect(told("in-sync", ["stackit", "api"], ["ancestry", "api"])).toBe(
    "Parent known from Stackit metadata and commit ancestry",
  );
  expect(told("in-sync", ["stackit", "api"], ["pr-base", "main"])).toBe(
    "Sources disagree about the parent; Stackit metadata is followed",
  );
  expect(told("parent-moved", ["av", "api"], ["ancestry", "main"])).toBe(
    "Parent known from av's records; the history still leads elsewhere, because the parent moved",
  );
  expect(told("diverged", ["av", "api"], ["ancestry", "main"])).toBe(
    "Parent known from av's records; the history still leads elsewhere",
  );
});
