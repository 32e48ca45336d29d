/** Work that is no run and wants a repository for itself, such as a submit: one at a time, in the order in which it was asked for. */
export class Reservations {
  readonly #waiting: PromiseWithResolvers<Disposable>[] = [];
  #current: Promise<void> | undefined;

  /** Somebody has the repository. */
  get isTaken(): boolean {
    return this.#current !== undefined;
  }

  /** Somebody has it, or waits for it. */
  get isWanted(): boolean {
    return this.isTaken || this.#waiting.length > 0;
  }

  /**
   * Resolves once it is granted; what it gives ends it, however often it is disposed. Rejects with the signal's reason when that aborts
   * before: then it is not wanted any more. Of what was granted the signal ends nothing.
   */
  async ask(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    const asked = Promise.withResolvers<Disposable>();
    const giveUp = () => {
      const at = this.#waiting.indexOf(asked);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      asked.reject(signal.reason);
    };
    this.#waiting.push(asked);
    signal.addEventListener("abort", giveUp);
    try {
      return await asked.promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** To the next that waits. Only while nobody and no run has the repository. */
  grant(onReleased: () => void): void {
    const next = this.#waiting.shift();
    if (!next) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const current = promise.then(() => {
      if (this.#current === current) this.#current = undefined;
      onReleased();
    });
    this.#current = current;
    next.resolve({ [Symbol.dispose]: resolve });
  }

  /** Those that wait get that error. */
  refuse(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Settles when nobody has it. */
  async released(): Promise<void> {
    await this.#current;
  }
}
