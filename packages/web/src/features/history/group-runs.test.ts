import type { SyncRun } from "stackit/contract/sync-run";
import { expect, test } from "vitest";
import { groupRuns, isIn, typicalMs } from "./group-runs.ts";

let number = 0;
function run(outcome: SyncRun["outcome"], given: Partial<SyncRun> = {}): SyncRun {
  return {
    id: `r${++number}`,
    repoId: "shop",
    triggers: ["manual"],
    requestedAt: "2026-01-05T10:00:00.000",
    state: "finished",
    ...(outcome && { outcome }),
    refs: { created: 0, updated: outcome === "updated" ? 1 : 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 0, deriveMs: 0 },
    ...given,
  };
}
const failed = (code: string) => run("failed", { error: { code, title: code, detail: "", retryable: true } });
const shape = (runs: SyncRun[]) =>
  groupRuns(runs).map(({ groups }) => groups.map(({ kind, runs }) => `${kind} ${runs.length}`));

test("neighbours that found nothing are one group, and so are failures of one cause; one alone stays itself", () => {
  expect(shape([run("unchanged"), run("unchanged"), run("updated"), run("unchanged")])).toEqual([
    ["unchanged 2", "run 1", "run 1"],
  ]);
  expect(shape([failed("a"), failed("a"), failed("b")])).toEqual([["failures 2", "run 1"]]);
});

test("what mended the mirror stands by itself, though it found nothing new", () => {
  const repaired = run("unchanged", { repair: { leftovers: 0 } });
  expect(shape([run("unchanged"), repaired, run("unchanged", { recloned: true }), run("unchanged")])).toEqual(
    [["run 1", "run 1", "run 1", "run 1"]],
  );
});

test("a group ends with the day", () => {
  const before = { requestedAt: "2026-01-04T23:59:00.000" };
  expect(shape([run("unchanged"), run("unchanged", before), run("unchanged", before)])).toEqual([
    ["run 1"],
    ["unchanged 2"],
  ]);
});

test("what is held or partial counts as failed, and what changes only stacks as changed", () => {
  const restacked = run("updated", {
    refs: run("unchanged").refs,
    stacks: { created: [], changed: ["a"], removed: [] },
  });
  expect(
    [run("held"), run("partial"), failed("a"), run("updated")].map((one) => isIn("failed", one)),
  ).toEqual([true, true, true, false]);
  expect(isIn("changed", { ...restacked, triggers: ["startup"] })).toBe(false);
  expect([restacked, run("unchanged"), failed("a")].map((one) => isIn("changed", one))).toEqual([
    true,
    false,
    false,
  ]);
});

test("what a run usually takes is told by those that succeeded", () => {
  const took = (durationMs: number) => run("unchanged", { durationMs });
  expect(typicalMs([took(10), took(900), took(30), { ...failed("a"), durationMs: 60_000 }])).toBe(30);
  expect(typicalMs([failed("a")])).toBeUndefined();
});
