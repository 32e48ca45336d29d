import { Problem } from "../contract/problem-error.ts";
import type { Clock } from "../lib/clock.ts";

const KEEP_MS = 10 * 60_000;
const MAX_KEPT = 1000;
const MAX_KEY_LENGTH = 255;

interface Kept<T> {
  readonly value: T;
  readonly content: string;
  readonly untilMs: number;
}

/** Remembers for ten minutes what was begun under a key, at most 1,000 keys; the oldest is forgotten first. */
export class IdempotentRequests<T> {
  readonly #clock: Pick<Clock, "now">;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /**
   * What `begin` gave when the key in `header` first came in `scope`; begins it when the key is new or absent. A promise that rejects is forgotten.
   * @throws {Problem} `request/invalid` for a key that is empty, too long, or was used with other content.
   */
  once(scope: string, header: string | string[] | undefined, content: string, begin: () => T): T {
    const [key] = [header ?? []].flat();
    if (key === undefined) return begin();
    if (key === "" || key.length > MAX_KEY_LENGTH) {
      throw new Problem("request/invalid", `Idempotency-Key must have 1 to ${MAX_KEY_LENGTH} characters.`);
    }
    this.#forgetExpired();
    const name = `${scope}\0${key}`;
    const kept = this.#kept.get(name);
    if (kept && kept.content !== content) {
      throw new Problem("request/invalid", "This Idempotency-Key was used before with another body.");
    }
    if (kept) return kept.value;
    const value = begin();
    this.#kept.set(name, { value, content, untilMs: this.#clock.now() + KEEP_MS });
    if (value instanceof Promise) value.catch(() => this.#forget(name, value));
    return value;
  }

  #forget(name: string, value: T): void {
    if (this.#kept.get(name)?.value === value) this.#kept.delete(name);
  }

  #forgetExpired(): void {
    const nowMs = this.#clock.now();
    for (const [name, { untilMs }] of this.#kept) {
      if (untilMs > nowMs && this.#kept.size < MAX_KEPT) return;
      this.#kept.delete(name);
    }
  }
}
