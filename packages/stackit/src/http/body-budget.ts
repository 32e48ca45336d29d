/** One who holds memory for a body that is still arriving. */
export interface BodyHolder {
  /** Called once it holds nothing any more, since younger ones needed the room. Must not throw. */
  giveWay(): void;
}

/**
 * Bounds what unfinished bodies hold together, by whomever they are sent. Who began first gives way first: a body is only
 * turned away after as much as the budget came for it and for those that began after it. So slow ones never crowd out a quick one.
 */
export class BodyBudget {
  readonly #maxBytes: number;
  /** What each holds, in the order in which they began. */
  readonly #holders = new Map<BodyHolder, number>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Sets what the holder holds. Returns false when that made it give way itself. */
  hold(holder: BodyHolder, bytes: number): boolean {
    this.#heldBytes += bytes - (this.#holders.get(holder) ?? 0);
    this.#holders.set(holder, bytes);
    for (const oldest of this.#holders.keys()) {
      if (this.#heldBytes <= this.#maxBytes) break;
      this.release(oldest);
      oldest.giveWay();
    }
    return this.#holders.has(holder);
  }

  /** Changes nothing for one who holds nothing. */
  release(holder: BodyHolder): void {
    this.#heldBytes -= this.#holders.get(holder) ?? 0;
    this.#holders.delete(holder);
  }
}
