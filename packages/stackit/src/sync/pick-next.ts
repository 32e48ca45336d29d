import type { Trigger } from "../contract/sync-run.ts";

/** Who goes first. People wait for `manual`, `submit` and `onboard`; nobody waits for `interval`. */
export const URGENCY: Readonly<Record<Trigger, number>> = {
  manual: 3,
  submit: 3,
  onboard: 3,
  webhook: 2,
  watcher: 1,
  startup: 1,
  interval: 0,
};

export interface LaneState {
  readonly host: string | undefined;
  /** A run is at work here and counts against the limits. */
  readonly running: boolean;
  /** Nothing can start here until what runs, or hangs, has ended. */
  readonly occupied: boolean;
  /** The run that waits to start: from when on it may, and how urgent it is. */
  readonly waiting: { readonly dueAtMs: number; readonly urgency: number } | undefined;
}

export interface Limits {
  readonly maxRunning: number;
  readonly maxRunningPerHost: number;
  /** Waiting this long weighs as much as one step of urgency, so that nothing starves. */
  readonly ageStepMs: number;
}

/** This part of the slots is kept for those that have nothing at work. */
const KEPT_PART = 1 / 4;

/**
 * The lane whose run starts next, or undefined when none may. All waiting runs age at the same pace, so who is ahead
 * never changes while they wait: the smallest `dueAtMs` less the head start that urgency gives. Lanes that are not
 * `admitted` are passed over.
 *
 * A host that has a run at work gets no further slot of the last ones: those are kept for other hosts, and for lanes
 * without one, as long as there are any with nothing at work. So a few hosts that hang cannot take all slots.
 */
export function pickNext<L extends LaneState>(
  lanes: Iterable<L>,
  limits: Limits,
  now: number,
  admitted: (lane: L) => boolean,
): L | undefined {
  const runningOn = new Map<string | L, number>();
  const startable: L[] = [];
  let running = 0;
  for (const lane of lanes) {
    const party = lane.host ?? lane;
    runningOn.set(party, (runningOn.get(party) ?? 0) + (lane.running ? 1 : 0));
    if (lane.running) running++;
    if (!lane.occupied && lane.waiting && lane.waiting.dueAtMs <= now && admitted(lane)) startable.push(lane);
  }
  const free = limits.maxRunning - running;
  if (free <= 0) return undefined;
  const idleParties = [...runningOn.values()].filter((count) => count === 0).length;
  const kept = Math.min(Math.ceil(limits.maxRunning * KEPT_PART), idleParties);

  let best: L | undefined;
  let bestKey = Number.POSITIVE_INFINITY;
  for (const lane of startable) {
    const runningHere = runningOn.get(lane.host ?? lane) ?? 0;
    if (runningHere > 0 && (runningHere >= limits.maxRunningPerHost || free <= kept)) continue;
    const key = (lane.waiting?.dueAtMs ?? now) - (lane.waiting?.urgency ?? 0) * limits.ageStepMs;
    if (key < bestKey) {
      best = lane;
      bestKey = key;
    }
  }
  return best;
}
