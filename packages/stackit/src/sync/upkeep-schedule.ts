import { type Clock, systemClock } from "../lib/clock.ts";
import type { UpkeepReport } from "../repos/mirror-upkeep.ts";
import type { SyncQueue } from "./sync-queue.ts";

/** A repository whose files the server owns. */
export interface Maintained {
  readonly id: string;
  maintain(work: { signal: AbortSignal }): Promise<UpkeepReport | undefined>;
}

export interface UpkeepEnded {
  readonly repoId: string;
  readonly durationMs: number;
  /** Absent when it failed. */
  readonly report?: UpkeepReport;
  readonly error?: unknown;
}

export interface UpkeepTimes {
  /** After a start there is more urgent work. */
  readonly firstAfterMs: number;
  /** Without a run for this long, a mirror counts as idle. */
  readonly idleMs: number;
  /** From the end of one upkeep of a mirror to its next; what was ended before it was done comes again sooner. */
  readonly everyMs: number;
  readonly againAfterMs: number;
  /** Due for this long, a mirror is taken as soon as it has no run, idle or not. */
  readonly patienceMs: number;
  /** Between two mirrors, and between two looks for one. */
  readonly pauseMs: number;
  readonly lookEveryMs: number;
}

const TIMES: UpkeepTimes = {
  firstAfterMs: 300_000,
  idleMs: 30_000,
  everyMs: 3_600_000,
  againAfterMs: 600_000,
  patienceMs: 6 * 3_600_000,
  pauseMs: 1_000,
  lookEveryMs: 60_000,
};

export interface UpkeepOptions extends Partial<UpkeepTimes> {
  /** The queue's. */
  readonly clock?: Clock;
  /** Told of each upkeep that did something or failed. Must not throw. */
  readonly onEnded?: (ended: UpkeepEnded) => void;
}

/**
 * Has mirrors tended while nobody needs them: one at a time in the whole process, the one that has waited longest first. A mirror that turns out
 * to be damaged is asked for, so that its run mends it. Disposal ends what is at work and waits for it.
 */
export class UpkeepSchedule implements AsyncDisposable {
  readonly #queue: Pick<SyncQueue, "idleSinceMs" | "request">;
  readonly #clock: Clock;
  readonly #times: UpkeepTimes;
  readonly #onEnded: (ended: UpkeepEnded) => void;
  readonly #dueAtMs = new Map<Maintained, number>();
  readonly #closing = new AbortController();
  #cancelWake: () => void = () => {};
  #work: Promise<void> = Promise.resolve();

  constructor(
    queue: Pick<SyncQueue, "idleSinceMs" | "request">,
    mirrors: readonly Maintained[],
    { clock = systemClock, onEnded = () => {}, ...times }: UpkeepOptions = {},
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#onEnded = onEnded;
    this.#times = { ...TIMES, ...times };
    for (const mirror of mirrors) this.add(mirror);
  }

  add(mirror: Maintained): void {
    this.#dueAtMs.set(mirror, this.#clock.now() + this.#times.firstAfterMs);
  }

  /** It is not tended again. What is at work there ends with the mirror. */
  remove(mirror: Maintained): void {
    this.#dueAtMs.delete(mirror);
  }

  /** To be called once, when the repositories are in the queue. */
  start(): void {
    this.#wakeAfter(this.#times.firstAfterMs);
  }

  #wakeAfter(ms: number): void {
    if (this.#closing.signal.aborted) return;
    this.#cancelWake = this.#clock.after(ms, () => {
      this.#work = this.#takeNext();
    });
  }

  async #takeNext(): Promise<void> {
    const mirror = this.#next();
    if (mirror) await this.#tend(mirror);
    this.#wakeAfter(mirror ? this.#times.pauseMs : this.#times.lookEveryMs);
  }

  #next(): Maintained | undefined {
    const now = this.#clock.now();
    const { idleMs, patienceMs } = this.#times;
    let next: Maintained | undefined;
    let longestDueMs = Number.NEGATIVE_INFINITY;
    for (const [mirror, dueAtMs] of this.#dueAtMs) {
      const dueMs = now - dueAtMs;
      const idleSinceMs = this.#queue.idleSinceMs(mirror.id);
      if (dueMs < 0 || idleSinceMs === undefined || dueMs <= longestDueMs) continue;
      if (now - idleSinceMs < idleMs && dueMs < patienceMs) continue;
      next = mirror;
      longestDueMs = dueMs;
    }
    return next;
  }

  /** Never rejects. */
  async #tend(mirror: Maintained): Promise<void> {
    const { id: repoId } = mirror;
    const startedAtMs = this.#clock.now();
    let result: Pick<UpkeepEnded, "report" | "error"> | undefined;
    try {
      const report = await mirror.maintain({ signal: this.#closing.signal });
      if (report) result = { report };
    } catch (error) {
      result = { error };
    }
    if (!this.#dueAtMs.has(mirror)) return;
    const now = this.#clock.now();
    const isDone = result !== undefined && !result.report?.wasEnded;
    this.#dueAtMs.set(mirror, now + (isDone ? this.#times.everyMs : this.#times.againAfterMs));
    if (!result || this.#closing.signal.aborted) return;
    const { report } = result;
    if (!report || report.steps.length > 0 || report.wasEnded) {
      this.#onEnded({ repoId, durationMs: Math.round(now - startedAtMs), ...result });
    }
    const isServed = this.#queue.idleSinceMs(repoId) !== undefined;
    if (report?.isDamaged && isServed) this.#queue.request(repoId, { trigger: "interval" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelWake();
    await this.#work;
  }
}
