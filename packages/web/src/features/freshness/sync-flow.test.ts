import type { SyncRun } from "stackit/contract/sync-run";
import { expect, test } from "vitest";
import { advanceFlow, describeFlow, isBusy, peopleWords, type SyncFlow } from "./sync-flow.ts";

const t0 = Date.parse("2026-01-05T10:00:00.000Z");
const plain = (text: string | undefined) => text?.replaceAll("\u202f", " ");

function run(given: Partial<SyncRun> = {}): SyncRun {
  return {
    id: "r1",
    repoId: "web",
    triggers: ["manual"],
    requestedAt: new Date(t0).toISOString(),
    state: "running",
    startedAt: new Date(t0).toISOString(),
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
    ...given,
  };
}

const sent = advanceFlow({ step: "idle" }, { type: "pressed", key: "k1" }, t0);
const following = advanceFlow(sent, { type: "accepted", run: run() }, t0 + 50);

function said(flow: SyncFlow, seconds = 0) {
  return plain(describeFlow(flow, undefined, t0 + seconds * 1000)?.text);
}

test("a second press while one is under way is the same press", () => {
  expect(advanceFlow(sent, { type: "pressed", key: "k2" }, t0 + 1)).toBe(sent);
  expect(advanceFlow(following, { type: "pressed", key: "k2" }, t0 + 60)).toBe(following);
});

test("nothing is said while the request is on its way, then the seconds, then the result", () => {
  expect(said(sent)).toBeUndefined();
  expect(said(following, 4)).toBe("Syncing… 4 s");
  const refs = { ...run().refs, updated: 3 };
  const done = advanceFlow(
    following,
    { type: "heard", run: run({ state: "finished", outcome: "updated", refs }) },
    t0,
  );
  expect(said(done)).toBe("Synced just now, 3 refs changed");
  expect(isBusy(done)).toBe(false);
});

test("no change is a good result", () => {
  const done = advanceFlow(
    sent,
    { type: "accepted", run: run({ state: "finished", outcome: "unchanged" }) },
    t0,
  );
  expect(describeFlow(done, undefined, t0)).toMatchObject({ tone: "ok", text: "Synced just now, no change" });
});

test("a run that waits for one at work says so", () => {
  const behind = advanceFlow(sent, { type: "accepted", run: run({ state: "queued" }) }, t0 + 50);
  const told = (isBehind: boolean) => plain(describeFlow(behind, undefined, t0 + 2000, isBehind)?.text);
  expect([told(true), told(false)]).toEqual(["Already syncing; yours is next · 2 s", "Queued · 2 s"]);
});

test("whoever pushed is named before whoever asked", () => {
  expect(peopleWords({})).toEqual([]);
  expect(peopleWords({ pushedBy: ["theo", "mira"], requestedBy: "ada" })).toEqual([
    "push by theo and mira",
    "ada",
  ]);
});

test("another run's events say nothing about this press", () => {
  expect(advanceFlow(following, { type: "heard", run: run({ id: "r2", state: "finished" }) }, t0)).toBe(
    following,
  );
});

test("a run that was asked for earlier is joined, and says by what", () => {
  const earlier = run({ requestedAt: new Date(t0 - 9000).toISOString(), triggers: ["webhook"] });
  expect(said(advanceFlow(sent, { type: "accepted", run: earlier }, t0), 7)).toBe(
    "Already syncing, started 7 s ago by webhook",
  );
});

test("after fifteen seconds it takes longer than usual, and after the deadline there is no answer", () => {
  expect(said(following, 16)).toBe("Taking longer than usual · 16 s");
  expect(plain(describeFlow(following, 40_000, t0 + 16_000)?.text)).toBe("Syncing… 16 s");
  expect(describeFlow(following, undefined, t0 + 200_000)).toMatchObject({ offer: "check" });
});

test("what fetches much says how far it is, and one behind it waits, for as long as that takes", () => {
  const progress = { phase: "receiving", objects: 9, totalObjects: 20, bytes: 900 } as const;
  const fetching = advanceFlow(following, { type: "heard", run: run({ progress }) }, t0);
  expect(plain(describeFlow(fetching, undefined, t0 + 600_000)?.text)).toBe("Receiving 45 % · 10 min");
  const behind = advanceFlow(following, { type: "heard", run: run({ state: "queued" }) }, t0);
  expect(plain(describeFlow(behind, undefined, t0 + 600_000)?.text)).toBe("Queued · 10 min");
});

test("a failure names its cause and offers another try", () => {
  const error = {
    code: "sync/unreadable",
    title: "The working copy cannot be read",
    detail: "No HEAD.",
    retryable: true,
  };
  const done = advanceFlow(
    following,
    { type: "heard", run: run({ state: "finished", outcome: "failed", error }) },
    t0,
  );
  expect(describeFlow(done, undefined, t0)).toMatchObject({
    tone: "bad",
    offer: "retry",
    text: "The working copy cannot be read. No HEAD.",
  });
});

test("a request that was not taken is refused, and can be pressed again", () => {
  const refused = advanceFlow(sent, { type: "refused", title: "Too many requests", detail: undefined }, t0);
  expect(describeFlow(refused, undefined, t0)).toMatchObject({ tone: "bad", text: "Too many requests" });
  expect(advanceFlow(refused, { type: "pressed", key: "k3" }, t0).step).toBe("sending");
});

test("the result gives way to the usual line, a run under way does not", () => {
  const done = advanceFlow(
    sent,
    { type: "accepted", run: run({ state: "finished", outcome: "unchanged" }) },
    t0,
  );
  expect(advanceFlow(done, { type: "settled" }, t0).step).toBe("idle");
  expect(advanceFlow(following, { type: "settled" }, t0)).toBe(following);
});
