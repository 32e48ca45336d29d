import type { Freshness } from "../contract/repo.ts";
import type { SyncRun } from "../contract/sync-run.ts";

/** A run was queued, started or finished, or came on, with the freshness that follows from it. */
export interface RunChange {
  /** `progress` is soon out of date and not worth keeping; a run may have none or many. */
  readonly what: "state" | "progress";
  readonly storeKey: string;
  readonly run: Readonly<SyncRun>;
  readonly freshness: Freshness;
}

export type RunObserver = (change: RunChange) => unknown;

/** Tells every observer every change, once and in the same order, whatever observers do while they are told. */
export class RunObservers {
  readonly #observers = new Set<RunObserver>();
  readonly #onError: (error: unknown, change: RunChange) => void;
  readonly #untold: RunChange[] = [];
  readonly #atWork = new Set<Promise<void>>();

  constructor(onError: (error: unknown, change: RunChange) => void) {
    this.#onError = onError;
  }

  add(observer: RunObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** A change that comes while another is being told waits its turn. */
  tell(change: RunChange): void {
    const turn = this.#untold.push(change);
    if (turn > 1) return;
    for (const next of this.#untold) {
      for (const observer of this.#observers) this.#tellOne(observer, next);
    }
    this.#untold.length = 0;
  }

  /** Settles when nothing is left of what observers began when they were told. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#atWork);
  }

  #tellOne(observer: RunObserver, change: RunChange): void {
    try {
      const answer = observer(change);
      if (!(answer instanceof Promise)) return;
      const work = answer
        .then(() => {})
        .catch((error: unknown) => this.#onError(error, change))
        .finally(() => this.#atWork.delete(work));
      this.#atWork.add(work);
    } catch (error) {
      this.#onError(error, change);
    }
  }
}
