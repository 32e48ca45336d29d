/** What a memory can make forget. */
export interface Remembered {
  /** Commits that it holds in memory now. */
  readonly size: number;
  /** It learns again what it is asked for. */
  forget(): void;
}

/** A commit with its parents takes about 300 bytes. */
const MAX_COMMITS = 500_000;

/** How much the trunks of all repositories that nobody looks at hold together: those that were looked at longest ago give way. */
export class TrunkMemory {
  readonly #maxCommits: number;
  /** With the sizes that they had, oldest first. */
  readonly #idle = new Map<Remembered, number>();
  #commits = 0;

  constructor(maxCommits = MAX_COMMITS) {
    this.#maxCommits = maxCommits;
  }

  /** Until the disposal it forgets nothing. Not twice at once for the same. */
  use(trunk: Remembered): Disposable {
    this.#commits -= this.#idle.get(trunk) ?? 0;
    this.#idle.delete(trunk);
    return { [Symbol.dispose]: () => this.#leave(trunk) };
  }

  #leave(trunk: Remembered): void {
    this.#idle.set(trunk, trunk.size);
    this.#commits += trunk.size;
    for (const [oldest, size] of this.#idle) {
      if (this.#commits <= this.#maxCommits) return;
      this.#idle.delete(oldest);
      this.#commits -= size;
      oldest.forget();
    }
  }
}
