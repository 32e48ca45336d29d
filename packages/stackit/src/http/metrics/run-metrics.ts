import { Counter, Histogram, type Registry } from "prom-client";
import type { SyncRequester } from "../server-parts.ts";

/** From a look that finds nothing new to the first fetch of a large repository. */
const SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800];

/** Counts runs as they end. Returns what stops it. */
export function measureRuns(registry: Registry, syncs: Pick<SyncRequester, "observe">): () => void {
  const registers = [registry];
  const runs = new Counter({
    name: "stackit_sync_runs_total",
    help: "Finished sync runs, by the first trigger and the outcome.",
    labelNames: ["trigger", "outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "stackit_sync_run_duration_seconds",
    help: "Duration of sync runs from start to end, by outcome.",
    labelNames: ["outcome"],
    buckets: SECONDS,
    registers,
  });
  const phases = new Histogram({
    name: "stackit_sync_phase_duration_seconds",
    help: "What sync runs that did not fail spent their time on: queue (waiting to start), fetch (the remote), read (the refs on disk), derive (the stacks).",
    labelNames: ["phase"],
    buckets: SECONDS,
    registers,
  });
  const failures = new Counter({
    name: "stackit_sync_failures_total",
    help: "Failed sync runs, by problem code. /problems/<code> says what to do.",
    labelNames: ["code"],
    registers,
  });
  return syncs.observe(({ run: { triggers, outcome, durationMs, error, phases: spent } }) => {
    if (outcome === undefined) return;
    runs.inc({ trigger: triggers[0] ?? "unknown", outcome });
    if (durationMs !== undefined) seconds.observe({ outcome }, durationMs / 1000);
    if (error) {
      failures.inc({ code: error.code });
      return;
    }
    phases.observe({ phase: "queue" }, spent.queueMs / 1000);
    phases.observe({ phase: "fetch" }, spent.fetchMs / 1000);
    phases.observe({ phase: "read" }, spent.readMs / 1000);
    phases.observe({ phase: "derive" }, spent.deriveMs / 1000);
  });
}
