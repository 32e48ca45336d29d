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

  /** Resolves once it is granted; what it gives ends it, however often it is disposed. */
  ask(): Promise<Disposable> {
    const asked = Promise.withResolvers<Disposable>();
    this.#waiting.push(asked);
    return asked.promise;
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
