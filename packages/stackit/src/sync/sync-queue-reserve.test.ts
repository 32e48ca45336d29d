import { expect, test } from "vitest";
import { handQueue } from "../../test/support/hand-queue.ts";
import { settlePromises } from "../../test/support/manual-clock.ts";
import type { SyncQueue } from "./sync-queue.ts";

const FOR_EVER = new AbortController().signal;

/** Reserves, and notes in `seen` when that is granted, or why not. */
function reserving(queue: SyncQueue, seen: string[], name: string, signal: AbortSignal = FOR_EVER) {
  const asked = queue.reserve("a", signal);
  void asked.then(
    () => seen.push(name),
    (error) => seen.push(`${name}: ${error.code ?? error.message}`),
  );
  return asked;
}

test("a repository is reserved once its run at work has ended, ahead of the run that waits", async () => {
  const { queue, add } = handQueue();
  const repo = add("a");
  const first = queue.request("a", { trigger: "manual" });
  const second = queue.request("a", { trigger: "manual" });
  const seen: string[] = [];
  const reserved = reserving(queue, seen, "submit");
  await settlePromises();
  expect([seen, first.run().state]).toEqual([[], "running"]);
  await repo.succeed();
  expect([seen, second.run().state]).toEqual([["submit"], "queued"]);
  (await reserved)[Symbol.dispose]();
  await settlePromises();
  expect(second.run().state).toBe("running");
});

test("no run begins while a repository is reserved, and those of others do", async () => {
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  add("b");
  const reserved = await queue.reserve("a", FOR_EVER);
  const here = queue.request("a", { trigger: "manual" });
  expect(queue.request("b", { trigger: "manual" }).run().state).toBe("running");
  await clock.advance(3_600_000);
  expect([here.run().state, repo.works.length, queue.isQuiet]).toEqual(["queued", 0, false]);
  reserved[Symbol.dispose]();
  await settlePromises();
  expect(here.run().state).toBe("running");
});

test("those that want a repository get it one at a time, in the order in which they asked, however often one gives it back", async () => {
  const { queue, add } = handQueue();
  add("a");
  const seen: string[] = [];
  const first = await reserving(queue, seen, "first");
  const second = reserving(queue, seen, "second");
  void reserving(queue, seen, "third");
  await settlePromises();
  expect(seen).toEqual(["first"]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await settlePromises();
  expect(seen).toEqual(["first", "second"]);
  first[Symbol.dispose]();
  await settlePromises();
  expect(seen).toEqual(["first", "second"]);
  (await second)[Symbol.dispose]();
  await settlePromises();
  expect(seen).toEqual(["first", "second", "third"]);
});

test("who gives up waiting is told why at once, is passed over, and keeps no run from beginning", async () => {
  const { queue, add } = handQueue();
  const repo = add("a");
  const run = queue.request("a", { trigger: "manual" });
  const seen: string[] = [];
  const gone = new AbortController();
  void reserving(queue, seen, "first", gone.signal);
  void reserving(queue, seen, "second", gone.signal);
  const later = queue.request("a", { trigger: "manual" });
  gone.abort(new Error("gone"));
  await settlePromises();
  expect([seen, run.run().state]).toEqual([["first: gone", "second: gone"], "running"]);
  await repo.succeed();
  expect(later.run().state).toBe("running");
});

test("the run that waited begins when the last who wanted the repository gives up", async () => {
  const { queue, add } = handQueue({ maxRunning: 1 });
  add("b");
  const repo = add("a");
  const held = await queue.reserve("a", FOR_EVER);
  const seen: string[] = [];
  const gone = new AbortController();
  void reserving(queue, seen, "second", gone.signal);
  const waiting = queue.request("a", { trigger: "manual" });
  held[Symbol.dispose]();
  gone.abort(new Error("gone"));
  await settlePromises();
  expect([seen, waiting.run().state, repo.works.length]).toEqual([["second: gone"], "running", 1]);
});

test("it is quiet once nobody waits any more for a repository whose run hangs", async () => {
  const { clock, queue, add } = handQueue({ timeoutMs: 1_000, graceMs: 100 });
  add("a").ignoresAbort = true;
  queue.request("a", { trigger: "manual" });
  const gone = new AbortController();
  const seen: string[] = [];
  void reserving(queue, seen, "submit", gone.signal);
  await clock.advance(2_000);
  expect(queue.isQuiet).toBe(false);
  queue.onQuiet(() => seen.push("quiet"));
  gone.abort(new Error("gone"));
  await settlePromises();
  expect(seen.toSorted()).toEqual(["quiet", "submit: gone"]);
});

test("who has gone already gets nothing, and what was granted stays when its signal aborts", async () => {
  const { queue, add } = handQueue();
  add("a");
  await expect(queue.reserve("a", AbortSignal.abort(new Error("gone")))).rejects.toThrow("gone");
  const asking = new AbortController();
  const reserved = await queue.reserve("a", asking.signal);
  asking.abort();
  const run = queue.request("a", { trigger: "manual" });
  await settlePromises();
  expect(run.run().state).toBe("queued");
  reserved[Symbol.dispose]();
  await settlePromises();
  expect(run.run().state).toBe("running");
});

test("a queue that closes refuses those that wait, and waits for who has the repository", async () => {
  const { queue, add } = handQueue();
  add("a");
  const seen: string[] = [];
  const reserved = await reserving(queue, seen, "first");
  void reserving(queue, seen, "second");
  const disposal = queue[Symbol.asyncDispose]().then(() => seen.push("closed"));
  await settlePromises();
  expect(seen).toEqual(["first", "second: sync/shutting-down"]);
  await expect(queue.reserve("a", FOR_EVER)).rejects.toMatchObject({ code: "sync/shutting-down" });
  reserved[Symbol.dispose]();
  await disposal;
  expect(seen.at(-1)).toBe("closed");
});

test("a repository that leaves refuses those that wait, is gone when it is given back, and unknown ones are not reserved", async () => {
  const { queue, add } = handQueue();
  const { registration } = add("a");
  const seen: string[] = [];
  const reserved = await reserving(queue, seen, "first");
  void reserving(queue, seen, "second");
  const leaving = registration[Symbol.asyncDispose]().then(() => seen.push("left"));
  await settlePromises();
  expect(seen).toEqual(["first", "second: repo/not-found"]);
  reserved[Symbol.dispose]();
  await leaving;
  await expect(queue.reserve("a", FOR_EVER)).rejects.toMatchObject({ code: "repo/not-found" });
});
