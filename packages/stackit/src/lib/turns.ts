import { type Clock, systemClock } from "./clock.ts";

/** Whether nothing is at work that goes first. */
export interface Quiet {
  readonly isQuiet: boolean;
  /** The listener hears at least each time that it has become quiet. Returns the way to stop listening. */
  onQuiet(listener: () => void): () => void;
}

/** One piece of work that gives way between its steps. */
export interface Steps {
  /** Settles when it is one's turn, which ends with the disposal. Rejects with the reason of the signal when that aborts before. */
  next(signal: AbortSignal): Promise<Disposable>;
}

interface Place {
  /** From then on it begins whatever else is at work. */
  readonly atMs: number;
  readonly begin: () => void;
}

const ALWAYS_QUIET: Quiet = { isQuiet: true, onQuiet: () => () => {} };

/**
 * So many steps at once, first come, first served, and none while it is not quiet, but for those of work that began `maxWaitMs` ago: what
 * is never quiet makes it late, not impossible.
 */
export class Turns {
  readonly #quiet: Quiet;
  readonly #maxWaitMs: number;
  readonly #clock: Clock;
  readonly #waiting: Place[] = [];
  #free: number;
  #stopListening: () => void = () => {};

  constructor(
    atOnce: number,
    { quiet, maxWaitMs, clock = systemClock }: { quiet: Quiet; maxWaitMs: number; clock?: Clock } = {
      quiet: ALWAYS_QUIET,
      maxWaitMs: 0,
    },
  ) {
    this.#free = atOnce;
    this.#quiet = quiet;
    this.#maxWaitMs = maxWaitMs;
    this.#clock = clock;
  }

  /** The work begins now: how long it may have to wait for quiet counts for all of its steps together. */
  begin(): Steps {
    const atMs = this.#clock.now() + this.#maxWaitMs;
    return { next: (signal) => this.#take(atMs, signal) };
  }

  async #take(atMs: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    await this.#wait(atMs, signal);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#free++;
        this.#advance();
      },
    };
  }

  #wait(atMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((begin, leave) => {
      const place = {
        atMs,
        begin: () => {
          signal.removeEventListener("abort", onAbort);
          begin();
        },
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        leave(signal.reason);
        this.#advance();
      };
      this.#waiting.push(place);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#advance();
    });
  }

  /** Begins what may begin now. What ends its turn, or goes, calls this again; for what only waits for quiet it listens. */
  #advance(): void {
    this.#stopListening();
    this.#stopListening = () => {};
    while (this.#free > 0 && this.#waiting.length > 0) {
      const now = this.#clock.now();
      const next = this.#quiet.isQuiet ? 0 : this.#waiting.findIndex(({ atMs }) => atMs <= now);
      if (next < 0) {
        this.#listen(now);
        return;
      }
      this.#free--;
      for (const { begin } of this.#waiting.splice(next, 1)) begin();
    }
  }

  #listen(now: number): void {
    // Those who wait for what has just ended come first.
    const stop = this.#quiet.onQuiet(() => setImmediate(() => this.#advance()));
    const atMs = Math.min(...this.#waiting.map((place) => place.atMs));
    const cancel = this.#clock.after(atMs - now, () => this.#advance());
    this.#stopListening = () => {
      stop();
      cancel();
    };
  }
}
