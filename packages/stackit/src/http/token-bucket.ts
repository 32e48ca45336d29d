import type { Clock } from "../lib/clock.ts";

/** Clients that are kept at most; the one that was quiet longest is forgotten, which only makes it free again. */
const MAX_CLIENTS = 10_000;

/**
 * Lets each client through `perSec` times a second on average and `burst` times at once. A window that starts anew
 * every second would let twice the limit through around each boundary, and could not tell a burst from a flood.
 */
export class TokenBuckets {
  readonly #perSec: number;
  readonly #burst: number;
  readonly #clock: Pick<Clock, "now">;
  /** In the order of last use. */
  readonly #clients = new Map<string, { tokens: number; atMs: number }>();

  constructor({ perSec, burst }: { perSec: number; burst: number }, clock: Pick<Clock, "now">) {
    this.#perSec = perSec;
    this.#burst = burst;
    this.#clock = clock;
  }

  /** Takes one token. Returns 0, or the seconds (above 0) after which there is one again. */
  take(client: string): number {
    const nowMs = this.#clock.now();
    const before = this.#clients.get(client);
    const filled = before ? before.tokens + ((nowMs - before.atMs) / 1000) * this.#perSec : this.#burst;
    const tokens = Math.min(this.#burst, filled);
    const passes = tokens >= 1;
    this.#clients.delete(client);
    this.#clients.set(client, { tokens: passes ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#clients.size > MAX_CLIENTS) this.#forgetQuietest();
    return passes ? 0 : (1 - tokens) / this.#perSec;
  }

  get size(): number {
    return this.#clients.size;
  }

  #forgetQuietest(): void {
    const [quietest] = this.#clients.keys();
    if (quietest !== undefined) this.#clients.delete(quietest);
  }
}
