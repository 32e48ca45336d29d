import type { Quiet } from "../../src/lib/turns.ts";
import { settlePromises } from "./manual-clock.ts";

/** Quiet whenever the test says so. */
export class HandQuiet implements Quiet {
  isQuiet: boolean;
  readonly listeners = new Set<() => void>();

  constructor(isQuiet: boolean) {
    this.isQuiet = isQuiet;
  }

  onQuiet(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Settles when those who wait for it had their turn. */
  async become(isQuiet: boolean): Promise<void> {
    this.isQuiet = isQuiet;
    if (isQuiet) for (const listener of this.listeners) listener();
    await settlePromises();
    await settlePromises();
  }
}
