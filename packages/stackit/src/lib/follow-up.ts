import { setImmediate } from "node:timers/promises";

/**
 * Work that follows what happens: one run at a time, and one more for all that happened while it ran. One that fails is not repeated
 * by itself: what happens next begins another. Disposal aborts what runs, and waits.
 */
export class FollowUp implements AsyncDisposable {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  readonly #closing = new AbortController();
  #isAsked = false;
  #running: Promise<void> | undefined;

  constructor(run: (signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  /** A run begins after this, once those who wait had their turn. */
  ask(): void {
    this.#isAsked = true;
    this.#running ??= this.#runAll();
  }

  /** Settles when nothing runs and nobody has asked. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runAll(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#isAsked && !signal.aborted) {
      this.#isAsked = false;
      await setImmediate();
      if (!signal.aborted) await this.#run(signal).catch(() => {});
    }
    this.#running = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}
