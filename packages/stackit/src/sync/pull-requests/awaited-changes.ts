import type { Clock } from "../../lib/clock.ts";

const SOONEST_MS = 1_000;
const LATEST_MS = 120_000;
/** A copy that is behind for longer will not come to know of it. */
const LIMIT_MS = 600_000;

interface Awaited {
  readonly updatedAtMs: number;
  readonly sinceMs: number;
  /** Infinite once nobody waits for it any more. */
  dueAtMs: number;
}

/**
 * Changes of pull requests that a forge told of, and did not show yet when it was asked for them: it answers from copies of itself, and
 * one may be behind. Each is waited for until it is seen or a limit is reached, with longer and longer pauses.
 */
export class AwaitedChanges {
  readonly #clock: Pick<Clock, "now">;
  readonly #byNumber = new Map<number, Awaited>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** The forge says that this one was changed then, in epoch milliseconds. What was given up is not waited for anew. */
  announce(number: number, updatedAtMs: number): void {
    if (updatedAtMs <= (this.#byNumber.get(number)?.updatedAtMs ?? Number.NEGATIVE_INFINITY)) return;
    const sinceMs = this.#clock.now();
    this.#byNumber.set(number, { updatedAtMs, sinceMs, dueAtMs: sinceMs + SOONEST_MS });
  }

  get numbers(): number[] {
    return this.#waiting.map(([number]) => number);
  }

  /** When to ask next, on the clock that decides; infinite when nothing is waited for. */
  get dueAtMs(): number {
    return Math.min(...this.#waiting.map(([, { dueAtMs }]) => dueAtMs));
  }

  has(number: number): boolean {
    return (this.#byNumber.get(number)?.dueAtMs ?? Number.POSITIVE_INFINITY) < Number.POSITIVE_INFINITY;
  }

  /** To be called when all were asked for. `knownAtMs`: of which time each is known; undefined for what is not. */
  asked(knownAtMs: (number: number) => number | undefined): void {
    const now = this.#clock.now();
    for (const [number, awaited] of this.#byNumber) {
      const waitedMs = now - awaited.sinceMs;
      if ((knownAtMs(number) ?? Number.NEGATIVE_INFINITY) >= awaited.updatedAtMs)
        this.#byNumber.delete(number);
      else if (waitedMs >= LIMIT_MS) awaited.dueAtMs = Number.POSITIVE_INFINITY;
      else awaited.dueAtMs = now + Math.min(Math.max(waitedMs, SOONEST_MS), LATEST_MS);
    }
  }

  get #waiting(): [number, Awaited][] {
    return [...this.#byNumber].filter(([, { dueAtMs }]) => dueAtMs < Number.POSITIVE_INFINITY);
  }
}
