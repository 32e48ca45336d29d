import { type Change, patchIds } from "../git/patch-ids.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";

/** Keeps patch ids across restarts. One follows from the commits alone, so it is never wrong, only forgotten. */
export interface PatchIdStore {
  /** Keys as `changeKey` makes them. An empty patch is an empty text. */
  getMany(keys: readonly string[]): Promise<Map<string, string>>;
  putMany(patches: ReadonlyMap<string, string>): Promise<void>;
}

const TIMEOUT_MS = 600_000;

export const changeKey = ({ head, base }: Change): string => (base === undefined ? head : `${base} ${head}`);

/** Patch ids of changes: each is made once, as far as the store remembers. */
export class PatchMemo {
  readonly #git: ReadOnlyGit;
  readonly #store: PatchIdStore | undefined;

  constructor(git: ReadOnlyGit, store: PatchIdStore | undefined) {
    this.#git = git;
    this.#store = store;
  }

  /**
   * By `changeKey`; an empty patch is an empty text. Absent when it cannot be told, since objects are missing or damaged. One pair of
   * processes for all that nobody has made yet, none when there are none. @throws {GitError}
   */
  async read(changes: readonly Change[], signal: AbortSignal): Promise<Map<string, string>> {
    const patches = (await this.#store?.getMany(changes.map(changeKey))) ?? new Map<string, string>();
    const unknown = changes.filter((change) => !patches.has(changeKey(change)));
    if (unknown.length === 0) return patches;
    const ids = await patchIds(this.#git, unknown, { signal, timeoutMs: TIMEOUT_MS });
    const made = new Map<string, string>();
    for (const [index, change] of unknown.entries()) {
      const id = ids[index];
      if (id !== undefined) made.set(changeKey(change), id);
    }
    await this.#store?.putMany(made);
    for (const [key, patch] of made) patches.set(key, patch);
    return patches;
  }
}
