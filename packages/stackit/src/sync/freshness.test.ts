import { expect, test } from "vitest";
import type { SyncRun } from "../contract/sync-run.ts";
import { endedRun, historyAfter, NO_HISTORY } from "../store/run-history.ts";
import { deriveFreshness, type FreshnessFacts } from "./freshness.ts";

const T0 = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();

function finished(outcome: SyncRun["outcome"], seconds: number, code?: string): SyncRun {
  return {
    id: `run-at-${seconds}`,
    repoId: "a",
    triggers: ["interval"],
    requestedAt: at(seconds),
    finishedAt: at(seconds),
    state: "finished",
    ...(outcome ? { outcome } : {}),
    refs: { created: 0, updated: outcome === "updated" ? 1 : 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
    ...(code ? { error: { code, title: code, detail: code, retryable: true } } : {}),
  };
}

function facts(runs: SyncRun[], more: Partial<FreshnessFacts> = {}): FreshnessFacts {
  const history = runs.map(endedRun).reduce(historyAfter, NO_HISTORY);
  return { kind: "mirror", cadence: { expectedMaxAgeSec: 600 }, activity: "idle", history, ...more };
}

const health = (runs: SyncRun[], seconds: number, more: Partial<FreshnessFacts> = {}) =>
  deriveFreshness(facts(runs, more), T0 + seconds * 1000).health;

test("a mirror is fresh until its last success is older than expected", () => {
  const runs = [finished("unchanged", 0)];
  expect(health(runs, 600)).toBe("fresh");
  expect(health(runs, 601)).toBe("late");
});

test("a working copy is local: its age says nothing", () => {
  expect(health([finished("updated", 0)], 86_400, { kind: "working-copy" })).toBe("local");
});

test("what was never read is never, what failed last is failing, whatever came before", () => {
  for (const kind of ["mirror", "working-copy"] as const) {
    expect(health([], 0, { kind })).toBe("never");
    expect(health([finished("failed", 0, "sync/unreadable")], 0, { kind })).toBe("failing");
    expect(health([finished("updated", 0), finished("failed", 1, "sync/timeout")], 1, { kind })).toBe(
      "failing",
    );
  }
});

test("failures are counted until something else happens", () => {
  const failed = [finished("failed", 1, "sync/timeout"), finished("failed", 2, "sync/timeout")];
  expect(deriveFreshness(facts(failed), T0)).toMatchObject({
    consecutiveFailures: 2,
    failingSince: at(1),
    lastAttempt: { at: at(2), runId: "run-at-2", outcome: "failed", code: "sync/timeout" },
  });
  const mended = [...failed, finished("unchanged", 3)];
  expect(facts(mended).history.consecutiveFailures).toBe(0);
  expect(deriveFreshness(facts(mended), T0)).not.toHaveProperty("failingSince");
  const again = deriveFreshness(facts([...mended, finished("failed", 4, "sync/timeout")]), T0);
  expect(again.failingSince).toBe(at(4));
});

test("a run that was cut short by the server's stop says nothing about the repository", () => {
  expect(facts([finished("failed", 0, "sync/shutting-down")]).history).toBe(NO_HISTORY);
});

test("a held mirror has not failed but becomes late", () => {
  const runs = [finished("updated", 0), finished("held", 500)];
  expect(health(runs, 500)).toBe("fresh");
  expect(health(runs, 601)).toBe("late");
  expect(facts(runs).history).toMatchObject({ lastSuccessAt: at(0), lastAttempt: { outcome: "held" } });
});

test("only a run that changed something moves the time of the last change", () => {
  const { history } = facts([finished("updated", 0), finished("unchanged", 5)]);
  expect(history).toMatchObject({ lastChangeAt: at(0), lastSuccessAt: at(5) });
});

test("the first run of a mirror is its clone", () => {
  const activity = (runs: SyncRun[], more: Partial<FreshnessFacts>) =>
    deriveFreshness(facts(runs, { activity: "running", ...more }), T0).activity;
  expect(activity([], {})).toBe("cloning");
  expect(activity([], { kind: "working-copy" })).toBe("running");
  expect(activity([finished("updated", 0)], {})).toBe("running");
});

test("the last twelve runs are kept at a glance, the latest last, and those cut short are none of them", () => {
  const runs = [
    ...Array.from({ length: 13 }, (_, i) => ({ ...finished("unchanged", i), durationMs: i })),
    finished("failed", 13, "sync/shutting-down"),
    finished("failed", 14, "sync/timeout"),
  ];
  const { recent } = deriveFreshness(facts(runs), T0);
  expect(recent).toHaveLength(12);
  expect(recent[0]).toEqual({ outcome: "unchanged", durationMs: 2 });
  expect(recent.at(-1)).toEqual({ outcome: "failed" });
});
