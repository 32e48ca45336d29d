import { expect, test } from "vitest";
import { handQueue } from "../../test/support/hand-queue.ts";
import { settlePromises } from "../../test/support/manual-clock.ts";

test("disposal answers who waits, aborts what runs, waits for it, and refuses what comes later", async () => {
  const { clock, queue, add } = handQueue();
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
  const { queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  repo.ignoresAbort = true;
  queue.request("a", { trigger: "manual" });
  await clock.advance(180_000);
  const left = repo.registration[Symbol.asyncDispose]();
  await repo.succeed();
  await left;
  expect(repo.works).toHaveLength(1);
});

test("disposal waits until observers have dealt with the last run", async () => {
  const { queue, add } = handQueue();
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

test("a queue that is disposed while a start is told does not call the target any more", async () => {
  const { clock, queue, add } = handQueue();
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

test("a run that is cancelled ends, changes nothing of what is known, and lets the next one begin", async () => {
  const { clock, queue, add } = handQueue({ maxRunning: 1 });
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
