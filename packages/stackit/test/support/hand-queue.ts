import type { SyncQueueOptions } from "../../src/sync/queue-options.ts";
import { SyncQueue } from "../../src/sync/sync-queue.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "../../src/sync/sync-target.ts";
import { ManualClock, settlePromises } from "./manual-clock.ts";

const UNCHANGED: SyncResult = {
  outcome: "unchanged",
  generation: 1,
  refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
  stacks: { created: [], changed: [], removed: [] },
  phases: { fetchMs: 0, readMs: 1, deriveMs: 2 },
};

/** A repository whose runs the test ends by hand. */
export class HandTarget implements SyncTarget {
  readonly repoId: string;
  readonly storeKey: string;
  readonly host?: string;
  readonly works: SyncWork[] = [];
  ignoresAbort = false;
  #end = Promise.withResolvers<SyncResult>();

  constructor(repoId: string, host?: string) {
    this.repoId = repoId;
    this.storeKey = `key of ${repoId}`;
    if (host !== undefined) this.host = host;
  }

  sync(work: SyncWork): Promise<SyncResult> {
    this.works.push(work);
    const end = Promise.withResolvers<SyncResult>();
    this.#end = end;
    work.signal.addEventListener("abort", () => {
      if (!this.ignoresAbort) end.reject(work.signal.reason);
    });
    return end.promise;
  }

  /** Ends the run at work and lets everybody hear of it. */
  async succeed(result: Partial<SyncResult> = {}): Promise<void> {
    this.#end.resolve({ ...UNCHANGED, ...result });
    await settlePromises();
  }

  async fail(error: unknown): Promise<void> {
    this.#end.reject(error);
    await settlePromises();
  }
}

/** A queue on a clock moved by hand, and repositories in it whose runs end as the test says. */
export function handQueue(options: Partial<SyncQueueOptions> = {}) {
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const queue = new SyncQueue({
    clock,
    random: () => 0.5,
    onError: (error) => errors.push(error),
    ...options,
  });
  const add = (repoId: string, host?: string) => {
    const target = new HandTarget(repoId, host);
    const registration = queue.register(target, {
      kind: "mirror",
      cadence: () => ({ expectedMaxAgeSec: 600 }),
    });
    return Object.assign(target, { registration });
  };
  return { clock, queue, errors, add };
}

export const unreachable = () =>
  new SyncFailure("sync/unreadable", "The folder is gone.", { retryable: true });

/** Two commits. */
export const [OLD, NEW] = ["a".repeat(40), "b".repeat(40)] as const;
