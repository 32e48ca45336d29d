import { type Clock, systemClock } from "../lib/clock.ts";
import { FollowUp } from "../lib/follow-up.ts";
import type { Turns } from "../lib/turns.ts";
import type { Mirror } from "../repos/mirror.ts";

/** What is published within this time is kept once. Whoever is killed before reads the repository at the next start. */
const AFTER_MS = 30_000;

/** What it needs of a mirror. */
export type KeepsSnapshot = Pick<Mirror, "onPublished" | "keepSnapshot">;

/**
 * Lets mirrors keep their snapshots for the next process, one after the other and only in turns when nothing else is at work: a while after
 * something was published. One timer for all, and none where nothing is new. Disposal keeps nothing more: mirrors do that when they go.
 */
export class SnapshotKeeper implements AsyncDisposable {
  readonly #turns: Turns;
  readonly #clock: Clock;
  readonly #changed = new Set<KeepsSnapshot>();
  readonly #keeping = new FollowUp((signal) => this.#keepAll(signal));
  #cancel: (() => void) | undefined;

  constructor(turns: Turns, clock: Clock = systemClock) {
    this.#turns = turns;
    this.#clock = clock;
  }

  follow(mirror: KeepsSnapshot): Disposable {
    const stop = mirror.onPublished(() => {
      this.#changed.add(mirror);
      this.#cancel ??= this.#clock.after(AFTER_MS, () => {
        this.#cancel = undefined;
        this.#keeping.ask();
      });
    });
    return {
      [Symbol.dispose]: () => {
        stop();
        this.#changed.delete(mirror);
      },
    };
  }

  async #keepAll(signal: AbortSignal): Promise<void> {
    const steps = this.#turns.begin();
    for (const mirror of [...this.#changed]) {
      using _turn = await steps.next(signal);
      // It may have gone meanwhile.
      if (this.#changed.delete(mirror)) await mirror.keepSnapshot();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel?.();
    this.#changed.clear();
    await this.#keeping[Symbol.asyncDispose]();
  }
}
