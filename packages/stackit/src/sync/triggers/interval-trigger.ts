import { type Clock, systemClock } from "../../lib/clock.ts";
import type { SyncQueue } from "../sync-queue.ts";

export interface AskedAtIntervals {
  readonly repoId: string;
  /** From the end of one run to the next asking; 0 is never. */
  readonly everyMs: number;
}

interface Schedule {
  readonly everyMs: number;
  /** How long it may be without a run this time. */
  maxIdleMs: number;
}

export interface IntervalTriggerOptions {
  /** The queue's. */
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** Of the interval, more or less: what once came together drifts apart. */
const JITTER = 0.1;
/** A mirror that is not asked at intervals hears of changes by webhooks alone. Most repositories see a push a day. */
const UNASKED_MAX_AGE_SEC = 86_400;

/** How old the last success of a mirror may become before it is late: one asking may fail. */
export function expectedMaxAgeSec(everyMs: number): number {
  return everyMs === 0 ? UNASKED_MAX_AGE_SEC : (2 * everyMs) / 1000;
}

/**
 * Asks the queue for every repository that had no run for its interval, whatever asked for the last one. Leaves alone
 * what runs, waits, or is being retried by the queue. One timer for all. Time is monotonic: setting the machine's clock
 * changes nothing.
 */
export class IntervalTrigger implements Disposable {
  readonly #queue: Pick<SyncQueue, "request" | "idleSinceMs">;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #schedules = new Map<string, Schedule>();
  #cancelWake: () => void = () => {};

  constructor(
    queue: Pick<SyncQueue, "request" | "idleSinceMs">,
    repos: readonly AskedAtIntervals[],
    { clock = systemClock, random = Math.random }: IntervalTriggerOptions = {},
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#random = random;
    for (const { repoId, everyMs } of repos) {
      if (everyMs > 0) this.#schedules.set(repoId, { everyMs, maxIdleMs: this.#jittered(everyMs) });
    }
  }

  /** To be called once, when the repositories are in the queue. */
  start(): void {
    this.#askWhatIsDue();
  }

  /** When a repository that has been idle since then will be asked for, unless it has a run before; undefined for never. */
  dueAtMs(repoId: string, idleSinceMs: number): number | undefined {
    const schedule = this.#schedules.get(repoId);
    return schedule && idleSinceMs + schedule.maxIdleMs;
  }

  #askWhatIsDue(): void {
    const now = this.#clock.now();
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const [repoId, schedule] of this.#schedules) {
      const idleSinceMs = this.#queue.idleSinceMs(repoId);
      let dueAtMs = idleSinceMs === undefined ? undefined : this.dueAtMs(repoId, idleSinceMs);
      if (dueAtMs !== undefined && dueAtMs <= now) {
        schedule.maxIdleMs = this.#jittered(schedule.everyMs);
        this.#queue.request(repoId, { trigger: "interval" });
        dueAtMs = undefined;
      }
      // What is not idle now will not have been idle for long enough any sooner.
      nextAtMs = Math.min(nextAtMs, dueAtMs ?? now + schedule.maxIdleMs);
    }
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      this.#cancelWake = this.#clock.after(nextAtMs - now, () => this.#askWhatIsDue());
    }
  }

  #jittered(everyMs: number): number {
    return Math.round(everyMs * (1 - JITTER + 2 * JITTER * this.#random()));
  }

  [Symbol.dispose](): void {
    this.#cancelWake();
  }
}
