import fc from "fast-check";
import { expect, test } from "vitest";
import { createRunIds } from "./run-id.ts";

test("an id is a ULID of its time", () => {
  const nextRunId = createRunIds(() => 1_469_918_176_385);
  expect(nextRunId()).toMatch(/^01ARYZ6S41[0-9A-HJKMNP-TV-Z]{16}$/);
});

test("ids grow as text, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 ** 47 }), { minLength: 2 }), (times) => {
      let nowMs = 0;
      const nextRunId = createRunIds(() => nowMs);
      const ids = times.map((timeMs) => {
        nowMs = timeMs;
        return nextRunId();
      });
      expect(ids).toEqual([...new Set(ids)].sort());
    }),
  );
});

test("two processes that start at the same moment do not collide", () => {
  const factories = Array.from({ length: 1000 }, () => createRunIds(() => 0));
  expect(new Set(factories.map((nextRunId) => nextRunId())).size).toBe(1000);
});
