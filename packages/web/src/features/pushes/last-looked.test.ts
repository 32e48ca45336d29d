import { expect, test } from "vitest";
import { afterLooking, type Look, lookedAtBefore } from "./last-looked.ts";

const after = (...heads: readonly string[]) =>
  heads.reduce<Look[]>((looks, head) => afterLooking(looks, "topic", head), []);

test("what one looks at now is not what one looked at last, however often", () => {
  expect(lookedAtBefore(after("a"), "topic", "b")).toBe("a");
  expect(lookedAtBefore(after("a", "b"), "topic", "b")).toBe("a");
  expect(lookedAtBefore(after("a", "b", "b"), "topic", "b")).toBe("a");
  expect(lookedAtBefore(after("a", "b", "c"), "topic", "c")).toBe("b");
});

test("of what was never looked at before there is nothing", () => {
  expect(lookedAtBefore([], "topic", "a")).toBeUndefined();
  expect(lookedAtBefore(after("a"), "topic", "a")).toBeUndefined();
  expect(lookedAtBefore(after("a"), "other", "b")).toBeUndefined();
});

test("the branches that were looked at longest ago are forgotten", () => {
  let looks = afterLooking([], "first", "a");
  for (let n = 0; n < 500; n += 1) looks = afterLooking(looks, `b${n}`, "a");
  expect(looks).toHaveLength(500);
  expect(looks.some(({ branch }) => branch === "first")).toBe(false);
});
