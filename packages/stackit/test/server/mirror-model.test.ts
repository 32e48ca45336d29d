import fc from "fast-check";
import { test } from "vitest";
import { BRANCHES, FAULTS, MirrorModel, type Step } from "../support/mirror-model.ts";

/** A run takes some seconds. STACKIT_MODEL_RUNS=100 is the proof, in a quarter of an hour; STACKIT_MODEL_SEED repeats those of that seed. */
const RUNS = Number(process.env.STACKIT_MODEL_RUNS ?? 2);
const SEED = process.env.STACKIT_MODEL_SEED;

const branch = fc.constantFrom(...BRANCHES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("push"),
      branch,
      how: fc.constantFrom("forward", "forward", "force", "announced", "delete"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("crowd"), left: fc.constantFrom(0, 4, 10, 12, 14, 24) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("confirm"), how: fc.constantFrom("fresh", "stale") }) },
  { weight: 2, arbitrary: fc.constant({ do: "second look" }) },
  { weight: 1, arbitrary: fc.constant({ do: "rename the default branch" }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("webhook"), branch, times: fc.constantFrom(1, 2) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("sync"),
      how: fc.constantFrom("plain", "plain", "plain", "expect", "async", "leave"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fault"), fault: fc.constantFrom(...FAULTS) }) },
  { weight: 2, arbitrary: fc.constant({ do: "mend" }) },
  { weight: 1, arbitrary: fc.constant({ do: "kill" }) },
);

/** The promises F1, F2, F6, F8, F9, F10 and invariant 4 are checked by the model, after each step: see `MirrorModel`. */
test("whatever happens to a remote, its host and the server, readers are shown what was pushed before they were told so (B7, B10, B50)", {
  timeout: 60_000 + RUNS * 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 8, maxLength: 25, size: "max" }),
      fc.boolean(),
      async (steps, isImpatient) => {
        await using model = await MirrorModel.open({ isImpatient });
        for (const each of steps) await model.take(each);
        await model.endWell();
      },
    ),
    { numRuns: RUNS, endOnFailure: true, ...(SEED !== undefined && { seed: Number(SEED) }) },
  );
});
