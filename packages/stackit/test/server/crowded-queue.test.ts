import fc from "fast-check";
import { test } from "vitest";
import { CROWDED, CrowdedQueue, type CrowdStep } from "../support/crowded-queue.ts";

/** A run takes some seconds. With STACKIT_MODEL_RUNS more are tried, with STACKIT_MODEL_SEED those of that seed. */
const RUNS = Number(process.env.STACKIT_MODEL_RUNS ?? 1);
const SEED = process.env.STACKIT_MODEL_SEED;

const step: fc.Arbitrary<CrowdStep> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("ask"),
      id: fc.constantFrom(...CROWDED),
      trigger: fc.constantFrom("interval", "webhook", "manual"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("push"), host: fc.constantFrom("a", "b") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("answer"), which: fc.nat(5) }) },
);
/** In the first the limit for each host is the narrow one, in the second the one for all. */
const LIMITS = [
  { maxRunning: 4, maxRunningPerHost: 2 },
  { maxRunning: 4, maxRunningPerHost: 3 },
];

/** F4 and F1 are checked by `CrowdedQueue`, at each begin of a run and after each step. */
test("of more mirrors than may be synced at once, on hosts that answer when they like, the most urgent are next and all have their turn", {
  timeout: 60_000 + RUNS * 20_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40, size: "max" }), async (steps) => {
      for (const limits of LIMITS) {
        await using crowd = await CrowdedQueue.open(limits);
        for (const each of steps) await crowd.take(each);
        await crowd.endWell();
      }
    }),
    { numRuns: RUNS, endOnFailure: true, ...(SEED !== undefined && { seed: Number(SEED) }) },
  );
});
