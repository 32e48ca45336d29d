import { expect, test } from "vitest";
import { RecentlyUsed } from "./recently-used.ts";

test("what was not used for longest makes room, and the room is never exceeded", () => {
  const kept = new RecentlyUsed<string>(10);
  kept.set("a", "A", 4);
  kept.set("b", "B", 4);
  expect(kept.get("a")).toBe("A");
  kept.set("c", "C", 4);
  expect([kept.get("a"), kept.get("b"), kept.get("c")]).toEqual(["A", undefined, "C"]);
  expect(kept.heldBytes).toBe(8);
});

test("what is set again counts once", () => {
  const kept = new RecentlyUsed<string>(10);
  kept.set("a", "A", 4);
  kept.set("a", "B", 6);
  expect([kept.get("a"), kept.heldBytes]).toEqual(["B", 6]);
});

test("what is larger than all the room is not kept, and drives nothing out", () => {
  const kept = new RecentlyUsed<string>(10);
  kept.set("a", "A", 4);
  kept.set("b", "B", 11);
  expect([kept.get("a"), kept.get("b"), kept.heldBytes]).toEqual(["A", undefined, 4]);
});
