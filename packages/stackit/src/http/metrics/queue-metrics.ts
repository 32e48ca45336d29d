import { Gauge, type Registry } from "prom-client";
import type { SyncRequester } from "../server-parts.ts";

export function measureQueue(registry: Registry, syncs: Pick<SyncRequester, "backlog">): void {
  const registers = [registry];
  new Gauge({
    name: "stackit_sync_queue_runs",
    help: "Sync runs that could start now and wait for a slot, for their host, or for the run before them.",
    registers,
    collect() {
      this.set(syncs.backlog().waiting);
    },
  });
  new Gauge({
    name: "stackit_sync_queue_oldest_seconds",
    help: "How long the longest of them has waited; 0 when none waits. Growing: raise --max-syncs, or --sync-interval and its bounds.",
    registers,
    collect() {
      this.set(syncs.backlog().oldestMs / 1000);
    },
  });
  new Gauge({
    name: "stackit_sync_runs_in_progress",
    help: "Sync runs at work.",
    registers,
    collect() {
      this.set(syncs.backlog().running);
    },
  });
}
