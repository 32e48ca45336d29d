import { Problem } from "../../contract/problem-error.ts";
import type { SyncRun } from "../../contract/sync-run.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { SyncQueue } from "../sync-queue.ts";

export interface FollowUpOptions {
  /** The queue's. */
  readonly clock?: Clock;
  /** From the end of the run that answered the push to each look, in order. */
  readonly afterMs?: readonly number[];
}

/** Tools push a branch first and what they know of it right after; this is how long that takes, and how long at worst. */
const AFTER_MS = [2_000, 10_000];

/** What follows one push, the last of its repository. */
interface Series {
  /** The run that answers the push; after it failed, whichever succeeds. */
  awaits: { readonly runId: string } | "success" | "nothing";
  /** Whose push it follows. */
  pushedBy: readonly string[];
  cancelTimer: () => void;
}

/**
 * Looks again a little after a push, for refs that are pushed right after branches and of which the forge sends no word.
 * At most one series for each repository: a further push starts it anew, so steady pushes add no looks. A run that finds
 * such refs ends it; one that fails puts it off until one succeeds. A look asks as `webhook`, because it follows from one.
 */
export class FollowUpLooks implements Disposable {
  readonly #queue: Pick<SyncQueue, "request" | "observe">;
  readonly #clock: Clock;
  readonly #afterMs: readonly number[];
  readonly #series = new Map<string, Series>();
  readonly #stopObserving: () => void;

  constructor(
    queue: Pick<SyncQueue, "request" | "observe">,
    { clock = systemClock, afterMs = AFTER_MS }: FollowUpOptions = {},
  ) {
    this.#queue = queue;
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#stopObserving = queue.observe(({ run }) => this.#heed(run));
  }

  /** To be called when branches were pushed, with the run that will answer that. */
  pushed(repoId: string, runId: string): void {
    this.#end(repoId);
    this.#series.set(repoId, { awaits: { runId }, pushedBy: [], cancelTimer: () => {} });
  }

  #heed(run: Readonly<SyncRun>): void {
    const series = this.#series.get(run.repoId);
    if (run.state !== "finished" || !series) return;
    const { awaits } = series;
    const isAnswer = typeof awaits === "object" && awaits.runId === run.id;
    if (run.outcome === "failed") {
      if (isAnswer || awaits === "nothing") {
        series.cancelTimer();
        series.awaits = "success";
      }
    } else if (isAnswer || awaits === "success") {
      series.awaits = "nothing";
      series.pushedBy = run.pushedBy ?? [];
      this.#lookAfter(run.repoId, series, 0, this.#clock.now());
    } else if (awaits === "nothing" && foundStackitRefs(run)) {
      this.#end(run.repoId);
    }
  }

  #lookAfter(repoId: string, series: Series, index: number, runEndedAtMs: number): void {
    const afterMs = this.#afterMs[index];
    if (afterMs === undefined) {
      this.#series.delete(repoId);
      return;
    }
    series.cancelTimer = this.#clock.after(runEndedAtMs + afterMs - this.#clock.now(), () => {
      this.#look(repoId, series.pushedBy);
      if (this.#series.get(repoId) === series) this.#lookAfter(repoId, series, index + 1, runEndedAtMs);
    });
  }

  #look(repoId: string, pushedBy: readonly string[]): void {
    try {
      this.#queue.request(repoId, { trigger: "webhook", pushedBy });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#end(repoId);
    }
  }

  #end(repoId: string): void {
    this.#series.get(repoId)?.cancelTimer();
    this.#series.delete(repoId);
  }

  [Symbol.dispose](): void {
    this.#stopObserving();
    for (const repoId of [...this.#series.keys()]) this.#end(repoId);
  }
}

function foundStackitRefs({ refs }: SyncRun): boolean {
  return refs.changes.some(({ ref }) => ref.startsWith("refs/stackit/"));
}
