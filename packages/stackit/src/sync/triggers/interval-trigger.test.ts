import { expect, test } from "vitest";
import { ManualClock, settlePromises } from "../../../test/support/manual-clock.ts";
import { NO_HISTORY, type RunHistory } from "../../store/run-history.ts";
import { SyncQueue } from "../sync-queue.ts";
import { SyncFailure, type SyncResult, type SyncTarget } from "../sync-target.ts";
import type { Pace } from "./adaptive-interval.ts";
import { type AskedAtIntervals, IntervalTrigger } from "./interval-trigger.ts";
import { startDelaysMs } from "./start-delays.ts";

const MINUTE_MS = 60_000;
const SETTLE_MS = 250;

/** The real queue with mirrors whose runs take `tookMs`, and the times at which each began. */
class IntervalWorld {
  readonly clock: ManualClock;
  readonly queue: SyncQueue;
  readonly trigger: IntervalTrigger;
  readonly startsMs = new Map<string, number[]>();
  tookMs = 10;
  fails = false;
  /** What the next run finds. */
  pushed = false;

  constructor(
    repos: readonly AskedAtIntervals[],
    random = () => 0.5,
    { clock = new ManualClock(), history = NO_HISTORY }: { clock?: ManualClock; history?: RunHistory } = {},
  ) {
    this.clock = clock;
    this.queue = new SyncQueue({
      clock: this.clock,
      random,
      maxRunning: 10_000,
      timeoutMs: 60 * MINUTE_MS,
      settleMs: SETTLE_MS,
    });
    this.trigger = new IntervalTrigger(this.queue, repos, { clock: this.clock, random });
    for (const { repoId } of repos) {
      this.startsMs.set(repoId, []);
      this.queue.register(this.#target(repoId), {
        kind: "mirror",
        history,
        cadence: (history, restingSinceMs) => this.trigger.cadence(repoId, history, restingSinceMs),
      });
    }
  }

  /** As the server does it. */
  start(): void {
    for (const [repoId, runAfterMs] of startDelaysMs([...this.startsMs.keys()])) {
      this.queue.request(repoId, { trigger: "startup", runAfterMs });
    }
    this.trigger.start();
  }

  starts(repoId = "a"): number[] {
    return this.startsMs.get(repoId) ?? [];
  }

  /** Milliseconds from now, as people are told. */
  nextDueInMs(repoId = "a"): number | undefined {
    const { nextDueAt } = this.queue.freshness(repoId);
    return nextDueAt === undefined ? undefined : Date.parse(nextDueAt) - this.clock.wallNow();
  }

  #target(repoId: string): SyncTarget {
    return {
      repoId,
      storeKey: repoId,
      sync: async ({ signal }) => {
        this.starts(repoId).push(this.clock.now());
        await new Promise<void>((done) => {
          this.clock.after(this.tookMs, done);
          signal.addEventListener("abort", () => done());
        });
        if (this.fails) throw new SyncFailure("sync/remote-error", "It broke.", { retryable: true });
        const found = this.pushed ? PUSHED : UNCHANGED;
        this.pushed = false;
        return found;
      },
    };
  }
}

const UNCHANGED: SyncResult = {
  outcome: "unchanged",
  generation: 1,
  refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
  stacks: { created: [], changed: [], removed: [] },
  phases: { fetchMs: 0, readMs: 1, deriveMs: 2 },
};

const PUSHED: SyncResult = { ...UNCHANGED, outcome: "updated", refs: { ...UNCHANGED.refs, updated: 1 } };

/** The defaults of the server. */
const ADAPTED = { baseMs: 5 * MINUTE_MS, minMs: MINUTE_MS, maxMs: 60 * MINUTE_MS };

const one = (pace: Pace, random?: () => number) => new IntervalWorld([{ repoId: "a", pace }], random);

test("a mirror is asked for an interval after the end of each run", async () => {
  const world = one(5 * MINUTE_MS);
  world.tookMs = MINUTE_MS;
  world.start();
  await world.clock.advance(30 * MINUTE_MS);
  const [first = Number.NaN, ...later] = world.starts();
  expect(first).toBeLessThanOrEqual(100);
  const roundMs = world.tookMs + 5 * MINUTE_MS + SETTLE_MS;
  expect(later).toEqual([1, 2, 3, 4].map((round) => first + round * roundMs));
});

test("a run that somebody else asked for postpones the next asking", async () => {
  const world = one(5 * MINUTE_MS);
  world.start();
  await world.clock.advance(4 * MINUTE_MS);
  world.queue.request("a", { trigger: "webhook" });
  await world.clock.advance(5 * MINUTE_MS);
  expect(world.starts()).toHaveLength(2);
  await world.clock.advance(SETTLE_MS * 2 + world.tookMs);
  expect(world.starts()).toHaveLength(3);
});

test("nothing is asked while a run is at work or waits", async () => {
  const world = one(1000);
  world.tookMs = 30 * MINUTE_MS;
  world.start();
  await world.clock.advance(20 * MINUTE_MS);
  expect(world.queue.freshness("a").activity).toBe("cloning");
  expect(world.starts()).toHaveLength(1);

  const waiting = world.queue.request("a", { trigger: "manual" });
  await world.clock.advance(15 * MINUTE_MS);
  expect(waiting.run()).toMatchObject({ state: "running", triggers: ["manual"] });
  expect(world.starts()).toHaveLength(2);
});

test("a short interval does not cut short the queue's back-off", async () => {
  const world = one(1000, () => 0.999);
  world.fails = true;
  world.start();
  await world.clock.advance(60 * MINUTE_MS);
  const failures = world.starts().length;
  // Upper ends of 2, 4, 8 … 256 and then 300 s: an hour holds the first eight and about ten more.
  expect(failures).toBeGreaterThan(15);
  expect(failures).toBeLessThan(25);

  world.fails = false;
  await world.clock.advance(6 * MINUTE_MS);
  const recovered = world.starts().length;
  await world.clock.advance(10_000);
  expect(world.starts().length).toBeGreaterThanOrEqual(recovered + 7);
});

test("five hundred mirrors that start together begin one after the other, in the same order each time (B33)", async () => {
  const repos = Array.from({ length: 500 }, (_, i) => ({ repoId: `mirror-${i}`, pace: 5 * MINUTE_MS }));
  const world = new IntervalWorld(repos, Math.random);
  const again = new IntervalWorld(repos, Math.random);
  for (const each of [world, again]) each.start();
  const asked = () => [...world.startsMs.values()].filter((starts) => starts.length > 0).length;

  let before = 0;
  for (let second = 1; second <= 10; second++) {
    await world.clock.advance(1000);
    expect(asked() - before, `in second ${second}`).toBeLessThanOrEqual(25);
    before = asked();
  }
  expect(asked()).toBeGreaterThan(60);
  expect(world.clock.pendingTimers).toBeLessThan(30);
  await world.clock.advance(41_000);
  expect(asked()).toBe(500);
  await again.clock.advance(51_000);
  expect(again.startsMs).toEqual(world.startsMs);

  // An interval later they are as far apart, give or take 10 %.
  const firstMs = new Map(repos.map(({ repoId }) => [repoId, world.starts(repoId)[0] ?? Number.NaN]));
  await world.clock.advance(6 * MINUTE_MS);
  for (const { repoId } of repos) {
    const waitedMs = (world.starts(repoId)[1] ?? Number.NaN) - (firstMs.get(repoId) ?? Number.NaN);
    expect(waitedMs).toBeGreaterThanOrEqual(0.9 * 5 * MINUTE_MS);
    expect(waitedMs).toBeLessThanOrEqual(1.1 * 5 * MINUTE_MS + SETTLE_MS + world.tookMs);
  }
});

test("a mirror whose changes no webhook announces is asked sooner, and later and later as it goes quiet, up to the maximum", async () => {
  const world = one(ADAPTED);
  world.start();
  await world.clock.advance(5000);
  expect(world.nextDueInMs()).toBeGreaterThan(4 * MINUTE_MS);
  world.pushed = true;
  await world.clock.advance(6 * MINUTE_MS);
  expect(world.pushed).toBe(false);
  expect(world.starts()).toHaveLength(3);
  expect(world.queue.freshness("a")).toMatchObject({
    interval: { everySec: 60, reason: "quiet for 1 minute" },
    expectedMaxAgeSec: 120,
  });

  await world.clock.advance(24 * 60 * MINUTE_MS);
  const starts = world.starts().slice(2);
  const waits = starts.slice(1).map((ms, index) => ms - (starts[index] ?? 0) - world.tookMs - SETTLE_MS);
  expect(waits).toEqual([...waits].sort((less, more) => less - more));
  // In the midst of what the jitter may do: a minute is the least, an hour the most.
  expect([waits[0], waits.at(-1)]).toEqual([1.05 * MINUTE_MS, 57 * MINUTE_MS]);
  expect(waits.length).toBeLessThan(24 + 14);
  expect(world.queue.freshness("a")).toMatchObject({
    health: "fresh",
    interval: { everySec: 3600, reason: expect.stringMatching(/^quiet for (23 hours|1 day)$/) },
    expectedMaxAgeSec: 7200,
  });
});

test("a push that a webhook announced leaves the interval at the base at least", async () => {
  const world = one(ADAPTED);
  world.start();
  await world.clock.advance(10 * 60 * MINUTE_MS);
  expect(world.queue.freshness("a").interval).toEqual({ everySec: 3600, reason: "no change in 9 hours" });
  world.pushed = true;
  world.queue.request("a", { trigger: "webhook" });
  await world.clock.advance(1000);
  const reason = "changed at the last sync; a webhook announced the last change";
  expect(world.queue.freshness("a").interval).toEqual({ everySec: 300, reason });
  expect(world.nextDueInMs()).toBeLessThanOrEqual(5 * MINUTE_MS);
});

test("a change that somebody finds ends the long wait of a dead mirror", async () => {
  const world = one(ADAPTED);
  world.start();
  await world.clock.advance(10 * 60 * MINUTE_MS);
  world.pushed = true;
  world.queue.request("a", { trigger: "manual" });
  await world.clock.advance(1000);
  const before = world.starts().length;
  expect(world.nextDueInMs()).toBeLessThanOrEqual(1.1 * MINUTE_MS);
  await world.clock.advance(2 * MINUTE_MS);
  expect(world.starts().length).toBe(before + 1);
});

test("with its own interval a mirror is asked at that, whatever happens", async () => {
  const world = one(2 * MINUTE_MS);
  world.start();
  world.pushed = true;
  await world.clock.advance(60 * 60 * MINUTE_MS);
  expect(world.starts().length).toBeGreaterThan(29 * 60);
  expect(world.queue.freshness("a").interval).toEqual({ everySec: 120, reason: "set for this repository" });
});

test("after a restart a mirror is asked as often as before it", async () => {
  const before = one(ADAPTED);
  before.start();
  await before.clock.advance(5000);
  before.pushed = true;
  before.queue.request("a", { trigger: "interval" });
  await before.clock.advance(60 * MINUTE_MS);
  const history = before.queue.historyOf("a");
  const told = before.queue.freshness("a").interval;
  before.trigger[Symbol.dispose]();

  const { clock } = before;
  const after = new IntervalWorld([{ repoId: "a", pace: ADAPTED }], undefined, { clock, history });
  expect(after.queue.freshness("a").interval).toEqual(told);
  after.start();
  await clock.advance(1000);
  expect(after.starts()).toHaveLength(1);
  const everySec = after.queue.freshness("a").interval?.everySec;
  expect(everySec).toBeGreaterThanOrEqual(told?.everySec ?? Number.NaN);
  expect(everySec).toBeLessThanOrEqual(31 * 60);
});

test("setting the machine's clock neither stalls nor storms (B32)", async () => {
  const world = one(5 * MINUTE_MS);
  world.start();
  await world.clock.advance(MINUTE_MS);
  world.clock.setWallBack(24 * 60 * MINUTE_MS);
  await world.clock.advance(5 * MINUTE_MS);
  expect(world.starts()).toHaveLength(2);
  world.clock.setWallBack(-48 * 60 * MINUTE_MS);
  await world.clock.advance(5 * MINUTE_MS);
  expect(world.starts()).toHaveLength(3);
});

test("an interval of 0 asks for nothing, and such a mirror is late after a day", async () => {
  const world = one(0);
  world.start();
  await world.clock.advance(10 * MINUTE_MS);
  expect(world.starts()).toHaveLength(1);
  expect(world.clock.pendingTimers).toBe(0);
  expect(world.nextDueInMs()).toBeUndefined();
  expect(world.queue.freshness("a").expectedMaxAgeSec).toBe(86_400);
  expect(world.queue.freshness("a").interval).toBeUndefined();
});

test("people are told when the next asking is due, from the moment a run has ended", async () => {
  const world = one(5 * MINUTE_MS);
  const told: (string | undefined)[] = [];
  world.queue.observe(({ run, freshness }) => {
    if (run.state === "finished") told.push(freshness.nextDueAt);
  });
  world.start();
  expect(world.nextDueInMs()).toBeLessThanOrEqual(100);
  await world.clock.advance(1000);
  const dueInMs = world.nextDueInMs() ?? Number.NaN;
  expect(dueInMs).toBeLessThan(5 * MINUTE_MS);
  expect(told.map((instant) => Date.parse(instant ?? ""))).toEqual([world.clock.wallNow() + dueInMs]);
  await world.clock.advance(dueInMs - 1);
  expect(world.queue.freshness("a").activity).toBe("idle");
  await world.clock.advance(1);
  expect(world.queue.freshness("a").activity).toBe("queued");
});

test("a mirror that leaves is not asked for, and disposal leaves no timer", async () => {
  const clock = new ManualClock();
  await using queue = new SyncQueue({ clock });
  const target = { repoId: "a", storeKey: "a", sync: async () => UNCHANGED };
  const registration = queue.register(target, {
    kind: "mirror",
    cadence: () => ({ expectedMaxAgeSec: 600 }),
  });
  const trigger = new IntervalTrigger(queue, [{ repoId: "a", pace: MINUTE_MS }], { clock });
  trigger.start();
  await clock.advance(MINUTE_MS / 2);
  await registration[Symbol.asyncDispose]();
  await clock.advance(5 * MINUTE_MS);
  trigger[Symbol.dispose]();
  await settlePromises();
  expect(clock.pendingTimers).toBe(0);
});

test("a repository that comes while others wait is asked for at its own interval, until it leaves", async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const queue = {
    request: (repoId: string): never => {
      asked.push(`${repoId} ${clock.now() / MINUTE_MS}`);
      return undefined as never;
    },
    idleSinceMs: () => clock.now() - (clock.now() % MINUTE_MS) - MINUTE_MS,
    historyOf: () => NO_HISTORY,
  };
  const trigger = new IntervalTrigger(queue, [], { clock, random: () => 0 });
  trigger.start();
  await clock.advance(MINUTE_MS);
  trigger.add({ repoId: "late", pace: MINUTE_MS });
  expect(asked).toEqual(["late 1"]);
  await clock.advance(MINUTE_MS);
  expect(asked.length).toBeGreaterThan(1);
  const before = asked.length;
  trigger.remove("late");
  await clock.advance(10 * MINUTE_MS);
  expect(asked).toHaveLength(before);
});
