import type { BranchChanges } from "../../api/share-view.ts";

export interface Change {
  kind: "created" | "updated";
  at: number;
}

/** How long a row says that it was just updated; its tint is gone earlier. */
const REMEMBER_MS = 10_000;

/** Which branches changed a moment ago, each with its own listeners, so that one change draws one row. */
export class Changes {
  readonly #changes = new Map<string, Change>();
  readonly #listeners = new Map<string, Set<() => void>>();

  note({ created, updated }: BranchChanges): void {
    const at = Date.now();
    for (const name of created) this.#set(name, { kind: "created", at });
    for (const name of updated) this.#set(name, { kind: "updated", at });
  }

  get(name: string): Change | undefined {
    return this.#changes.get(name);
  }

  subscribe(name: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(name);
    };
  }

  #set(name: string, change: Change): void {
    this.#changes.set(name, change);
    this.#tell(name);
    setTimeout(() => {
      if (this.#changes.get(name) !== change) return;
      this.#changes.delete(name);
      this.#tell(name);
    }, REMEMBER_MS);
  }

  #tell(name: string): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener();
  }
}
