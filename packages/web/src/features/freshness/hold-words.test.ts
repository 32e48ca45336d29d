import type { Hold, SyncRun } from "stackit/contract/sync-run";
import { expect, test } from "vitest";
import { describeHold, lostWords } from "./hold-words.ts";

const hold: Hold = {
  id: "h1",
  wouldRemove: ["api", "ui"],
  branchesBefore: 3,
  branchesAfter: 1,
  confirmsAt: "2026-01-05T10:10:00.000Z",
};

const held: SyncRun = {
  id: "r1",
  repoId: "web",
  triggers: ["interval"],
  requestedAt: "2026-01-05T10:00:00.000Z",
  state: "finished",
  outcome: "held",
  hold,
  refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
  stacks: { created: [], changed: [], removed: [] },
  phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
};
const { hold: _, ...free } = held;
const idle = { step: "idle" } as const;

test("a hold is open as long as the last run held the same, whichever run that was", () => {
  expect(describeHold(hold, held, idle)).toEqual({ kind: "open" });
  expect(describeHold(hold, { ...held, id: "r2" }, idle)).toEqual({ kind: "open" });
  expect(describeHold(hold, undefined, idle)).toEqual({ kind: "open" });
});

test("what is held by now is told from what somebody looks at", () => {
  const other = { ...hold, id: "h2" };
  expect(describeHold(hold, { ...held, hold: other }, idle)).toEqual({ kind: "changed", hold: other });
});

test("a hold is over when a run went through", () => {
  expect(describeHold(hold, { ...free, outcome: "updated" }, idle)).toEqual({ kind: "over" });
  expect(describeHold(hold, { ...free, outcome: "unchanged" }, idle)).toEqual({ kind: "over" });
});

test("while it is asked for nothing else is said, and a refusal says why", () => {
  expect(describeHold(hold, held, { step: "sending", at: 0, key: "k" })).toEqual({ kind: "asking" });
  const refused = { step: "refused", at: 0, title: "This server is read-only", detail: undefined } as const;
  expect(describeHold(hold, held, refused)).toEqual({ kind: "refused", text: "This server is read-only" });
});

test("a run that failed changed nothing, and says so", () => {
  const error = { code: "sync/timeout", title: "Too late", detail: "It said nothing.", retryable: true };
  expect(describeHold(hold, { ...free, outcome: "failed", error }, idle)).toEqual({
    kind: "refused",
    text: "Timed out. It said nothing. Nothing was changed.",
  });
});

test("of more branches than are named the difference tells how many", () => {
  expect(lostWords(hold)).toBe("2 of 3 branches");
  expect(lostWords({ ...hold, branchesBefore: 900, branchesAfter: 40 })).toBe("860 of 900 branches");
});
