/**
 * One clock for all ages on the page: a tick each second while somebody listens and the page is seen. `now` is the
 * server's time, as far as it is known.
 */
export class Ticker {
  readonly #listeners = new Set<() => void>();
  readonly #offsetMs: () => number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(offsetMs: () => number) {
    this.#offsetMs = offsetMs;
  }

  /** A clock that differs by less than two seconds is right enough, and answers cannot come from the future. */
  readonly now = (): number => {
    const offset = this.#offsetMs();
    return Date.now() + (Math.abs(offset) > 2000 ? offset : 0);
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      document.addEventListener("visibilitychange", this.#resume);
      this.#resume();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.#resume);
      this.#pause();
    };
  };

  readonly #tick = (): void => {
    for (const listener of [...this.#listeners]) listener();
  };

  readonly #resume = (): void => {
    this.#pause();
    if (document.hidden) return;
    this.#timer = setInterval(this.#tick, 1000);
    this.#tick();
  };

  #pause(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
