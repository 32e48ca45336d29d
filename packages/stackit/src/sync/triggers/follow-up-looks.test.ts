import { expect, test } from "vitest";
import { ManualClock } from "../../../test/support/manual-clock.ts";
import { SyncQueue } from "../sync-queue.ts";
import { SyncFailure, type SyncResult } from "../sync-target.ts";
import { FollowUpLooks } from "./follow-up-looks.ts";

const TOOK_MS = 500;
const SETTLE_MS = 250;

/** The real queue with a mirror whose runs take half a second, and the times at which each began. */
function setUp() {
  const clock = new ManualClock();
  const queue = new SyncQueue({ clock, random: () => 0.5, settleMs: SETTLE_MS });
  const looks = new FollowUpLooks(queue, { clock });
  const startsMs: number[] = [];
  const pushers: (readonly string[] | undefined)[] = [];
  queue.observe(({ run }) => void (run.state === "running" && pushers.push(run.pushedBy)));
  const world = { fails: false, finds: "" };
  const sync = async (): Promise<SyncResult> => {
    startsMs.push(clock.now());
    await new Promise<void>((done) => clock.after(TOOK_MS, done));
    if (world.fails) throw new SyncFailure("sync/remote-error", "It broke.", { retryable: true });
    return found(world.finds);
  };
  const registration = queue.register(
    { repoId: "a", storeKey: "a", sync },
    { kind: "mirror", cadence: () => ({ expectedMaxAgeSec: 60 }) },
  );
  const push = (...pushedBy: string[]) =>
    looks.pushed("a", queue.request("a", { trigger: "webhook", pushedBy }).runId);
  return { clock, queue, looks, startsMs, pushers, world, registration, push };
}

function found(ref: string): SyncResult {
  const changes = ref === "" ? [] : [{ ref, kind: "created" as const, new: "a".repeat(40) }];
  return {
    outcome: ref === "" ? "unchanged" : "updated",
    generation: 1,
    refs: { created: changes.length, updated: 0, deleted: 0, changes, truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { fetchMs: 0, readMs: 0, deriveMs: 0 },
  };
}

const MINUTE_MS = 60_000;
/** Of the run that answers a push at 0. */
const FIRST_END_MS = SETTLE_MS + TOOK_MS;
const lookStarts = (runEndedAtMs: number) => [2_000, 10_000].map((ms) => runEndedAtMs + ms + SETTLE_MS);

test("two looks follow a push, counted from the end of its run", async () => {
  const { clock, startsMs, push } = setUp();
  push();
  await clock.advance(MINUTE_MS);
  expect(startsMs).toEqual([SETTLE_MS, ...lookStarts(FIRST_END_MS)]);
  expect(clock.pendingTimers).toBe(0);
});

test("the looks are told as that push's, also when an attempt before them failed", async () => {
  const { clock, pushers, world, push } = setUp();
  world.fails = true;
  push("theo");
  await clock.advance(FIRST_END_MS);
  world.fails = false;
  await clock.advance(MINUTE_MS);
  expect(pushers).toEqual([["theo"], ["theo"], ["theo"], ["theo"]]);
});

test("runs that no push asked for are not followed", async () => {
  const { clock, queue, startsMs } = setUp();
  for (const trigger of ["manual", "interval", "startup", "webhook"] as const) {
    queue.request("a", { trigger });
    await clock.advance(MINUTE_MS);
  }
  expect(startsMs).toHaveLength(4);
});

test("the looks end when a run has found what was looked for, and not before the push was answered", async () => {
  const { clock, startsMs, world, push } = setUp();
  world.finds = "refs/stackit/metadata/ui";
  push();
  await clock.advance(FIRST_END_MS + 1);
  world.finds = "refs/heads/ui";
  await clock.advance(2_000 + SETTLE_MS + TOOK_MS);
  world.finds = "refs/stackit/stacks/ui";
  await clock.advance(MINUTE_MS);
  expect(startsMs).toHaveLength(3);

  push();
  await clock.advance(MINUTE_MS);
  expect(startsMs).toHaveLength(5);
});

test("steady pushes add no looks: what follows is counted from the last", async () => {
  const { clock, startsMs, push } = setUp();
  for (let pushes = 0; pushes < 30; pushes++) {
    push();
    await clock.advance(1_500);
  }
  const lastEndMs = 29 * 1_500 + FIRST_END_MS;
  await clock.advance(MINUTE_MS);
  expect(startsMs).toHaveLength(30 + 2);
  expect(startsMs.slice(30)).toEqual(lookStarts(lastEndMs));
});

test("a look that others ask for at the same time is one run with theirs", async () => {
  const { clock, queue, startsMs, push } = setUp();
  push();
  await clock.advance(FIRST_END_MS + 2_000);
  queue.request("a", { trigger: "interval" });
  queue.request("a", { trigger: "manual" });
  await clock.advance(1_000);
  expect(startsMs).toEqual([SETTLE_MS, FIRST_END_MS + 2_000]);
});

test("while runs fail nothing is added to the queue's own attempts; the looks follow the one that succeeds", async () => {
  const { clock, startsMs, world, push } = setUp();
  world.fails = true;
  push();
  await clock.advance(20_000);
  const attempts = startsMs.length;
  expect(startsMs.slice(0, 3)).toEqual([SETTLE_MS, FIRST_END_MS + 1_000, FIRST_END_MS + 1_500 + 2_000]);
  world.fails = false;
  await clock.advance(MINUTE_MS);
  expect(startsMs.length).toBeLessThanOrEqual(attempts + 3);
  const succeededAtMs = (startsMs.at(-3) ?? 0) + TOOK_MS;
  expect(startsMs.slice(-2)).toEqual(lookStarts(succeededAtMs));
});

test("a look that fails puts the others off until the queue's own attempt succeeds", async () => {
  const { clock, startsMs, world, push } = setUp();
  push();
  await clock.advance(FIRST_END_MS + 1);
  world.fails = true;
  await clock.advance(2_000 + SETTLE_MS + TOOK_MS);
  world.fails = false;
  await clock.advance(MINUTE_MS);
  const failedAtMs = FIRST_END_MS + 2_000 + SETTLE_MS + TOOK_MS;
  const succeededAtMs = failedAtMs + 1_000 + TOOK_MS;
  expect(startsMs.slice(2)).toEqual([failedAtMs + 1_000, ...lookStarts(succeededAtMs)]);
});

test("a repository that has left is not looked at, and disposal leaves nothing behind", async () => {
  const { clock, looks, startsMs, registration, push } = setUp();
  push();
  await clock.advance(FIRST_END_MS);
  await registration[Symbol.asyncDispose]();
  await clock.advance(MINUTE_MS);
  expect(startsMs).toHaveLength(1);

  const other = setUp();
  other.push();
  await other.clock.advance(FIRST_END_MS);
  other.looks[Symbol.dispose]();
  looks[Symbol.dispose]();
  expect([clock, other.clock].map(({ pendingTimers }) => pendingTimers)).toEqual([0, 0]);
});
