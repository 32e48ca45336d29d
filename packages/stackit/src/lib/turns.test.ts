import { expect, test } from "vitest";
import { HandQuiet } from "../../test/support/hand-quiet.ts";
import { ManualClock, settlePromises } from "../../test/support/manual-clock.ts";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;
const MAX_WAIT_MS = 10_000;

function busy() {
  const quiet = new HandQuiet(false);
  const clock = new ManualClock();
  const begun: string[] = [];
  const open = new Map<string, Disposable>();
  const turns = new Turns(1, { quiet, maxWaitMs: MAX_WAIT_MS, clock });
  const step = (name: string, steps = turns.begin()): Promise<void> =>
    steps.next(never).then((turn) => {
      begun.push(name);
      open.set(name, turn);
    });
  const end = async (name: string): Promise<void> => {
    open.get(name)?.[Symbol.dispose]();
    await settlePromises();
  };
  return { quiet, clock, turns, begun, step, end };
}

test("so many at once, and the next in the order in which they came", async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const take = async (name: string): Promise<Disposable> => {
    const turn = await turns.begin().next(never);
    order.push(name);
    return turn;
  };
  const [a, b] = await Promise.all([take("a"), take("b")]);
  const [c, d] = [take("c"), take("d")];
  await settlePromises();
  expect(order).toEqual(["a", "b"]);
  b[Symbol.dispose]();
  b[Symbol.dispose]();
  (await c)[Symbol.dispose]();
  expect(order).toEqual(["a", "b", "c"]);
  a[Symbol.dispose]();
  await d;
  await take("e");
  expect(order).toEqual(["a", "b", "c", "d", "e"]);
});

test("who stops waiting takes nobody's turn", async () => {
  const turns = new Turns(1);
  const first = await turns.begin().next(never);
  const gone = new AbortController();
  const left = turns.begin().next(gone.signal);
  const next = turns.begin().next(never);
  gone.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  first[Symbol.dispose]();
  (await next)[Symbol.dispose]();
  await expect(turns.begin().next(gone.signal)).rejects.toThrow("gone");
  (await turns.begin().next(never))[Symbol.dispose]();
});

test("no step begins until it is quiet, then one after the other, each while it still is", async () => {
  const { quiet, begun, step, end } = busy();
  for (let repo = 0; repo < 20; repo++) void step(`${repo}`);
  await settlePromises();
  expect(begun).toEqual([]);
  await quiet.become(true);
  expect(begun).toEqual(["0"]);
  await end("0");
  expect(begun).toEqual(["0", "1"]);
  await quiet.become(false);
  await end("1");
  expect(begun).toEqual(["0", "1"]);
  await quiet.become(true);
  expect(begun).toEqual(["0", "1", "2"]);
});

test("what was told to be quiet, and is not any more a moment later, lets nothing begin", async () => {
  const { quiet, begun, step } = busy();
  void step("a");
  const becoming = quiet.become(true);
  quiet.isQuiet = false;
  await becoming;
  expect(begun).toEqual([]);
  await quiet.become(true);
  expect(begun).toEqual(["a"]);
});

test("work that began long enough ago goes on where it is never quiet, still one step at a time", async () => {
  const { clock, turns, begun, step, end } = busy();
  const steps = turns.begin();
  void step("a1", steps);
  await clock.advance(1_000);
  void step("b");
  await clock.advance(MAX_WAIT_MS - 1_001);
  expect(begun).toEqual([]);
  await clock.advance(1);
  expect(begun).toEqual(["a1"]);
  await clock.advance(1_000);
  void step("a2", steps);
  expect(begun).toEqual(["a1"]);
  await end("a1");
  await end("b");
  expect(begun).toEqual(["a1", "b", "a2"]);
  void step("c");
  await end("a2");
  expect(begun).toEqual(["a1", "b", "a2"]);
});

test("nothing is listened to and no timer runs once nobody waits", async () => {
  const { quiet, clock, turns, step, end } = busy();
  const gone = new AbortController();
  const left = turns.begin().next(gone.signal);
  await settlePromises();
  expect([quiet.listeners.size, clock.pendingTimers]).toEqual([1, 1]);
  gone.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  expect([quiet.listeners.size, clock.pendingTimers]).toEqual([0, 0]);
  void step("a");
  await quiet.become(true);
  await end("a");
  expect([quiet.listeners.size, clock.pendingTimers]).toEqual([0, 0]);
});
