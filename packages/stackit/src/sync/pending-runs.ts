import type { PendingRun } from "../contract/ops.ts";
import type { Clock } from "../lib/clock.ts";
import type { Lane, LaneRun } from "./lane.ts";
import { beginsBefore, type Limits } from "./pick-next.ts";

/** Those at work, the longest first; then those that wait, in the order in which they would begin if all of them might. */
export function pendingRuns(
  lanes: Iterable<Lane>,
  limits: Limits,
  admitted: (lane: Lane) => boolean,
  clock: Clock,
): PendingRun[] {
  const all = [...lanes];
  const now = clock.now();
  const atWork = all
    .flatMap(({ current }) => current ?? [])
    .sort((a, b) => a.startedAtMs - b.startedAtMs)
    .map((run) => pending(run));
  const runningOn = new Map<string | undefined, number>();
  for (const { running, host } of all) {
    if (running && host !== undefined) runningOn.set(host, (runningOn.get(host) ?? 0) + 1);
  }
  const waiting = all
    .flatMap((lane) => (lane.waiting ? [{ lane, run: lane.waiting }] : []))
    .sort(
      (a, b) =>
        Number(a.run.dueAtMs > now) - Number(b.run.dueAtMs > now) || beginsBefore(a.run, b.run, limits),
    )
    .map(({ lane, run }, index): PendingRun => {
      const entry = { ...pending(run), position: index + 1 };
      if (run.dueAtMs > now) {
        const dueAt = new Date(clock.wallNow() + run.dueAtMs - now).toISOString();
        return { ...entry, waitsFor: "time", dueAt };
      }
      const isHostFull = !admitted(lane) || (runningOn.get(lane.host) ?? 0) >= limits.maxRunningPerHost;
      return { ...entry, waitsFor: isHostFull && !lane.occupied ? "host" : "slot" };
    });
  return [...atWork, ...waiting];
}

function pending({ record, urgency }: LaneRun): PendingRun {
  const { id, repoId, triggers, requestedBy, requestedAt, startedAt, state } = record;
  return {
    runId: id,
    repoId,
    state: state === "running" ? "running" : "queued",
    triggers,
    ...(requestedBy !== undefined && { requestedBy }),
    requestedAt,
    ...(startedAt !== undefined && { startedAt }),
    priority: urgency,
  };
}
