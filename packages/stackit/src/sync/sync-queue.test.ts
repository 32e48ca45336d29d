import { expect, test } from "vitest";
import { ManualClock, settlePromises } from "../../test/support/manual-clock.ts";
import type { SyncProgress, SyncRun } from "../contract/sync-run.ts";
import type { SyncQueueOptions } from "./queue-options.ts";
import type { RunChange } from "./run-observers.ts";
import { SyncQueue } from "./sync-queue.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "./sync-target.ts";

const UNCHANGED: SyncResult = {
  outcome: "unchanged",
  generation: 1,
  refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
  stacks: { created: [], changed: [], removed: [] },
  phases: { fetchMs: 0, readMs: 1, deriveMs: 2 },
};

/** As a real clock, which is later each time that it is looked at. */
class MovingClock extends ManualClock {
  #looks = 0;

  override now(): number {
    return super.now() + ++this.#looks / 1_000;
  }
}

/** A repository whose runs the test ends by hand. */
class HandTarget implements SyncTarget {
  readonly repoId: string;
  readonly storeKey: string;
  readonly host?: string;
  readonly works: SyncWork[] = [];
  ignoresAbort = false;
  #end = Promise.withResolvers<SyncResult>();

  constructor(repoId: string, host?: string) {
    this.repoId = repoId;
    this.storeKey = `key of ${repoId}`;
    if (host !== undefined) this.host = host;
  }

  sync(work: SyncWork): Promise<SyncResult> {
    this.works.push(work);
    const end = Promise.withResolvers<SyncResult>();
    this.#end = end;
    work.signal.addEventListener("abort", () => {
      if (!this.ignoresAbort) end.reject(work.signal.reason);
    });
    return end.promise;
  }

  /** Ends the run at work and lets everybody hear of it. */
  async succeed(result: Partial<SyncResult> = {}): Promise<void> {
    this.#end.resolve({ ...UNCHANGED, ...result });
    await settlePromises();
  }

  async fail(error: unknown): Promise<void> {
    this.#end.reject(error);
    await settlePromises();
  }
}

function setUp(options: Partial<SyncQueueOptions> = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const queue = new SyncQueue({
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...options,
  });
  const add = (repoId: string, host?: string) => {
    const target = new HandTarget(repoId, host);
    const registration = queue.register(target, {
      kind: "mirror",
      cadence: () => ({ expectedMaxAgeSec: 600 }),
    });
    return Object.assign(target, { registration });
  };
  return { clock, queue, errors, add };
}

const unreachable = () => new SyncFailure("sync/unreadable", "The folder is gone.", { retryable: true });

test("a request during a run is answered by a run that begins after it, together with all others of its kind", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const first = queue.request("a", { trigger: "manual" });
  const second = queue.request("a", { trigger: "manual", requestedBy: "ada" });
  const third = queue.request("a", { trigger: "webhook" });
  expect(second.runId).not.toBe(first.runId);
  expect(third.runId).toBe(second.runId);
  expect([first.run().state, second.run().state]).toEqual(["running", "queued"]);

  await repo.succeed();
  expect((await first.finished).outcome).toBe("unchanged");
  expect(second.run().state).toBe("running");
  await repo.succeed({ outcome: "updated", generation: 2 });
  expect(await third.finished).toBe(await second.finished);
  expect(await second.finished).toMatchObject({
    outcome: "updated",
    generation: 2,
    triggers: ["manual", "webhook"],
    requestedBy: "ada",
  });
  expect(repo.works).toHaveLength(2);
});

test("a run names those whose pushes it answers, each once and at most ten, and so does the attempt after it failed", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const logins = Array.from({ length: 12 }, (_, n) => `person-${n}`);
  for (const login of ["theo", "theo", ...logins]) {
    queue.request("a", { trigger: "webhook", pushedBy: [login] });
  }
  const named = ["theo", ...logins.slice(0, 9)];
  await clock.advance(2000);
  expect(queue.findRun("a", repo.works[0]?.runId ?? "")).toMatchObject({ pushedBy: named });
  await repo.fail(unreachable());
  await clock.advance(1000);
  expect(queue.findRun("a", repo.works[1]?.runId ?? "")).toMatchObject({ pushedBy: named });
  await repo.succeed();
  const { runId } = queue.request("a", { trigger: "manual" });
  expect(queue.findRun("a", runId)).not.toHaveProperty("pushedBy");
});

test("a run that nothing hinders begins at once, though time goes by while it is asked for", () => {
  const { queue, add } = setUp({ clock: new MovingClock(), settleMs: 0, settleCapMs: 0 });
  for (const trigger of ["manual", "interval", "webhook"] as const) {
    add(trigger);
    expect(queue.request(trigger, { trigger }).run().state).toBe("running");
  }
});

test("who wants a copy made anew is answered by the run that waits or is at work for that, and by none that is not", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "interval", runAfterMs: 0 });
  const asked = queue.request("a", { trigger: "manual", mend: "reclone" });
  expect(queue.request("a", { trigger: "manual" }).runId).toBe(asked.runId);
  await repo.succeed();
  expect(queue.request("a", { trigger: "manual", mend: "reclone" }).runId).toBe(asked.runId);
  const later = queue.request("a", { trigger: "manual" });
  expect(later.runId).not.toBe(asked.runId);
  expect(queue.request("a", { trigger: "manual", mend: "reclone" }).runId).toBe(asked.runId);

  await repo.fail(unreachable());
  await repo.fail(unreachable());
  await clock.advance(60_000);
  await repo.succeed();
  expect(queue.request("a", { trigger: "manual", mend: "reclone" }).runId).not.toBe(asked.runId);
  expect(repo.works.map(({ mend }) => mend)).toEqual([undefined, "reclone", undefined, undefined, "reclone"]);
});

test("who wants a copy repaired is answered by the run that makes it anew, and not the other way round", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const repair = queue.request("a", { trigger: "manual", mend: "repair" });
  expect(queue.request("a", { trigger: "manual", mend: "repair" }).runId).toBe(repair.runId);
  const reclone = queue.request("a", { trigger: "manual", mend: "reclone" });
  expect(reclone.runId).not.toBe(repair.runId);
  await repo.succeed();
  expect(queue.request("a", { trigger: "manual", mend: "repair" }).runId).toBe(reclone.runId);
  await repo.succeed();
  expect(repo.works.map(({ mend }) => mend)).toEqual(["repair", "reclone"]);
});

test("one that is being ended answers nobody more who wants a copy made anew", () => {
  const { queue, add } = setUp();
  add("a");
  const ended = queue.request("a", { trigger: "manual", mend: "reclone" });
  queue.cancel("a", ended.runId);
  expect(queue.request("a", { trigger: "manual", mend: "reclone" }).runId).not.toBe(ended.runId);
});

test("a burst runs once it has been quiet for the settle window", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "watcher" });
  await clock.advance(200);
  queue.request("a", { trigger: "watcher" });
  await clock.advance(249);
  expect(repo.works).toHaveLength(0);
  await clock.advance(1);
  expect(repo.works).toHaveLength(1);
});

test("a burst sets one timer, however many requests it has, and one for as long as it goes on", async () => {
  const { clock, queue, add } = setUp();
  const repos = ["a", "b", "c"].map((id) => add(id));
  for (let n = 0; n < 1000; n++) queue.request(["a", "b", "c"][n % 3] ?? "", { trigger: "webhook" });
  expect([clock.pendingTimers, clock.timersSet]).toEqual([1, 1]);
  await clock.advance(200);
  queue.request("b", { trigger: "webhook" });
  await clock.advance(50);
  expect(repos.map(({ works }) => works.length)).toEqual([1, 0, 1]);
  await clock.advance(200);
  expect(repos.map(({ works }) => works.length)).toEqual([1, 1, 1]);
});

test("steady requests cannot postpone a run beyond the cap (B56)", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  for (let atMs = 0; atMs < 2000; atMs += 100) {
    queue.request("a", { trigger: "webhook" });
    expect(repo.works).toHaveLength(0);
    await clock.advance(100);
  }
  expect(repo.works).toHaveLength(1);
});

test("a manual request makes the waiting burst due at once", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const hook = queue.request("a", { trigger: "webhook" });
  const manual = queue.request("a", { trigger: "manual" });
  expect(manual.runId).toBe(hook.runId);
  expect(repo.works).toHaveLength(1);
});

test("a run that passes its deadline is aborted and fails as timed out, and the next one works", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  await clock.advance(119_999);
  expect(repo.works[0]?.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(await ticket.finished).toMatchObject({
    outcome: "failed",
    durationMs: 120_000,
    error: { code: "sync/timeout", retryable: true, nextAttemptAt: "2026-01-01T00:02:01.000Z" },
  });
  const next = queue.request("a", { trigger: "manual" });
  await repo.succeed();
  expect((await next.finished).outcome).toBe("unchanged");
});

test("a run whose work turns out to be larger gets more time, counted from when it says so", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  await clock.advance(100_000);
  repo.works[0]?.extendDeadline(600_000);
  await clock.advance(599_999);
  expect(ticket.run().state).toBe("running");
  await clock.advance(1);
  expect(await ticket.finished).toMatchObject({ outcome: "failed", error: { code: "sync/timeout" } });
  // What comes too late moves nothing.
  repo.works[0]?.extendDeadline(1);
  const next = queue.request("a", { trigger: "manual" });
  await clock.advance(100);
  await repo.succeed();
  expect((await next.finished).outcome).toBe("unchanged");
});

test("a target that ignores the abort is answered for, never run twice at once, and does not cost others their slot", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 1 });
  const stuck = add("stuck");
  const other = add("other");
  stuck.ignoresAbort = true;
  const ticket = queue.request("stuck", { trigger: "manual" });
  const waiting = queue.request("stuck", { trigger: "webhook" });
  queue.request("other", { trigger: "manual" });
  await clock.advance(124_999);
  expect(ticket.run().state).toBe("running");
  await clock.advance(1);
  expect(await ticket.finished).toMatchObject({ outcome: "failed", error: { code: "sync/timeout" } });
  expect(other.works).toHaveLength(1);
  expect(await waiting.finished).toMatchObject({ outcome: "failed", error: { code: "sync/timeout" } });
  await clock.advance(60_000);
  expect(stuck.works).toHaveLength(1);

  await other.succeed();
  await stuck.succeed();
  expect(stuck.works).toHaveLength(2);
  await stuck.succeed();
  expect(queue.freshness("stuck")).toMatchObject({ health: "fresh", activity: "idle" });
});

test("at most so many run at once, in all and for one host", async () => {
  const { queue, add } = setUp({ maxRunning: 3, maxRunningPerHost: 2 });
  const far = ["f1", "f2", "f3"].map((id) => add(id, "git.example.com"));
  const near = ["n1", "n2"].map((id) => add(id));
  for (const repo of [...far, ...near]) queue.request(repo.repoId, { trigger: "manual" });
  const begun = () => [...far, ...near].filter((repo) => repo.works.length > 0).map((repo) => repo.repoId);
  expect(begun()).toEqual(["f1", "f2", "n1"]);
  await near[0]?.succeed();
  expect(begun()).toEqual(["f1", "f2", "n1", "n2"]);
  await far[1]?.succeed();
  expect(begun()).toEqual(["f1", "f2", "f3", "n1", "n2"]);
});

test("a person overtakes hooks, hooks overtake the interval, and what waited long enough overtakes all", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 1, settleMs: 0, ageStepMs: 1000 });
  const repos = ["busy", "old", "interval", "hook", "manual"].map((id) => add(id));
  queue.request("busy", { trigger: "manual" });
  queue.request("old", { trigger: "interval" });
  await clock.advance(5000);
  queue.request("interval", { trigger: "interval" });
  queue.request("hook", { trigger: "webhook" });
  queue.request("manual", { trigger: "manual" });
  const order: string[] = [];
  for (let ended = 0; ended < repos.length; ended++) {
    const running = repos.find((repo) => repo.works.length > 0 && !order.includes(repo.repoId));
    order.push(running?.repoId ?? "none");
    await running?.succeed();
  }
  expect(order).toEqual(["busy", "old", "manual", "hook", "interval"]);
});

test("a remote that asks to be left alone for a while is left alone that long", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "startup" });
  await repo.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  await clock.advance(59_999);
  expect(repo.works).toHaveLength(1);
  await clock.advance(1);
  expect(repo.works).toHaveLength(2);
});

test("a person who asks while the host wants to be left alone is told at once until when, and it is asked then", async () => {
  const { clock, queue, add } = setUp();
  const [told, other] = [add("told", "git.example.com"), add("other", "git.example.com")];
  const elsewhere = add("elsewhere", "git.example.org");
  queue.request("told", { trigger: "startup" });
  await told.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  await clock.advance(10_000);
  const push = queue.request("other", { trigger: "webhook", expect: [{ ref: "refs/heads/x", sha: OLD }] });
  await clock.advance(20_000);
  expect(push.run().state).toBe("queued");
  const waitingFor = { host: "git.example.com", reason: "rate-limited", until: "2026-01-01T00:01:00.000Z" };
  expect(queue.freshness("other")).toMatchObject({ waitingFor, nextDueAt: waitingFor.until });

  const manual = queue.request("other", { trigger: "manual" });
  expect(manual.run()).toMatchObject({
    outcome: "failed",
    error: { code: "sync/rate-limited", nextAttemptAt: waitingFor.until },
  });
  queue.request("elsewhere", { trigger: "manual" });
  expect([other, elsewhere].map(({ works }) => works.length)).toEqual([0, 1]);
  await clock.advance(30_000);
  expect([told, other].map(({ works }) => works.length)).toEqual([2, 0]);
  await told.succeed();
  expect(other.works[0]?.expected).toEqual([{ ref: "refs/heads/x", sha: OLD }]);
  expect(queue.freshness("told")).not.toHaveProperty("waitingFor");
});

test("the attempt after a wait that the host asked for stands for all who were refused", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a", "git.example.com");
  const [x, y] = [
    { ref: "refs/heads/x", sha: OLD },
    { ref: "refs/heads/y", sha: OLD },
  ];
  queue.request("a", { trigger: "webhook", runAfterMs: 0, expect: [x] });
  const refused = queue.request("a", { trigger: "manual", expect: [y] });
  await repo.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  expect((await refused.finished).error?.code).toBe("sync/rate-limited");
  await clock.advance(60_000);
  expect(repo.works[1]).toMatchObject({ triggers: ["webhook"], expected: [y, x] });
});

test("a host that fails again and again is asked by one run for all, and by people at once (B34)", async () => {
  const { clock, queue, add } = setUp();
  const repos = ["a", "b", "c"].map((id) => add(id, "git.example.com"));
  const [a, b, c] = repos;
  const begun = () => repos.map(({ works }) => works.length);
  const down = () => new SyncFailure("sync/remote-unreachable", "Nobody answers.", { retryable: true });
  for (const repo of [a, b, a, b, a]) {
    queue.request(repo?.repoId ?? "", { trigger: "startup" });
    await repo?.fail(down());
  }
  queue.request("c", { trigger: "webhook" });
  await clock.advance(22_499);
  expect(begun()).toEqual([3, 2, 0]);
  expect(queue.freshness("c")).toMatchObject({
    activity: "queued",
    waitingFor: { host: "git.example.com", reason: "failing", until: "2026-01-01T00:00:22.500Z" },
  });
  queue.request("b", { trigger: "manual" });
  expect(begun()).toEqual([3, 3, 0]);
  await b?.fail(down());

  await clock.advance(1);
  expect(begun()).toEqual([3, 3, 1]);
  expect(queue.freshness("a").waitingFor).toEqual({ host: "git.example.com", reason: "failing" });
  await c?.fail(down());
  await clock.advance(44_999);
  expect(begun()).toEqual([3, 3, 1]);
  queue.request("c", { trigger: "manual" });
  await c?.succeed();
  expect(begun()).toEqual([4, 4, 2]);
});

test("a host that hangs does not delay the runs of another", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 8, maxRunningPerHost: 4 });
  const hung = Array.from({ length: 20 }, (_, index) => add(`hung-${index}`, "git.example.com"));
  const fine = Array.from({ length: 4 }, (_, index) => add(`fine-${index}`, "git.example.org"));
  for (const { repoId } of hung) queue.request(repoId, { trigger: "manual" });
  for (let round = 1; round <= 20; round++) {
    for (const { repoId } of fine) queue.request(repoId, { trigger: "interval" });
    await clock.advance(30_000);
    expect(fine.map(({ works }) => works.length)).toEqual(fine.map(() => round));
    for (const repo of fine) await repo.succeed();
  }
});

test("retryable failures are tried again later and later, a person's request starts over, others are left alone", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "startup" });
  for (const delayMs of [1000, 2000, 4000, 8000]) {
    await repo.fail(unreachable());
    const begun = repo.works.length;
    await clock.advance(delayMs - 1);
    expect(repo.works).toHaveLength(begun);
    await clock.advance(1);
    expect(repo.works).toHaveLength(begun + 1);
  }
  expect(repo.works.at(-1)?.triggers).toEqual(["interval"]);
  queue.request("a", { trigger: "manual" });
  await repo.fail(unreachable());
  await repo.fail(unreachable());
  const begun = repo.works.length;
  await clock.advance(2000);
  expect(repo.works.length).toBe(begun + 1);
  await repo.fail(new SyncFailure("sync/disk-full", "The disk is full.", { retryable: false }));
  await clock.advance(3_600_000);
  expect(repo.works.length).toBe(begun + 1);
  expect(queue.freshness("a")).toMatchObject({ health: "failing", consecutiveFailures: 7 });
});

test("a retry is told as what time asked for, and as a webhook's as long as a delivery has had no answer", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "manual", requestedBy: "ada" });
  await repo.fail(unreachable());
  await clock.advance(1000);
  expect(repo.works[1]?.triggers).toEqual(["interval"]);
  expect(queue.findRun("a", repo.works[1]?.runId ?? "")).not.toHaveProperty("requestedBy");
  queue.request("a", { trigger: "webhook" });
  await repo.fail(unreachable());
  await repo.fail(unreachable());
  await clock.advance(60_000);
  expect(repo.works.at(-1)?.triggers).toEqual(["webhook"]);
  await repo.fail(unreachable());
  await clock.advance(60_000);
  expect(repo.works.at(-1)?.triggers).toEqual(["webhook"]);
  await repo.succeed();
  queue.request("a", { trigger: "manual" });
  await repo.fail(unreachable());
  await clock.advance(60_000);
  expect(repo.works.at(-1)?.triggers).toEqual(["interval"]);
});

test("the text of an error that nobody foresaw reaches the log and no client", async () => {
  const { queue, errors, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  const error = new Error("token hunter2");
  await repo.fail(error);
  const run = await ticket.finished;
  expect(run.error?.code).toBe("sync/unreadable");
  expect(JSON.stringify(run)).not.toContain("hunter2");
  expect(errors).toEqual([error]);
});

test("a held run gets its second look when its hold says so, and a confirmation reaches the next run", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "interval" });
  await clock.advance(250);
  const hold = {
    id: "hold-1",
    wouldRemove: [],
    branchesBefore: 20,
    branchesAfter: 1,
    confirmsAt: new Date(clock.wallNow() + 60_000).toISOString(),
  };
  await repo.succeed({ outcome: "held", hold });
  expect(queue.freshness("a")).toMatchObject({ activity: "idle", nextDueAt: hold.confirmsAt });
  clock.setWallBack(86_400_000);
  await clock.advance(59_999);
  expect(repo.works).toHaveLength(1);
  await clock.advance(1);
  expect(repo.works[1]?.triggers).toEqual(["interval"]);
  await repo.succeed({ outcome: "held", hold });
  queue.request("a", { trigger: "manual", confirm: "hold-1" });
  expect([...(repo.works[2]?.confirmed ?? [])]).toEqual(["hold-1"]);
});

test("what a person confirmed still holds for the attempt after a failure", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "manual", confirm: "hold-1" });
  await repo.fail(unreachable());
  await clock.advance(1000);
  expect([...(repo.works[1]?.confirmed ?? [])]).toEqual(["hold-1"]);
});

test("what a person confirmed still holds when another run comes before the attempt after a failure", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "manual", confirm: "hold-1" });
  await repo.fail(unreachable());
  queue.request("a", { trigger: "interval" });
  await clock.advance(250);
  expect([...(repo.works[1]?.confirmed ?? [])]).toEqual(["hold-1"]);
});

test("disposal answers who waits, aborts what runs, waits for it, and refuses what comes later", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  repo.ignoresAbort = true;
  const running = queue.request("a", { trigger: "manual" });
  const waiting = queue.request("a", { trigger: "manual" });
  let disposed = false;
  const disposal = queue[Symbol.asyncDispose]().then(() => {
    disposed = true;
  });
  const shuttingDown = { outcome: "failed", error: { code: "sync/shutting-down" } };
  expect(await waiting.finished).toMatchObject(shuttingDown);
  expect(await queue.request("a", { trigger: "manual" }).finished).toMatchObject(shuttingDown);
  await clock.advance(5000);
  expect(await running.finished).toMatchObject(shuttingDown);
  expect(disposed).toBe(false);
  await repo.succeed();
  await disposal;
  expect(repo.works).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});

test("a repository that leaves is answered for, and its id is free once its run has ended", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  const left = repo.registration[Symbol.asyncDispose]();
  expect(() => queue.request("a", { trigger: "manual" })).toThrow(/No repository has this id/);
  expect(() => add("a")).toThrow(/already/);
  await left;
  expect((await ticket.finished).error?.code).toBe("repo/not-found");
  const again = add("a");
  queue.request("a", { trigger: "manual" });
  expect(again.works).toHaveLength(1);
});

test("a repository that leaves while its run hangs is not tried again when the run has ended", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  repo.ignoresAbort = true;
  queue.request("a", { trigger: "manual" });
  await clock.advance(180_000);
  const left = repo.registration[Symbol.asyncDispose]();
  await repo.succeed();
  await left;
  expect(repo.works).toHaveLength(1);
});

test("every observer hears each change once and in order, whatever observers do", async () => {
  const { queue, errors, add } = setUp();
  const repo = add("a");
  const heard: string[] = [];
  let firstRun: Readonly<SyncRun> | undefined;
  queue.observe(({ run }: RunChange) => {
    if (run.state === "queued" && !firstRun) {
      firstRun = run;
      queue.request("a", { trigger: "manual" });
    }
    throw new Error("a broken observer");
  });
  queue.observe(({ run, freshness }) =>
    heard.push(`${run.id === firstRun?.id ? 1 : 2} ${run.state} ${freshness.activity}`),
  );
  queue.observe(async () => Promise.reject(new Error("a broken promise")));
  queue.request("a", { trigger: "watcher" });
  queue.request("a", { trigger: "manual" });
  await repo.succeed();
  await repo.succeed();
  expect(heard).toEqual([
    "1 queued queued",
    "1 running cloning",
    "2 queued cloning",
    "1 finished queued",
    "2 running running",
    "2 finished idle",
  ]);
  expect(firstRun?.state).toBe("queued");
  expect(errors).toHaveLength(12);
});

test("disposal waits until observers have dealt with the last run", async () => {
  const { queue, add } = setUp();
  add("a");
  const recorded: string[] = [];
  queue.observe(async ({ run }) => {
    await settlePromises();
    recorded.push(run.state);
  });
  queue.request("a", { trigger: "manual" });
  await queue[Symbol.asyncDispose]();
  expect(recorded).toEqual(["queued", "running", "finished"]);
});

test("a request for later waits alone, and what is asked meanwhile takes it along", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "webhook", runAfterMs: 3_000 });
  expect(queue.freshness("a")).toMatchObject({ activity: "queued", nextDueAt: "2026-01-01T00:00:03.000Z" });
  await clock.advance(2_999);
  expect(repo.works).toHaveLength(0);
  await clock.advance(1);
  expect(repo.works).toHaveLength(1);
  await repo.succeed();
  const later = queue.request("a", { trigger: "webhook", runAfterMs: 3_000 });
  expect(queue.request("a", { trigger: "manual" }).runId).toBe(later.runId);
  expect(later.run().state).toBe("running");
});

test("a queue that is disposed while a start is told does not call the target any more", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const disposals: Promise<void>[] = [];
  queue.observe(({ run }) => {
    if (run.state === "running") disposals.push(queue[Symbol.asyncDispose]());
  });
  const ticket = queue.request("a", { trigger: "manual" });
  await Promise.all(disposals);
  expect((await ticket.finished).error?.code).toBe("sync/shutting-down");
  expect(repo.works).toHaveLength(0);
  expect(clock.pendingTimers).toBe(0);
});

test("a run can be found while it waits, while it is at work, and after it was the last to finish", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const first = queue.request("a", { trigger: "manual" });
  const second = queue.request("a", { trigger: "manual" });
  const states = () => [first, second].map(({ runId }) => queue.findRun("a", runId)?.state);
  expect(states()).toEqual(["running", "queued"]);
  await repo.succeed();
  expect(states()).toEqual(["finished", "running"]);
  expect(queue.findRun("b", first.runId)).toBeUndefined();
});

const received = (objects: number): SyncProgress => ({
  phase: "receiving",
  objects,
  totalObjects: 100,
  bytes: objects * 10,
});

test("progress stands in the run and in the freshness at once, and is gone when the run has finished", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  expect(queue.freshness("a")).not.toHaveProperty("progress");
  for (const objects of [1, 2, 3]) repo.works[0]?.onProgress(received(objects));
  expect(ticket.run()).toMatchObject({ state: "running", progress: received(3) });
  expect(queue.findRun("a", ticket.runId)).toMatchObject({ progress: received(3) });
  expect(queue.freshness("a")).toMatchObject({ activity: "cloning", progress: received(3) });

  await repo.succeed();
  repo.works[0]?.onProgress(received(4));
  expect(await ticket.finished).not.toHaveProperty("progress");
  expect(queue.findRun("a", ticket.runId)).not.toHaveProperty("progress");
  expect(queue.freshness("a")).not.toHaveProperty("progress");
});

test("a failed run has no progress left, and the next one begins without any", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const ticket = queue.request("a", { trigger: "manual" });
  repo.works[0]?.onProgress(received(5));
  await repo.fail(unreachable());
  expect(await ticket.finished).not.toHaveProperty("progress");
  const next = queue.request("a", { trigger: "manual" });
  expect(next.run()).toMatchObject({ state: "running" });
  expect(next.run()).not.toHaveProperty("progress");
});

test("observers hear of progress at most every half second, and of its last state", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const heard: [number, number | string | undefined][] = [];
  queue.observe(({ what, run, freshness }) => {
    expect(freshness.progress).toEqual(run.progress);
    heard.push([clock.now(), what === "progress" ? run.progress?.objects : run.state]);
  });
  queue.request("a", { trigger: "manual" });
  for (let objects = 1; objects <= 70; objects++) {
    repo.works[0]?.onProgress(received(objects));
    await clock.advance(10);
  }
  await clock.advance(2_000);
  repo.works[0]?.onProgress(received(90));
  repo.works[0]?.onProgress(received(91));
  await repo.succeed();
  await clock.advance(2_000);
  expect(heard).toEqual([
    [0, "queued"],
    [0, "running"],
    [0, 1],
    [500, 50],
    [1_000, 70],
    [2_700, 90],
    [2_700, "finished"],
  ]);
  expect(clock.pendingTimers).toBe(0);
});

const [OLD, NEW] = ["a".repeat(40), "b".repeat(40)];

test("a run is told what all its requests expect, of two for one ref what the later one does", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  queue.request("a", { trigger: "webhook", expect: [{ ref: "refs/heads/x", sha: OLD }] });
  queue.request("a", { trigger: "webhook", expect: [{ ref: "refs/heads/y", sha: null }] });
  queue.request("a", { trigger: "webhook", expect: [{ ref: "refs/heads/x", sha: NEW }] });
  await clock.advance(250);
  queue.request("a", { trigger: "manual", expect: [{ ref: "refs/heads/z", sha: NEW }] });
  expect(repo.works.map(({ expected }) => expected)).toEqual([
    [
      { ref: "refs/heads/x", sha: NEW },
      { ref: "refs/heads/y", sha: null },
    ],
  ]);
  await repo.succeed();
  expect(repo.works[1]?.expected).toEqual([{ ref: "refs/heads/z", sha: NEW }]);
});

test("what did not arrive in time is in the run's record", async () => {
  const { queue, add } = setUp();
  const repo = add("a");
  const { finished } = queue.request("a", { trigger: "manual", expect: [{ ref: "refs/heads/x", sha: NEW }] });
  await repo.succeed({ unmet: [{ ref: "refs/heads/x", expected: NEW, actual: OLD }] });
  expect(await finished).toMatchObject({ unmet: [{ ref: "refs/heads/x", expected: NEW, actual: OLD }] });
  const next = queue.request("a", { trigger: "manual" });
  await repo.succeed({ unmet: [] });
  expect(await next.finished).not.toHaveProperty("unmet");
});

test("the attempt after a failure still expects what the failed one did, and so does a run that comes before it", async () => {
  const { clock, queue, add } = setUp();
  const repo = add("a");
  const [x, y] = [
    { ref: "refs/heads/x", sha: OLD },
    { ref: "refs/heads/y", sha: OLD },
  ];
  queue.request("a", { trigger: "manual", expect: [x, y] });
  await repo.fail(unreachable());
  await clock.advance(1_000);
  expect(repo.works[1]?.expected).toEqual([x, y]);

  await repo.fail(unreachable());
  const newer = { ref: "refs/heads/y", sha: NEW };
  queue.request("a", { trigger: "webhook", expect: [newer] });
  await clock.advance(250);
  expect(repo.works[2]?.expected).toEqual([newer, x]);
  await repo.succeed();
  await clock.advance(60_000);
  expect(repo.works).toHaveLength(3);
});

test("what is at work comes first in the list, then what waits, in the order in which it begins", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 1, settleMs: 250 });
  const [busy] = [add("busy"), add("a"), add("b"), add("c"), add("d", "git.example.com")];
  const list = () =>
    queue.pending().map(({ repoId, state, position, waitsFor }) => [repoId, state, position, waitsFor]);
  queue.request("busy", { trigger: "manual", requestedBy: "ada" });
  queue.request("a", { trigger: "interval", runAfterMs: 0 });
  queue.request("b", { trigger: "manual" });
  queue.request("c", { trigger: "webhook" });
  expect(list()).toEqual([
    ["busy", "running", undefined, undefined],
    ["b", "queued", 1, "slot"],
    ["a", "queued", 2, "slot"],
    ["c", "queued", 3, "time"],
  ]);
  expect(queue.pending()[0]).toMatchObject({ requestedBy: "ada", priority: 3, triggers: ["manual"] });
  await clock.advance(250);
  expect(
    list()
      .slice(1)
      .map(([repoId]) => repoId),
  ).toEqual(["b", "c", "a"]);
  await busy.succeed();
  expect(list()[0]).toEqual(["b", "running", undefined, undefined]);
});

test("a run that is cancelled ends, changes nothing of what is known, and lets the next one begin", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 1 });
  const [a, b, c] = [add("a"), add("b"), add("c")];
  const atWork = queue.request("a", { trigger: "manual" });
  const waiting = queue.request("b", { trigger: "manual" });
  queue.request("c", { trigger: "manual" });

  expect(queue.cancel("b", waiting.runId)).toBe(true);
  expect(await waiting.finished).toMatchObject({ outcome: "failed", error: { code: "sync/cancelled" } });
  expect(b.works).toHaveLength(0);
  expect(queue.cancel("a", atWork.runId)).toBe(true);
  expect(a.works[0]?.signal.aborted).toBe(true);
  expect(queue.cancel("a", atWork.runId)).toBe(false);
  await a.fail(new Error("it was aborted"));
  const ended = await atWork.finished;
  expect(ended.error).toMatchObject({ code: "sync/cancelled", retryable: false });
  expect(ended.error?.nextAttemptAt).toBeUndefined();
  expect(queue.freshness("a")).toMatchObject({ health: "never", consecutiveFailures: 0 });
  expect(c.works).toHaveLength(1);

  expect(queue.cancel("a", atWork.runId)).toBe(false);
  expect(queue.cancel("nobody", "run")).toBe(false);
  await clock.advance(60_000);
  expect(a.works).toHaveLength(1);
});

test("it is quiet while no run is at work, and told only when none is due either", async () => {
  const { clock, queue, add } = setUp({ maxRunning: 1 });
  const [a, b] = [add("a"), add("b")];
  let told = 0;
  const stop = queue.onQuiet(() => told++);
  expect(queue.isQuiet).toBe(true);
  queue.request("a", { trigger: "manual" });
  queue.request("b", { trigger: "manual" });
  queue.request("a", { trigger: "manual", runAfterMs: 1_000 });
  expect(queue.isQuiet).toBe(false);
  await a.succeed();
  expect([queue.isQuiet, told, b.works.length]).toEqual([false, 0, 1]);
  await b.succeed();
  expect([queue.isQuiet, told]).toEqual([true, 1]);
  await clock.advance(1_000);
  expect([queue.isQuiet, a.works.length]).toEqual([false, 2]);
  stop();
  await a.succeed();
  expect([queue.isQuiet, told]).toEqual([true, 1]);
});

test("it is not quiet while a burst is collected, so that what is found out behind does not begin in its midst", async () => {
  const { clock, queue, add } = setUp({ settleMs: 250 });
  const repo = add("a");
  let told = 0;
  queue.onQuiet(() => told++);
  queue.request("a", { trigger: "webhook" });
  await clock.advance(250);
  queue.request("a", { trigger: "webhook" });
  await repo.succeed();
  expect([queue.isQuiet, told]).toEqual([false, 0]);
  await clock.advance(250);
  await repo.succeed();
  expect([queue.isQuiet, told]).toEqual([true, 1]);
});

test("a run that waits for a host that is left alone keeps nobody from quiet", async () => {
  const { clock, queue, add } = setUp();
  const [repo, other] = [add("a", "git.example.com"), add("b", "git.example.com")];
  queue.request("a", { trigger: "startup" });
  await repo.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  queue.request("b", { trigger: "startup" });
  await clock.advance(1_000);
  expect([other.works.length, queue.isQuiet]).toEqual([0, true]);
});

test("a request that joins a run which waits for its turn costs no walk through the other repositories", () => {
  const { queue, add } = setUp({ maxRunning: 1, settleMs: 0 });
  const busy = add("busy");
  let looks = 0;
  Object.defineProperty(busy, "host", {
    get: () => {
      looks++;
      return "github.com";
    },
  });
  add("a");
  queue.request("busy", { trigger: "webhook" });
  const { runId } = queue.request("a", { trigger: "webhook" });
  looks = 0;
  expect(queue.request("a", { trigger: "webhook" }).runId).toBe(runId);
  expect(looks).toBe(0);
  expect(queue.request("a", { trigger: "manual" }).runId).toBe(runId);
  expect(looks).toBeGreaterThan(0);
});
