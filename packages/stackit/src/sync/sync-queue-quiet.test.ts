import { expect, test } from "vitest";
import { handQueue } from "../../test/support/hand-queue.ts";
import { SyncFailure } from "./sync-target.ts";

test("it is quiet while no run is at work, and told only when none is due either", async () => {
  const { clock, queue, add } = handQueue({ maxRunning: 1 });
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
  const { clock, queue, add } = handQueue({ settleMs: 250 });
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
  const { clock, queue, add } = handQueue();
  const [repo, other] = [add("a", "git.example.com"), add("b", "git.example.com")];
  queue.request("a", { trigger: "startup" });
  await repo.fail(new SyncFailure("sync/rate-limited", "Wait.", { retryable: true, retryAfterMs: 60_000 }));
  queue.request("b", { trigger: "startup" });
  await clock.advance(1_000);
  expect([other.works.length, queue.isQuiet]).toEqual([0, true]);
});
