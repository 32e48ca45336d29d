import type { WebhookSign } from "../../contract/repo.ts";

/** Names of events are shorter. */
const LONGEST_EVENT = 64;

/** What was delivered last for each repository since the start: the sign that its webhook reaches this server. */
export class WebhookSigns {
  readonly #last = new Map<string, WebhookSign>();
  readonly #tell: (repoId: string, sign: WebhookSign) => void;
  readonly #wallNow: () => number;

  /** `tell` hears of each ping, and of the first of anything else: what more there is makes itself known by what it brings. */
  constructor(tell: (repoId: string, sign: WebhookSign) => void, wallNow: () => number = Date.now) {
    this.#tell = tell;
    this.#wallNow = wallNow;
  }

  of(repoId: string): WebhookSign | undefined {
    return this.#last.get(repoId);
  }

  heard(repoId: string, event: string): void {
    const isNews = event === "ping" || !this.#last.has(repoId);
    const sign = { event: event.slice(0, LONGEST_EVENT), at: new Date(this.#wallNow()).toISOString() };
    this.#last.set(repoId, sign);
    if (isNews) this.#tell(repoId, sign);
  }

  forget(repoId: string): void {
    this.#last.delete(repoId);
  }
}
