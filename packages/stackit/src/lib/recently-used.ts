/** Values for which there is room; those that were not used for longest make room for new ones. */
export class RecentlyUsed<T> {
  readonly #maxBytes: number;
  /** In the order of last use. */
  readonly #kept = new Map<string, { readonly value: T; readonly bytes: number }>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (!found) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found.value;
  }

  /** Keeps nothing that is larger than the room for all. */
  set(key: string, value: T, bytes: number): void {
    this.#forget(key);
    if (bytes > this.#maxBytes) return;
    this.#kept.set(key, { value, bytes });
    this.#heldBytes += bytes;
    for (const eldest of this.#kept.keys()) {
      if (this.#heldBytes <= this.#maxBytes) break;
      this.#forget(eldest);
    }
  }

  #forget(key: string): void {
    this.#heldBytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}
