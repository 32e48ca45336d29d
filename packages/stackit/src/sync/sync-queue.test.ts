import { expect, test } from "vitest";
import { handQueue, OLD, unreachable } from "../../test/support/hand-queue.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { SyncFailure } from "./sync-target.ts";

/** As a real clock, which is later each time that it is looked at. */
class MovingClock extends ManualClock {
  #looks = 0;

  override now(): number {
    return super.now() + ++this.#looks / 1_000;
  }
}

test("a request during a run is answered by a run that begins after it, together with all others of its kind", async () => {
  const { queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { queue, add } = handQueue({ clock: new MovingClock(), settleMs: 0, settleCapMs: 0 });
  for (const trigger of ["manual", "interval", "webhook"] as const) {
    add(trigger);
    expect(queue.request(trigger, { trigger }).run().state).toBe("running");
  }
});

test("who wants a copy made anew is answered by the run that waits or is at work for that, and by none that is not", async () => {
  const { clock, queue, add } = handQueue();
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
  const { queue, add } = handQueue();
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
  const { queue, add } = handQueue();
  add("a");
  const ended = queue.request("a", { trigger: "manual", mend: "reclone" });
  queue.cancel("a", ended.runId);
  expect(queue.request("a", { trigger: "manual", mend: "reclone" }).runId).not.toBe(ended.runId);
});

test("a burst runs once it has been quiet for the settle window", async () => {
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  for (let atMs = 0; atMs < 2000; atMs += 100) {
    queue.request("a", { trigger: "webhook" });
    expect(repo.works).toHaveLength(0);
    await clock.advance(100);
  }
  expect(repo.works).toHaveLength(1);
});

test("a manual request makes the waiting burst due at once", async () => {
  const { queue, add } = handQueue();
  const repo = add("a");
  const hook = queue.request("a", { trigger: "webhook" });
  const manual = queue.request("a", { trigger: "manual" });
  expect(manual.runId).toBe(hook.runId);
  expect(repo.works).toHaveLength(1);
});

test("a run that passes its deadline is aborted and fails as timed out, and the next one works", async () => {
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue({ maxRunning: 1 });
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
  const { queue, add } = handQueue({ maxRunning: 3, maxRunningPerHost: 2 });
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
  const { clock, queue, add } = handQueue({ maxRunning: 1, settleMs: 0, ageStepMs: 1000 });
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
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  queue.request("a", { trigger: "startup" });
  await repo.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  await clock.advance(59_999);
  expect(repo.works).toHaveLength(1);
  await clock.advance(1);
  expect(repo.works).toHaveLength(2);
});

test("a person who asks while the host wants to be left alone is told at once until when, and it is asked then", async () => {
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue({ maxRunning: 8, maxRunningPerHost: 4 });
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

test("a request for later waits alone, and what is asked meanwhile takes it along", async () => {
  const { clock, queue, add } = handQueue();
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

test("a run can be found while it waits, while it is at work, and after it was the last to finish", async () => {
  const { queue, add } = handQueue();
  const repo = add("a");
  const first = queue.request("a", { trigger: "manual" });
  const second = queue.request("a", { trigger: "manual" });
  const states = () => [first, second].map(({ runId }) => queue.findRun("a", runId)?.state);
  expect(states()).toEqual(["running", "queued"]);
  await repo.succeed();
  expect(states()).toEqual(["finished", "running"]);
  expect(queue.findRun("b", first.runId)).toBeUndefined();
});

test("what is at work comes first in the list, then what waits, in the order in which it begins", async () => {
  const { clock, queue, add } = handQueue({ maxRunning: 1, settleMs: 250 });
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

test("a request that joins a run which waits for its turn costs no walk through the other repositories", () => {
  const { queue, add } = handQueue({ maxRunning: 1, settleMs: 0 });
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
