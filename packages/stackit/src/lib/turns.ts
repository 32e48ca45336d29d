/** So many at once; others wait, first come, first served. */
export class Turns {
  #free: number;
  readonly #waiting: { readonly begin: () => void }[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Settles when it is one's turn, which ends with the disposal. Rejects with the reason of the signal when that aborts before. */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const next = this.#waiting.shift();
        if (next) next.begin();
        else this.#free++;
      },
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((begin, leave) => {
      const place = {
        begin: () => {
          signal.removeEventListener("abort", onAbort);
          begin();
        },
      };
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1);
        leave(signal.reason);
      };
      this.#waiting.push(place);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
