/** Upkeep that was ended this often in a row is let finish, for as long as a fetch may wait for it. */
const PATIENCE = 3;
const MAX_WAIT_MS = 30_000;

/**
 * Either a fetch or upkeep changes a mirror's files, never both. A fetch goes first: upkeep at work is ended for it, and is over when the
 * fetch gets its turn.
 */
export class WriteTurns {
  readonly #maxWaitMs: number;
  #upkeep: { readonly aborter: AbortController; readonly ended: Promise<unknown> } | undefined;
  #isFetching = false;
  #endedInARow = 0;

  constructor(maxWaitMs = MAX_WAIT_MS) {
    this.#maxWaitMs = maxWaitMs;
  }

  /** Until what is returned is disposed, upkeep is refused. Not for two at once. Waits at most a moment, or 30 s now and then. */
  async forFetch(signal: AbortSignal): Promise<Disposable> {
    this.#isFetching = true;
    const upkeep = this.#upkeep;
    if (upkeep) {
      if (this.#endedInARow >= PATIENCE) await patiently(upkeep.ended, this.#maxWaitMs, signal);
      upkeep.aborter.abort();
      await upkeep.ended;
    }
    return {
      [Symbol.dispose]: () => {
        this.#isFetching = false;
      },
    };
  }

  /** Undefined when it is not upkeep's turn. `work` must settle soon after its signal aborts, and leave nothing behind then. */
  async forUpkeep<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    if (this.#isFetching || this.#upkeep || signal.aborted) return undefined;
    const aborter = new AbortController();
    const working = work(AbortSignal.any([signal, aborter.signal]));
    this.#upkeep = { aborter, ended: working.catch(() => {}) };
    try {
      return await working;
    } finally {
      this.#endedInARow = aborter.signal.aborted ? this.#endedInARow + 1 : 0;
      this.#upkeep = undefined;
    }
  }
}

/** Settles with `promise`, after `ms`, or when the signal aborts; never rejects. */
async function patiently(promise: Promise<unknown>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = (): void => resolve();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) resolve();
  await Promise.race([promise, over]);
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
