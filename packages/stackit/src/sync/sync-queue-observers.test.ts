import { expect, test } from "vitest";
import { handQueue, unreachable } from "../../test/support/hand-queue.ts";
import type { SyncProgress, SyncRun } from "../contract/sync-run.ts";
import type { RunChange } from "./run-observers.ts";

test("every observer hears each change once and in order, whatever observers do", async () => {
  const { queue, errors, add } = handQueue();
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

const received = (objects: number): SyncProgress => ({
  phase: "receiving",
  objects,
  totalObjects: 100,
  bytes: objects * 10,
});

test("progress stands in the run and in the freshness at once, and is gone when the run has finished", async () => {
  const { queue, add } = handQueue();
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
  const { queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
