import { expect, test } from "vitest";
import { BodyBudget } from "./body-budget.ts";

function holders(...names: string[]) {
  const gaveWay: string[] = [];
  const [one, two, three] = names.map((name) => ({ giveWay: () => gaveWay.push(name) }));
  if (!one || !two || !three) throw new Error("three are needed");
  return { one, two, three, gaveWay };
}

test("who began first gives way first, and no more than is needed", () => {
  const budget = new BodyBudget(100);
  const { one, two, three, gaveWay } = holders("one", "two", "three");
  for (const [holder, bytes] of [[one, 10] as const, [two, 40] as const, [one, 50] as const]) {
    expect(budget.hold(holder, bytes)).toBe(true);
  }
  expect(budget.heldBytes).toBe(90);
  expect(budget.hold(three, 20)).toBe(true);
  expect([gaveWay, budget.heldBytes]).toEqual([["one"], 60]);
  expect(budget.hold(three, 100)).toBe(true);
  expect([gaveWay, budget.heldBytes]).toEqual([["one", "two"], 100]);
});

test("the first gives way to younger ones also when it is itself that needs more", () => {
  const budget = new BodyBudget(100);
  const { one, two, gaveWay } = holders("one", "two", "three");
  budget.hold(one, 50);
  budget.hold(two, 50);
  expect(budget.hold(one, 51)).toBe(false);
  expect([gaveWay, budget.heldBytes]).toEqual([["one"], 50]);
});

test("what is given back is free, once", () => {
  const budget = new BodyBudget(100);
  const { one, two, three, gaveWay } = holders("one", "two", "three");
  budget.hold(one, 60);
  budget.hold(two, 40);
  for (let times = 0; times < 2; times++) budget.release(one);
  expect(budget.heldBytes).toBe(40);
  expect(budget.hold(three, 60)).toBe(true);
  expect(gaveWay).toEqual([]);
});
