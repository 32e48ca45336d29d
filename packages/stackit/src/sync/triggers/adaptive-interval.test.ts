import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunHistory } from "../../store/run-history.ts";
import { chooseInterval, type IntervalBounds, jittered } from "./adaptive-interval.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BOUNDS: IntervalBounds = { baseMs: 5 * MINUTE_MS, minMs: MINUTE_MS, maxMs: HOUR_MS };

type By = NonNullable<RunHistory["news"]>["by"];

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const quietFor = (ms: number, by: By = "look") => ({ news: { at: at(0), by }, lastSuccessAt: at(ms) });

function chosen(quietMs: number, by: By = "look", bounds = BOUNDS): { everyMs: number; reason: string } {
  const found = chooseInterval(bounds, quietFor(quietMs, by));
  if (!found) throw new Error("no interval");
  return found;
}

const bys = fc.constantFrom<By>("look", "webhook", "first-run");
const quiets = fc.integer({ min: -DAY_MS, max: 400 * DAY_MS });
const anyBounds = fc
  .tuple(...([1, 2, 3] as const).map(() => fc.integer({ min: 1000, max: DAY_MS })))
  .map((three) => three.sort((one, other) => one - other))
  .map(([minMs = 0, baseMs = 0, maxMs = 0]) => ({ minMs, baseMs, maxMs }));

test("an interval is within its bounds, also with jitter, which is 10 % at most", () => {
  fc.assert(
    fc.property(
      anyBounds,
      quiets,
      bys,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (bounds, quietMs, by, f) => {
        const { everyMs } = chosen(quietMs, by, bounds);
        const withJitterMs = jittered(bounds, everyMs, f);
        for (const ms of [everyMs, withJitterMs]) {
          expect(ms).toBeGreaterThanOrEqual(by === "look" || ms !== everyMs ? bounds.minMs : bounds.baseMs);
          expect(ms).toBeLessThanOrEqual(bounds.maxMs);
        }
        expect(Math.abs(withJitterMs - everyMs)).toBeLessThanOrEqual(everyMs * 0.1 + 1);
      },
    ),
  );
});

test("the longer a repository is quiet, the later it is asked, and sooner the change that no webhook announced", () => {
  fc.assert(
    fc.property(anyBounds, quiets, quiets, bys, (bounds, one, other, by) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      expect(chosen(less, by, bounds).everyMs).toBeLessThanOrEqual(chosen(more, by, bounds).everyMs);
      expect(chosen(less, "look", bounds).everyMs).toBeLessThanOrEqual(chosen(less, by, bounds).everyMs);
    }),
  );
});

test("a reason is a few words that a person can read", () => {
  fc.assert(
    fc.property(quiets, bys, (quietMs, by) => {
      expect(chosen(quietMs, by).reason).toMatch(/^[a-z][a-z0-9 ;]{10,70}$/);
    }),
  );
});

test.each<[quietMs: number, by: By, everyMs: number, reason: string]>([
  [0, "look", MINUTE_MS, "changed at the last sync"],
  [3 * MINUTE_MS, "look", 1.5 * MINUTE_MS, "quiet for 3 minutes"],
  [HOUR_MS, "look", 30 * MINUTE_MS, "quiet for 1 hour"],
  [2 * DAY_MS, "look", HOUR_MS, "quiet for 2 days"],
  [0, "webhook", 5 * MINUTE_MS, "changed at the last sync; a webhook announced the last change"],
  [HOUR_MS, "webhook", 30 * MINUTE_MS, "quiet for 1 hour; a webhook announced the last change"],
  [0, "first-run", 5 * MINUTE_MS, "no change since the first sync"],
  [30 * DAY_MS, "first-run", HOUR_MS, "no change in 30 days"],
])(
  "quiet for %d ms after a change by %s: asked after %d ms, because of: %s",
  (quietMs, by, everyMs, reason) => {
    expect(chosen(quietMs, by)).toEqual({ everyMs, reason });
  },
);

test("without history it is the base, and an interval of one's own is kept whatever happened", () => {
  expect(chooseInterval(BOUNDS, {})).toEqual({ everyMs: BOUNDS.baseMs, reason: "not synced yet" });
  expect(chooseInterval(30_000, quietFor(DAY_MS))).toEqual({
    everyMs: 30_000,
    reason: "set for this repository",
  });
  expect(chooseInterval(0, quietFor(DAY_MS))).toBeUndefined();
  expect([0, 0.5, 1].map((fraction) => jittered(30_000, 30_000, fraction))).toEqual([27_000, 30_000, 33_000]);
});
