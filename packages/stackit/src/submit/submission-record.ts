import { problems } from "../contract/problems.ts";
import type { Submission, SubmittedBranch } from "../contract/submit.ts";
import { type Failure, failureOf } from "./submit-failure.ts";

/** Who keeps submissions and tells of them. */
export interface SubmissionKeeper {
  /** Settles when it is written down. */
  save(submission: Submission): Promise<void>;
  /** At once, in order. */
  tell(submission: Submission): void;
}

/** A submission while it is carried out: each step is written down and told before the next is taken. */
export class SubmissionRecord {
  readonly #keeper: SubmissionKeeper;
  readonly #now: () => number;
  #submission: Submission;
  #outcome: Partial<Submission> = { outcome: "partial" };

  constructor(submission: Submission, keeper: SubmissionKeeper, now: () => number) {
    this.#submission = submission;
    this.#keeper = keeper;
    this.#now = now;
  }

  get submission(): Submission {
    return this.#submission;
  }

  begin(): Promise<void> {
    return this.#change({ state: "running", startedAt: this.#instant() });
  }

  branch(name: string): SubmittedBranch | undefined {
    return this.#submission.branches.find((one) => one.name === name);
  }

  /** All of these at once. */
  note(names: Iterable<string>, news: Partial<SubmittedBranch>): Promise<void> {
    const noted = new Set(names);
    const branches = this.#submission.branches.map((one) =>
      noted.has(one.name) ? { ...one, ...news } : one,
    );
    return this.#change({ branches });
  }

  fail(names: Iterable<string>, error: unknown): Promise<void> {
    const { retryAtMs: _later, ...told } = failureOf(error, this.#now());
    return this.note(names, { state: "failed", error: told });
  }

  /**
   * What went wrong for all of it, if anything did. `hasChanged`: whether the remote is another than before. It is finished only with `close`,
   * when what came of it can be seen.
   */
  end({ hasChanged, error }: { hasChanged: boolean; error?: Failure | undefined }): void {
    const { branches } = this.#submission;
    // What was asked for last may have been done, although nobody heard of it.
    if (error?.code === "sync/shutting-down") {
      this.#outcome = { outcome: "interrupted", error: withInstant(error) };
      return;
    }
    const isWhole = !error && branches.every(({ state }) => state === "done" || state === "skipped");
    const isPartial = hasChanged || branches.some(({ state }) => state === "done");
    this.#outcome = {
      outcome: isWhole ? "submitted" : isPartial ? "partial" : "failed",
      branches: branches.map((one) =>
        isOpen(one) ? { ...one, state: "failed", error: notReached(error) } : one,
      ),
      ...(error && { error: withInstant(error) }),
    };
  }

  async close(): Promise<void> {
    await this.#change({ ...this.#outcome, state: "finished", finishedAt: this.#instant() });
  }

  async #change(news: Partial<Submission>): Promise<void> {
    this.#submission = { ...this.#submission, ...news };
    await this.#keeper.save(this.#submission);
    this.#keeper.tell(this.#submission);
  }

  #instant(): string {
    return new Date(this.#now()).toISOString();
  }
}

function isOpen({ state }: SubmittedBranch): boolean {
  return state === "waiting" || state === "pushed" || state === "working";
}

function notReached(error: Failure | undefined): NonNullable<SubmittedBranch["error"]> {
  if (error) return { code: error.code, title: error.title, detail: error.detail };
  const { title } = problems["submit/plan-changed"];
  return { code: "submit/plan-changed", title, detail: "The submit ended before this branch." };
}

function withInstant({ retryAtMs, ...error }: Failure): NonNullable<Submission["error"]> {
  return { ...error, ...(retryAtMs !== undefined && { retryAt: new Date(retryAtMs).toISOString() }) };
}
