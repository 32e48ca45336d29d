import { expect, test } from "vitest";
import { ManualClock, settlePromises } from "../../test/support/manual-clock.ts";
import type { UpkeepReport } from "../repos/mirror-upkeep.ts";
import { type UpkeepEnded, UpkeepSchedule } from "./upkeep-schedule.ts";

const DONE: UpkeepReport = { steps: ["repack"], wasEnded: false, isDamaged: false };
const MINUTE_MS = 60_000;

/** Mirrors that have been idle since the start, and are done with upkeep when the test says so. */
function setUp(...ids: string[]) {
  const clock = new ManualClock();
  const idleSince = new Map<string, number>(ids.map((id) => [id, 0]));
  const asked: string[] = [];
  const ended: UpkeepEnded[] = [];
  const atWork = new Map<string, PromiseWithResolvers<UpkeepReport | undefined>>();
  const begun: string[] = [];
  const signals: AbortSignal[] = [];
  const queue = {
    idleSinceMs: (id: string) => idleSince.get(id),
    request: (id: string): never => {
      asked.push(id);
      return undefined as never;
    },
  };
  const mirrors = ids.map((id) => ({
    id,
    maintain: ({ signal }: { signal: AbortSignal }) => {
      begun.push(id);
      signals.push(signal);
      const work = Promise.withResolvers<UpkeepReport | undefined>();
      atWork.set(id, work);
      return work.promise;
    },
  }));
  const schedule = new UpkeepSchedule(queue, mirrors, { clock, onEnded: (one) => ended.push(one) });
  schedule.start();
  return { clock, idleSince, asked, ended, atWork, begun, signals, schedule, mirrors };
}

test("nothing begins in the first minutes, and then one mirror at a time", async () => {
  const { clock, begun, atWork, ended } = setUp("a", "b");
  await clock.advance(5 * MINUTE_MS - 1);
  expect(begun).toEqual([]);
  await clock.advance(1);
  expect(begun).toEqual(["a"]);
  await clock.advance(10 * MINUTE_MS);
  expect(begun).toEqual(["a"]);
  atWork.get("a")?.resolve(DONE);
  await clock.advance(1_000);
  expect(begun).toEqual(["a", "b"]);
  expect(ended).toEqual([{ repoId: "a", durationMs: 10 * MINUTE_MS, report: DONE }]);
});

test("a mirror that is at work, or was a moment ago, is left alone until it is idle", async () => {
  const { clock, begun, idleSince } = setUp("a");
  idleSince.delete("a");
  await clock.advance(10 * MINUTE_MS);
  idleSince.set("a", clock.now() + MINUTE_MS - 1_000);
  await clock.advance(MINUTE_MS);
  expect(begun).toEqual([]);
  await clock.advance(MINUTE_MS);
  expect(begun).toEqual(["a"]);
});

test("a mirror that is never idle for long is taken between two runs in the end", async () => {
  const { clock, begun, idleSince } = setUp("a");
  for (let minute = 0; minute < 6 * 60; minute++) {
    await clock.advance(MINUTE_MS);
    idleSince.set("a", clock.now() + MINUTE_MS - 1);
  }
  expect(begun).toEqual([]);
  await clock.advance(10 * MINUTE_MS);
  expect(begun).toEqual(["a"]);
});

test("what is done or failed comes again after an hour, what was ended or refused sooner", async () => {
  const { clock, begun, atWork, ended } = setUp("a");
  await clock.advance(5 * MINUTE_MS);
  atWork.get("a")?.resolve({ steps: [], wasEnded: false, isDamaged: false });
  await clock.advance(59 * MINUTE_MS);
  expect(begun).toHaveLength(1);
  expect(ended).toEqual([]);
  await clock.advance(2 * MINUTE_MS);
  expect(begun).toHaveLength(2);
  atWork.get("a")?.resolve({ ...DONE, wasEnded: true });
  await clock.advance(11 * MINUTE_MS);
  expect(begun).toHaveLength(3);
  atWork.get("a")?.resolve(undefined);
  await clock.advance(11 * MINUTE_MS);
  expect(begun).toHaveLength(4);
  atWork.get("a")?.reject(new Error("disk"));
  await clock.advance(59 * MINUTE_MS);
  expect(begun).toHaveLength(4);
  await clock.advance(2 * MINUTE_MS);
  expect(begun).toHaveLength(5);
  expect(ended.map(({ report, error }) => report?.wasEnded ?? String(error))).toEqual([true, "Error: disk"]);
});

test("a mirror that is found damaged is asked for", async () => {
  const { clock, asked, atWork } = setUp("a");
  await clock.advance(5 * MINUTE_MS);
  atWork.get("a")?.resolve({ ...DONE, isDamaged: true });
  await settlePromises();
  expect(asked).toEqual(["a"]);
});

test("disposal ends what is at work, waits for it, and nothing begins any more", async () => {
  const { clock, begun, atWork, signals, schedule, ended } = setUp("a", "b");
  await clock.advance(5 * MINUTE_MS);
  const disposed = schedule[Symbol.asyncDispose]();
  expect(signals[0]?.aborted).toBe(true);
  let isOver = false;
  void disposed.then(() => {
    isOver = true;
  });
  await settlePromises();
  expect(isOver).toBe(false);
  atWork.get("a")?.resolve({ ...DONE, wasEnded: true });
  await disposed;
  await clock.advance(60 * MINUTE_MS);
  expect(begun).toEqual(["a"]);
  expect(ended).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

test("a mirror that comes later is tended as if the server had begun then, and one that left never again", async () => {
  const { clock, begun, atWork, ended, schedule, mirrors } = setUp("a", "b");
  for (const mirror of mirrors) schedule.remove(mirror);
  await clock.advance(20 * MINUTE_MS);
  expect(begun).toEqual([]);
  for (const mirror of mirrors.slice(0, 1)) schedule.add(mirror);
  await clock.advance(5 * MINUTE_MS - 1);
  expect(begun).toEqual([]);
  await clock.advance(MINUTE_MS);
  expect(begun).toEqual(["a"]);
  for (const mirror of mirrors.slice(0, 1)) schedule.remove(mirror);
  atWork.get("a")?.reject(new Error("it was taken away"));
  await clock.advance(120 * MINUTE_MS);
  expect(begun).toEqual(["a"]);
  expect(ended).toEqual([]);
});
