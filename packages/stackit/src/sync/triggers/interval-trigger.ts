import { type Clock, systemClock } from "../../lib/clock.ts";
import type { RunHistory } from "../../store/run-history.ts";
import type { Cadence } from "../lane.ts";
import type { SyncQueue } from "../sync-queue.ts";
import { chooseInterval, jittered, type Pace } from "./adaptive-interval.ts";

export interface AskedAtIntervals {
  readonly repoId: string;
  readonly pace: Pace;
}

/** What the trigger needs of the queue. */
export type AskedQueue = Pick<SyncQueue, "request" | "idleSinceMs" | "historyOf">;

interface Schedule {
  readonly pace: Pace;
  /** Between its askings there is never less. */
  readonly leastMs: number;
  /** From 0 to below 1: where in the jitter the next asking lies. */
  fraction: number;
}

export interface IntervalTriggerOptions {
  /** The queue's. */
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/** A mirror that is not asked at intervals hears of changes by webhooks alone. Most repositories see a push a day. */
const UNASKED_MAX_AGE_SEC = 86_400;

/**
 * Asks the queue for every repository that had no run for its interval, whatever asked for the last one. Leaves alone
 * what runs, waits, or is being retried by the queue. One timer for all. It waits in monotonic time: setting the
 * machine's clock makes an interval another one within its bounds at most.
 */
export class IntervalTrigger implements Disposable {
  readonly #queue: AskedQueue;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #schedules = new Map<string, Schedule>();
  #cancelWake: () => void = () => {};
  #isStarted = false;

  constructor(
    queue: AskedQueue,
    repos: readonly AskedAtIntervals[],
    { clock = systemClock, random = Math.random }: IntervalTriggerOptions = {},
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#random = random;
    for (const repo of repos) this.add(repo);
  }

  /** From now on it is asked for, as soon as it is in the queue. */
  add({ repoId, pace }: AskedAtIntervals): void {
    if (pace === 0) return;
    const leastMs = jittered(pace, typeof pace === "number" ? pace : pace.minMs, 0);
    this.#schedules.set(repoId, { pace, leastMs, fraction: this.#random() });
    if (this.#isStarted) this.#askWhatIsDue();
  }

  remove(repoId: string): void {
    this.#schedules.delete(repoId);
  }

  /** To be called once, when the repositories are in the queue. */
  start(): void {
    this.#isStarted = true;
    this.#askWhatIsDue();
  }

  /** Of a repository with this history, whose last run ended then. */
  cadence(repoId: string, history: RunHistory, restingSinceMs: number): Cadence {
    const schedule = this.#schedules.get(repoId);
    const chosen = schedule && chooseInterval(schedule.pace, history);
    if (!schedule || !chosen) return { expectedMaxAgeSec: UNASKED_MAX_AGE_SEC };
    const everySec = chosen.everyMs / 1000;
    return {
      // One asking may fail.
      expectedMaxAgeSec: 2 * everySec,
      interval: { everySec, reason: chosen.reason },
      askedAtMs: restingSinceMs + jittered(schedule.pace, chosen.everyMs, schedule.fraction),
    };
  }

  #askWhatIsDue(): void {
    this.#cancelWake();
    const now = this.#clock.now();
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const [repoId, schedule] of this.#schedules) {
      let dueAtMs = this.#dueAtMs(repoId);
      if (dueAtMs <= now) {
        schedule.fraction = this.#random();
        this.#queue.request(repoId, { trigger: "interval" });
        dueAtMs = Number.POSITIVE_INFINITY;
      }
      // A run may end before then and shorten the interval, though not to less than that.
      nextAtMs = Math.min(nextAtMs, dueAtMs, now + schedule.leastMs);
    }
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      this.#cancelWake = this.#clock.after(nextAtMs - now, () => this.#askWhatIsDue());
    }
  }

  #dueAtMs(repoId: string): number {
    const idleSinceMs = this.#queue.idleSinceMs(repoId);
    if (idleSinceMs === undefined) return Number.POSITIVE_INFINITY;
    const { askedAtMs } = this.cadence(repoId, this.#queue.historyOf(repoId), idleSinceMs);
    return askedAtMs ?? Number.POSITIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.#isStarted = false;
    this.#cancelWake();
  }
}
