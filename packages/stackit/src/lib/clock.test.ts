import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";

test("a wait beyond what a timer can hold does not end at once, and can be cancelled", async () => {
  let called = false;
  const cancel = systemClock.after(2 ** 40, () => {
    called = true;
  });
  await new Promise<void>((resolve) => systemClock.after(5, resolve));
  expect(called).toBe(false);
  cancel();
});

test("monotonic time is not the wall's (B32)", () => {
  expect(Math.abs(systemClock.wallNow() - Date.now())).toBeLessThan(1000);
  expect(systemClock.now()).toBeLessThan(systemClock.wallNow());
});
