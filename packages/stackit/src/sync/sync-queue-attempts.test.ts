import { expect, test } from "vitest";
import { handQueue, NEW, OLD, unreachable } from "../../test/support/hand-queue.ts";
import { SyncFailure } from "./sync-target.ts";

test("retryable failures are tried again later and later, a person's request starts over, others are left alone", async () => {
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { queue, errors, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
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
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  queue.request("a", { trigger: "manual", confirm: "hold-1" });
  await repo.fail(unreachable());
  await clock.advance(1000);
  expect([...(repo.works[1]?.confirmed ?? [])]).toEqual(["hold-1"]);
});

test("what a person confirmed still holds when another run comes before the attempt after a failure", async () => {
  const { clock, queue, add } = handQueue();
  const repo = add("a");
  queue.request("a", { trigger: "manual", confirm: "hold-1" });
  await repo.fail(unreachable());
  queue.request("a", { trigger: "interval" });
  await clock.advance(250);
  expect([...(repo.works[1]?.confirmed ?? [])]).toEqual(["hold-1"]);
});

test("a run is told what all its requests expect, of two for one ref what the later one does", async () => {
  const { clock, queue, add } = handQueue();
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
  const { queue, add } = handQueue();
  const repo = add("a");
  const { finished } = queue.request("a", { trigger: "manual", expect: [{ ref: "refs/heads/x", sha: NEW }] });
  await repo.succeed({ unmet: [{ ref: "refs/heads/x", expected: NEW, actual: OLD }] });
  expect(await finished).toMatchObject({ unmet: [{ ref: "refs/heads/x", expected: NEW, actual: OLD }] });
  const next = queue.request("a", { trigger: "manual" });
  await repo.succeed({ unmet: [] });
  expect(await next.finished).not.toHaveProperty("unmet");
});

test("the attempt after a failure still expects what the failed one did, and so does a run that comes before it", async () => {
  const { clock, queue, add } = handQueue();
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
