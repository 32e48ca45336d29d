import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { FollowUp } from "./follow-up.ts";

test("whatever is asked for while it runs is followed by one run more, also when that run fails", async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  await using work = new FollowUp(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  work.ask();
  work.ask();
  expect(runs).toHaveLength(0);
  await expect.poll(() => runs.length).toBe(1);
  work.ask();
  work.ask();
  runs[0]?.reject(new Error("this one fails"));
  await expect.poll(() => runs.length).toBe(2);
  runs[1]?.resolve();
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  expect(runs).toHaveLength(2);
  work.ask();
  await expect.poll(() => runs.length).toBe(3);
  runs[2]?.resolve();
});

test("the end aborts what runs, waits for it, and begins nothing more", async () => {
  let runs = 0;
  let hasEnded = false;
  const work = new FollowUp(async (signal) => {
    runs++;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    await setImmediate();
    hasEnded = true;
  });
  work.ask();
  await expect.poll(() => runs).toBe(1);
  work.ask();
  await work[Symbol.asyncDispose]();
  expect(hasEnded).toBe(true);
  work.ask();
  for (let turn = 0; turn < 10; turn++) await setImmediate();
  expect(runs).toBe(1);
});
