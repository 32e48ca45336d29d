import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { Turns } from "../lib/turns.ts";
import { type KeepsSnapshot, SnapshotKeeper } from "./snapshot-keeper.ts";

/** Mirrors that publish when told to; `kept` names those that were asked to keep their snapshots. */
function mirrors(names: readonly string[]) {
  const kept: string[] = [];
  const made = names.map((name) => {
    const listeners = new Set<() => void>();
    const mirror: KeepsSnapshot = {
      onPublished(listener) {
        const tell = listener as () => void;
        listeners.add(tell);
        return () => listeners.delete(tell);
      },
      async keepSnapshot() {
        kept.push(name);
      },
    };
    const publish = () => {
      for (const listener of listeners) listener();
    };
    return { mirror, publish };
  });
  return { kept, made };
}

const turnOfAll = async () => {
  for (let n = 0; n < 20; n++) await setImmediate();
};

test("what was published is kept a while later, once, with one timer for all, and none where nothing is", async () => {
  const clock = new ManualClock();
  await using keeper = new SnapshotKeeper(new Turns(1), clock);
  const { kept, made } = mirrors(["a", "b", "c"]);
  for (const { mirror } of made) keeper.follow(mirror);
  expect(clock.timersSet).toBe(0);
  for (const { publish } of [...made.slice(0, 2), ...made.slice(0, 2)]) publish();
  expect(clock.timersSet).toBe(1);
  await clock.advance(29_000);
  await turnOfAll();
  expect(kept).toEqual([]);
  await clock.advance(1_000);
  await expect.poll(() => kept).toEqual(["a", "b"]);
  await clock.advance(3_600_000);
  await turnOfAll();
  expect(kept).toEqual(["a", "b"]);
  made[2]?.publish();
  await clock.advance(30_000);
  await expect.poll(() => kept).toEqual(["a", "b", "c"]);
});

test("nothing is kept while other work goes first, nor of a mirror that has gone", async () => {
  const clock = new ManualClock();
  const turns = new Turns(1);
  await using keeper = new SnapshotKeeper(turns, clock);
  const { kept, made } = mirrors(["a", "b"]);
  const [first] = made.map(({ mirror }) => keeper.follow(mirror));
  for (const { publish } of made) publish();
  const other = await turns.begin().next(new AbortController().signal);
  await clock.advance(30_000);
  await turnOfAll();
  expect(kept).toEqual([]);
  first?.[Symbol.dispose]();
  other[Symbol.dispose]();
  await expect.poll(() => kept).toEqual(["b"]);
});
