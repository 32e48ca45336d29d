import { type CommitPair, countLines, type LineCount, pairKey } from "../git/diff-tree.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";

/** Keeps counts across restarts. A count follows from the two ids alone, so it is never wrong, only forgotten. */
export interface LineCountStore {
  /** Keys as `pairKey` makes them. */
  getMany(keys: readonly string[]): Promise<Map<string, LineCount>>;
  putMany(counts: ReadonlyMap<string, LineCount>): Promise<void>;
}

/** Beyond this many all is forgotten: what is still shown is kept by who shows it, and the store has the rest. */
const MAX_KNOWN = 200_000;

/** The memo of diff statistics. What git could not count, as in a partial clone, is not asked again until it is forgotten. */
export class LineCounts {
  readonly #git: ReadOnlyGit;
  readonly #store: LineCountStore | undefined;
  readonly #onUnavailable: () => void;
  readonly #known = new Map<string, LineCount | "unavailable">();

  /** `onUnavailable`: objects of a diff are not in the repository. */
  constructor(git: ReadOnlyGit, store: LineCountStore | undefined, onUnavailable = () => {}) {
    this.#git = git;
    this.#store = store;
    this.#onUnavailable = onUnavailable;
  }

  get(pair: CommitPair): LineCount | undefined {
    const known = this.#known.get(pairKey(pair));
    return known === "unavailable" ? undefined : known;
  }

  /** Those that nobody has counted yet, as far as this process knows. */
  missing(pairs: readonly CommitPair[]): CommitPair[] {
    return pairs.filter((pair) => !this.#known.has(pairKey(pair)));
  }

  /** Takes over what an earlier process counted; returns what is still missing. */
  async recall(pairs: readonly CommitPair[]): Promise<CommitPair[]> {
    if (!this.#store || pairs.length === 0) return [...pairs];
    for (const [key, count] of await this.#store.getMany(pairs.map(pairKey))) this.#known.set(key, count);
    return this.missing(pairs);
  }

  /** The objects may have come. */
  forgetUnavailable(): void {
    for (const [key, count] of this.#known) if (count === "unavailable") this.#known.delete(key);
  }

  /** One process. @throws {GitError} */
  async count(pairs: readonly CommitPair[], signal: AbortSignal): Promise<void> {
    if (pairs.length === 0) return;
    const counts = await countLines(this.#git, pairs, { signal, timeoutMs: 600_000 });
    if (this.#known.size > MAX_KNOWN) this.#known.clear();
    for (const pair of pairs) this.#known.set(pairKey(pair), counts.get(pairKey(pair)) ?? "unavailable");
    if (counts.size < pairs.length) this.#onUnavailable();
    await this.#store?.putMany(counts);
  }
}
