import type { Push } from "stackit/contract/pushes";
import { expect, test } from "vitest";
import { lastTwoPushes } from "../../routes/location.ts";
import { chosenPushes, pushesOfMove, wayAround } from "./chosen-pushes.ts";

/** Newest first; a push that is not stored stands in lower case. */
const pushesOf = (letters: string): Push[] =>
  [...letters].map((letter, index) => ({
    number: letters.length - index,
    sha: letter.toUpperCase(),
    kind: "rewritten",
    stored: letter !== letter.toLowerCase(),
  }));

test("the last two are compared unless numbers are asked for", () => {
  const pushes = pushesOf("DCBA");
  expect(chosenPushes(pushes, lastTwoPushes)).toEqual({ from: 3, to: 4 });
  expect(chosenPushes(pushes, { ...lastTwoPushes, to: 2 })).toEqual({ from: 1, to: 2 });
  expect(chosenPushes(pushes, { ...lastTwoPushes, from: 1 })).toEqual({ from: 1, to: 4 });
  expect(chosenPushes(pushesOf("A"), lastTwoPushes)).toBeUndefined();
});

test("instead of a push that is not stored the next one is offered, or the newest beside it", () => {
  const way = (letters: string, from: number, to: number) =>
    wayAround("push/not-found", pushesOf(letters), { from, to });
  expect(way("EDCBa", 1, 5)).toEqual({ from: 2, to: 5 });
  expect(way("EDCBa", 1, 2)).toEqual({ from: 2, to: 5 });
  expect(way("EDcBA", 2, 3)).toEqual({ from: 2, to: 5 });
  expect(way("EDcba", 1, 9)).toEqual({ from: 4, to: 5 });
  expect(way("Edcba", 1, 2)).toBeUndefined();
});

test("the trees are offered when both pushes are stored, and when there is too much to compare", () => {
  const pushes = pushesOf("CBA");
  expect(wayAround("push/not-found", pushes, { from: 1, to: 3 })).toBe("trees");
  expect(wayAround("compare/too-large", pushes, { from: 1, to: 3 })).toBe("trees");
  expect(wayAround("server/busy", pushes, { from: 1, to: 3 })).toBeUndefined();
});

test("a move of a branch lies between two pushes that follow each other", () => {
  const pushes = pushesOf("ABAC");
  expect(pushesOfMove(pushes, { old: "B", new: "A" })).toEqual({ from: 3, to: 4 });
  expect(pushesOfMove(pushes, { old: "C", new: "A" })).toEqual({ from: 1, to: 2 });
  expect(pushesOfMove(pushes, { old: "C", new: "B" })).toBeUndefined();
  expect(pushesOfMove(pushes, { old: undefined, new: "C" })).toBeUndefined();
});
