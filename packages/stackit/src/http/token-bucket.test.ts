import fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBuckets } from "./token-bucket.ts";

function bucketsAt(limits: { perSec: number; burst: number }) {
  const time = { ms: 0 };
  return { time, buckets: new TokenBuckets(limits, { now: () => time.ms }) };
}

test("a burst passes, the next one is told when to come back, and then passes", () => {
  const { buckets, time } = bucketsAt({ perSec: 20, burst: 3 });
  expect([1, 2, 3].map(() => buckets.take("a"))).toEqual([0, 0, 0]);
  const waitSec = buckets.take("a");
  expect(waitSec).toBeCloseTo(0.05);
  time.ms += waitSec * 1000;
  expect(buckets.take("a")).toBe(0);
});

test("clients do not share a bucket", () => {
  const { buckets } = bucketsAt({ perSec: 1, burst: 1 });
  expect(buckets.take("a")).toBe(0);
  expect(buckets.take("a")).toBeGreaterThan(0);
  expect(buckets.take("b")).toBe(0);
});

test("however a client spaces its requests, no stretch of time lets more through than the burst and the rate", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (gapsMs) => {
      const { buckets, time } = bucketsAt({ perSec: 20, burst: 60 });
      const passedAt: number[] = [];
      for (const gapMs of gapsMs) {
        time.ms += gapMs;
        if (buckets.take("a") === 0) passedAt.push(time.ms);
      }
      passedAt.forEach((fromMs, first) => {
        passedAt.slice(first).forEach((toMs, more) => {
          expect(more + 1).toBeLessThanOrEqual(60 + ((toMs - fromMs) / 1000) * 20 + 1e-6);
        });
      });
    }),
    { numRuns: 30 },
  );
});

test("memory stays bounded however many clients come", () => {
  const { buckets } = bucketsAt({ perSec: 1, burst: 1 });
  for (let client = 0; client < 25_000; client += 1) buckets.take(String(client));
  expect(buckets.size).toBe(10_000);
});

test("a client that keeps coming is not forgotten while others pass by", () => {
  const { buckets } = bucketsAt({ perSec: 1, burst: 1 });
  buckets.take("steady");
  for (let client = 0; client < 25_000; client += 1) {
    buckets.take(String(client));
    if (client % 1000 === 0) expect(buckets.take("steady")).toBeGreaterThan(0);
  }
});
