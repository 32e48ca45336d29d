import type { KnownNames, NamedRepo } from "./recognize.ts";

type Names = Pick<KnownNames, "fullName" | "formerNames" | "forgeRepoId">;
/** A number, or a name in lower case: forges compare names without regard to case. */
type Key = string | number;

/** Finds what a message may be about without a look at all that there is. Whether it is, `recognize` decides. */
export class NameIndex<T> {
  readonly #byKey = new Map<Key, Set<T>>();
  readonly #keys = new Map<T, ReadonlySet<Key>>();

  /** Takes the place of what was known of it before. */
  set(entry: T, { fullName, formerNames, forgeRepoId }: Names): void {
    const names = [fullName, ...formerNames].map((name) => name.toLowerCase());
    const keys = new Set<Key>(forgeRepoId === undefined ? names : [forgeRepoId, ...names]);
    for (const key of this.#keys.get(entry) ?? []) if (!keys.has(key)) this.#remove(key, entry);
    for (const key of keys) this.#add(key, entry);
    this.#keys.set(entry, keys);
  }

  delete(entry: T): void {
    for (const key of this.#keys.get(entry) ?? []) this.#remove(key, entry);
    this.#keys.delete(entry);
  }

  /** Each that is not `another` for the message, wherever its forge is, and maybe more; those with its number first. */
  find({ fullName, forgeRepoId }: NamedRepo): T[] {
    const sameNumber = forgeRepoId === undefined ? undefined : this.#byKey.get(forgeRepoId);
    const sameName = this.#byKey.get(fullName.toLowerCase());
    return [...new Set([...(sameNumber ?? []), ...(sameName ?? [])])];
  }

  #add(key: Key, entry: T): void {
    const those = this.#byKey.get(key);
    if (those) those.add(entry);
    else this.#byKey.set(key, new Set([entry]));
  }

  #remove(key: Key, entry: T): void {
    const those = this.#byKey.get(key);
    those?.delete(entry);
    if (those?.size === 0) this.#byKey.delete(key);
  }
}
