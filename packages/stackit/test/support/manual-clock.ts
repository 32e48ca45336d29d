import type { Clock } from "../../src/lib/clock.ts";

const START_WALL_MS = Date.UTC(2026, 0, 1);

/** A clock that a test moves by hand. Timers run in the order of their times, each at its own time. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs = START_WALL_MS;
  /** So far. */
  timersSet = 0;
  readonly #timers = new Set<{ atMs: number; call: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  wallNow(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), call };
    this.#timers.add(timer);
    this.timersSet++;
    return () => this.#timers.delete(timer);
  }

  /** Somebody sets the machine's clock: only `wallNow` jumps. */
  setWallBack(byMs: number): void {
    this.#wallOffsetMs -= byMs;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves on, running what falls due; between two times it lets promises settle. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settlePromises();
    for (let timer = this.#dueBy(untilMs); timer; timer = this.#dueBy(untilMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      timer.call();
      await settlePromises();
    }
    this.#nowMs = untilMs;
  }

  #dueBy(untilMs: number): { atMs: number; call: () => void } | undefined {
    let first: { atMs: number; call: () => void } | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (!first || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Until every promise that can settle without a timer or input has done so. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
