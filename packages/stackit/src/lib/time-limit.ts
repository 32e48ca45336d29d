/**
 * A signal that aborts after `ms`, unless it is disposed before. Node keeps a signal of `AbortSignal.timeout` until its time is up, however
 * long ago the last one listened to it; of this one nothing stays. Keeps no process alive.
 */
export class TimeLimit implements Disposable {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#timer = setTimeout(() => this.#over.abort(new DOMException("The time is up", "TimeoutError")), ms);
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
