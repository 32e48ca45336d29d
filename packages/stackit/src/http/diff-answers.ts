import { Problem } from "../contract/problem-error.ts";
import type { BranchDiff } from "../contract/view.ts";
import type { Clock } from "../lib/clock.ts";
import { orAborted } from "../lib/or-aborted.ts";
import { RecentlyUsed } from "../lib/recently-used.ts";
import { Turns } from "../lib/turns.ts";
import type { ServedRepo } from "../repos/served-repo.ts";
import { type AnswerBytes, JsonBytes } from "./json-answer.ts";

/** The commits must be such as the one who asks may see: who that is, is not asked here. */
export interface AskedDiff {
  readonly repo: ServedRepo;
  /** The same for whatever has the same answer in this repository, and for nothing else. */
  readonly key: string;
  /** @throws {Problem} */
  read(signal: AbortSignal): Promise<AnswerBytes>;
}

/** What changed between two commits. */
export function askedDiff(
  repo: ServedRepo,
  branch: string,
  range: { readonly base: string; readonly head: string },
  ignoreWhitespace: boolean,
): AskedDiff {
  const { base: baseRevision, head: headRevision } = range;
  return {
    repo,
    key: ["diff", baseRevision, headRevision, ignoreWhitespace, branch].join(" "),
    async read(signal) {
      const diff = await repo.diff(range, { ignoreWhitespace, signal });
      return new JsonBytes({ branch, baseRevision, headRevision, ...diff } satisfies BranchDiff);
    },
  };
}

export interface DiffAnswersOptions {
  readonly limits: { diffs: number; diffWaitMs: number; diffBytes: number };
  readonly clock: Clock;
  /** Aborts when the server begins to stop. */
  readonly closing: AbortSignal;
}

interface Making {
  readonly answer: Promise<AnswerBytes>;
  readonly abandon: AbortController;
  waiting: number;
}

/**
 * Answers with diffs, as bytes. A diff of two commits never changes, so what is kept is never wrong.
 * - All who ask for the same at once share one process, which ends when none of them waits any more.
 * - So many processes run at once, for all clients together, however many ask.
 */
export class DiffAnswers {
  readonly #options: DiffAnswersOptions;
  readonly #kept: RecentlyUsed<AnswerBytes>;
  readonly #making = new Map<string, Making>();
  readonly #turns: Turns;
  readonly #repoNumbers = new WeakMap<ServedRepo, number>();
  #repos = 0;

  constructor(options: DiffAnswersOptions) {
    this.#options = options;
    this.#kept = new RecentlyUsed(options.limits.diffBytes);
    this.#turns = new Turns(options.limits.diffs);
  }

  /** What is in memory. */
  find(asked: AskedDiff): AnswerBytes | undefined {
    return this.#kept.get(this.#keyOf(asked));
  }

  /**
   * Made now. Rejects when `signal` aborts, which does not disturb others who wait for the same. `onBusy` is called before it throws
   * that the server is busy.
   * @throws {Problem} `server/busy`, and what reading throws
   */
  async make(asked: AskedDiff, signal: AbortSignal, onBusy: () => void): Promise<AnswerBytes> {
    const key = this.#keyOf(asked);
    const making = this.#making.get(key) ?? this.#begin(key, asked);
    making.waiting++;
    try {
      return await orAborted(making.answer, signal);
    } catch (error) {
      if (error instanceof Problem && error.code === "server/busy") onBusy();
      throw error;
    } finally {
      making.waiting--;
      if (making.waiting === 0) this.#end(key, making);
    }
  }

  #begin(key: string, asked: AskedDiff): Making {
    const abandon = new AbortController();
    const making = { answer: this.#read(key, asked, abandon.signal), abandon, waiting: 0 };
    making.answer.catch(() => {});
    this.#making.set(key, making);
    return making;
  }

  /** Who comes after it was abandoned begins anew. */
  #end(key: string, making: Making): void {
    making.abandon.abort();
    if (this.#making.get(key) === making) this.#making.delete(key);
  }

  async #read(key: string, asked: AskedDiff, abandoned: AbortSignal): Promise<AnswerBytes> {
    const signal = AbortSignal.any([abandoned, this.#options.closing]);
    using _turn = await this.#turn(signal);
    const bytes = await asked.read(signal);
    const gzipped = bytes.isWorthGzip ? (await bytes.gzipped()).length : 0;
    this.#kept.set(key, bytes, bytes.plain.length + gzipped);
    return bytes;
  }

  async #turn(signal: AbortSignal): Promise<Disposable> {
    const { clock, limits } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(limits.diffWaitMs, () => late.abort());
    try {
      return await this.#turns.begin().next(AbortSignal.any([signal, late.signal]));
    } catch {
      const detail = `At most ${limits.diffs} diffs are made at once, and all of them took too long.`;
      throw new Problem("server/busy", detail);
    } finally {
      cancel();
    }
  }

  /** A repository that was removed and added again is another one. */
  #keyOf({ repo, key }: AskedDiff): string {
    const number = this.#repoNumbers.get(repo) ?? ++this.#repos;
    this.#repoNumbers.set(repo, number);
    return `${number} ${key}`;
  }
}
