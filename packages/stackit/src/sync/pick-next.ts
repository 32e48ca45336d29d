import type { Trigger } from "../contract/sync-run.ts";

/** Who goes first. People wait for `manual`, `submit`, `onboard` and `replay`; nobody waits for `interval`. */
export const URGENCY: Readonly<Record<Trigger, number>> = {
  manual: 3,
  submit: 3,
  onboard: 3,
  replay: 3,
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
  /** Work that is no run has the lane, or gets it next. */
  readonly reserved: boolean;
  /** The run that waits to start: from when on it may, and how urgent it is. */
  readonly waiting: Waiting | undefined;
}

export interface Limits {
  readonly maxRunning: number;
  readonly maxRunningPerHost: number;
  /** Waiting this long weighs as much as one step of urgency, so that nothing starves. */
  readonly ageStepMs: number;
}

interface Waiting {
  readonly dueAtMs: number;
  readonly urgency: number;
}

/** Below zero when the first of two that are due is ahead of the second. */
export function beginsBefore(one: Waiting, other: Waiting, limits: Limits): number {
  return rankOf(one, limits) - rankOf(other, limits);
}

function rankOf({ dueAtMs, urgency }: Waiting, { ageStepMs }: Limits): number {
  return dueAtMs - urgency * ageStepMs;
}

/**
 * The lane whose run starts next, or undefined when none may. All waiting runs age at the same pace, so who is ahead
 * never changes while they wait: the smallest `dueAtMs` less the head start that urgency gives. Lanes that are not
 * `admitted` are passed over.
 */
export function pickNext<L extends LaneState>(
  lanes: Iterable<L>,
  limits: Limits,
  now: number,
  admitted: (lane: L) => boolean,
): L | undefined {
  const runningOn = new Map<string, number>();
  const startable: L[] = [];
  let running = 0;
  for (const lane of lanes) {
    if (lane.running) {
      running++;
      if (lane.host !== undefined) runningOn.set(lane.host, (runningOn.get(lane.host) ?? 0) + 1);
    }
    const isFree = !lane.occupied && !lane.reserved;
    if (isFree && lane.waiting && lane.waiting.dueAtMs <= now && admitted(lane)) startable.push(lane);
  }
  if (running >= limits.maxRunning) return undefined;

  let best: L | undefined;
  let bestKey = Number.POSITIVE_INFINITY;
  for (const lane of startable) {
    if (lane.host !== undefined && (runningOn.get(lane.host) ?? 0) >= limits.maxRunningPerHost) continue;
    const key = lane.waiting ? rankOf(lane.waiting, limits) : now;
    if (key < bestKey) {
      best = lane;
      bestKey = key;
    }
  }
  return best;
}
