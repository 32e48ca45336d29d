import fc from "fast-check";
import { test } from "vitest";
import { QueueWorld, REPOS, type Step } from "../../test/support/queue-world.ts";

/** Hundreds of histories take some seconds of a processor that others may be using. */
const TIMEOUT_MS = 120_000;

const repoId = fc.constantFrom(...REPOS);
const trigger = fc.constantFrom(
  "manual",
  "webhook",
  "interval",
  "watcher",
  "startup",
  "onboard",
  "submit",
  "replay",
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("request"), repoId, trigger }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("end"),
      repoId,
      how: fc.constantFrom(
        "updated",
        "unchanged",
        "held",
        "retryable",
        "final",
        "unforeseen",
        "rate-limited",
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(1, 20, 50, 199, 600, 1_050) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("manners"),
      repoId,
      manners: fc.constantFrom("prompt", "slow", "deaf"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("remove", "return"), repoId }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("reserve", "give up", "release"), repoId }) },
  { weight: 1, arbitrary: fc.constant({ do: "set the clock back" }) },
);

/**
 * The promises F1 to F5 and F7 are checked by the world itself, at every request, start, answer and step: see
 * `QueueWorld`. In short: an answer comes from a run that began after the request; one run a repository at a time; who
 * waits shares; limits hold and the more urgent or older goes first; deadlines come on time; bursts settle; nothing
 * waits without a reason; everybody is answered; who reserves a repository has it alone, soon, and in turn. A host that fails, or wants to be left alone, is a reason for runs that
 * nobody waits for, and for no longer than its circuit may be open.
 */
test("whatever happens in whatever order, the queue keeps its promises (B7)", {
  timeout: TIMEOUT_MS,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60, size: "max" }),
      fc.constantFrom(0, 0.25, 0.5, 0.75),
      async (steps, random) => {
        const world = new QueueWorld(() => random);
        for (const each of steps) await world.take(each);
        await world.endWell();
        await world.dispose();
      },
    ),
    { numRuns: 300, endOnFailure: true },
  );
});

test("the queue can be disposed in the middle of anything", { timeout: TIMEOUT_MS }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30, size: "max" }), async (steps) => {
      const world = new QueueWorld(() => 0.5);
      for (const each of steps) await world.take(each);
      await world.dispose();
    }),
    { numRuns: 200, endOnFailure: true },
  );
});
