import type { SyncRun } from "stackit/contract/sync-run";
import { dayKey } from "../../lib/days.ts";

export type RunFilter = "all" | "changed" | "failed";

/** A run, or several in a row of which there is one thing to say. Newest first. */
export interface RunGroup {
  kind: "run" | "unchanged" | "failures";
  /** Of its oldest run, so that it stays the same while it grows. */
  id: string;
  runs: [SyncRun, ...SyncRun[]];
}

export interface RunDay {
  key: string;
  at: number;
  groups: RunGroup[];
}

export function isIn(filter: RunFilter, run: SyncRun): boolean {
  if (filter === "all") return true;
  if (filter === "failed")
    return run.outcome === "failed" || run.outcome === "held" || run.outcome === "partial";
  return hasChanged(run);
}

/** The first reading of a process has nothing to be compared with, whatever it calls new. */
export function hasChanged({ refs, stacks, triggers, recloned = false }: SyncRun): boolean {
  if (refs.created + refs.updated + refs.deleted > 0) return true;
  const isFirst = recloned || triggers.includes("startup") || triggers.includes("onboard");
  return !isFirst && [stacks.created, stacks.changed, stacks.removed].flat().length > 0;
}

/** `runs`: newest first. Neighbours of a day that found and mended nothing are told together, and those that failed alike. */
export function groupRuns(runs: readonly SyncRun[]): RunDay[] {
  const days: RunDay[] = [];
  for (const run of runs) {
    const at = Date.parse(run.requestedAt);
    const key = dayKey(at);
    let day = days.at(-1);
    if (day?.key !== key) {
      day = { key, at, groups: [] };
      days.push(day);
    }
    const last = day.groups.at(-1);
    const kind = kindOf(run);
    if (last && kind !== "run" && kindOf(last.runs[0]) === kind && isAlike(last.runs[0], run)) {
      last.runs.push(run);
      last.id = run.id;
      last.kind = kind;
    } else day.groups.push({ kind: "run", id: run.id, runs: [run] });
  }
  return days;
}

function kindOf(run: SyncRun): RunGroup["kind"] {
  if (run.outcome === "failed") return "failures";
  const isMended = run.recloned || run.repair;
  return run.outcome === "unchanged" && !isMended && !hasChanged(run) ? "unchanged" : "run";
}

function isAlike(a: SyncRun, b: SyncRun): boolean {
  return a.error?.code === b.error?.code;
}

/** What a run usually takes here; undefined where none is known. */
export function typicalMs(runs: readonly SyncRun[]): number | undefined {
  const known = runs
    .flatMap(({ outcome, durationMs }) =>
      durationMs === undefined || outcome === "failed" ? [] : [durationMs],
    )
    .sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)];
}
