import type { Caller } from "../access/caller.ts";
import { Problem } from "../contract/problem-error.ts";
import { isProblemCode } from "../contract/problems.ts";
import type { PlannedBranch, Submission, SubmitPlan, SubmitRequest } from "../contract/submit.ts";
import type { ExpectedRef } from "../contract/sync-run.ts";
import { ForgeWriteError } from "../forge/forge-write-error.ts";
import { GitError } from "../git/git-error.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { DisposableStack } from "../lib/disposable-stack.ts";
import { orAborted } from "../lib/or-aborted.ts";
import { createRunIds } from "../lib/run-id.ts";
import { traced } from "../lib/tracing.ts";
import type { SyncQueue } from "../sync/sync-queue.ts";
import { carryOut, waitingBranches } from "./carry-out.ts";
import { chooseBranches } from "./choose-branches.ts";
import { OwnRefs } from "./own-refs.ts";
import {
  type Account,
  readStack,
  type StackReader,
  type StackReading,
  type SubmitWishes,
} from "./read-stack.ts";
import { SubmissionRecord } from "./submission-record.ts";
import { failureOf, interruption } from "./submit-failure.ts";
import type { SubmitSource } from "./submit-source.ts";

/** Of a whole submit, from its first step on. */
const SUBMIT_TIMEOUT_MS = 10 * 60_000;
/** Of a plan, from the end of the sync before it on: that has a deadline of its own. */
const PLAN_TIMEOUT_MS = 60_000;

export interface SubmitAsked {
  readonly repoId: string;
  /** The root branch of a stack, or its id. */
  readonly stack: string;
  readonly caller: Caller;
}

export interface SubmitDeskOptions extends StackReader {
  readonly queue: Pick<SyncQueue, "request" | "reserve">;
  /** Undefined for what is not served, or cannot be submitted. */
  readonly sourceOf: (repoId: string) => SubmitSource | undefined;
  /** What its configuration says of submits. */
  readonly defaultsOf: (repoId: string) => Partial<SubmitWishes>;
  /** In whose name it is submitted. @throws {Problem} `submit/no-credentials` */
  readonly accountOf: (asked: SubmitAsked) => Promise<Account>;
  readonly store: {
    save(repoId: string, submission: Submission): Promise<void>;
    get(repoId: string, id: string): Promise<Submission | undefined>;
    /** The last that was begun of that stack. */
    lastOf(repoId: string, rootBranch: string): Promise<Submission | undefined>;
  };
  readonly tell: (submission: Submission) => void;
  /** What was submitted, once it is done: pull requests to be looked at. */
  readonly onSubmitted: (submission: Submission) => void;
  readonly onError: (error: unknown, repoId: string) => void;
}

/** A submit that goes on by itself. */
export interface Ongoing {
  submission(): Submission;
  /** Resolves with the finished one. Never rejects. */
  readonly ended: Promise<Submission>;
}

/**
 * Submits stacks: plans, and carries plans out, one at a time of each repository and never beside a run of it. A submit belongs to the server: it
 * goes on when who asked goes away. Disposal ends what is under way after the step that it is at, and waits for that.
 */
export class SubmitDesk implements AsyncDisposable {
  readonly #options: SubmitDeskOptions;
  readonly #nextId: () => string;
  readonly #closing = new AbortController();
  /** By repository and root. */
  readonly #underWay = new Map<string, () => Submission | undefined>();
  readonly #atWork = new Set<Promise<unknown>>();

  constructor(options: SubmitDeskOptions) {
    this.#options = options;
    this.#nextId = createRunIds(options.wallNow);
  }

  /** What a submit would do now. Changes nothing. @throws {Problem} */
  async plan(asked: SubmitAsked, wishes: Wishes, signal: AbortSignal): Promise<SubmitPlan> {
    return this.#orProblem(async () => {
      const until = await this.#synced(asked, signal);
      return orInterruption(until, async () => {
        await using reading = await this.#read(asked, wishes, until);
        return reading.plan;
      });
    });
  }

  /** Resolves once it is certain what is to be done, which then begins. @throws {Problem} before anything was changed */
  async submit(asked: SubmitAsked, request: SubmitRequest, signal: AbortSignal): Promise<Ongoing> {
    const key = `${asked.repoId} ${asked.stack}`;
    const attributes = { "stackit.repo.id": asked.repoId };
    this.#refuseSecond(key);
    let record: SubmissionRecord | undefined;
    this.#underWay.set(key, () => record?.submission);
    try {
      const planning = traced("submit plan", { attributes }, () => this.#begin(asked, request, signal));
      const begun = await this.#tracked(this.#orProblem(() => planning));
      record = begun.record;
      const carriedOut = traced("submit", { attributes }, async (span) => {
        const submission = await this.#carryOut(asked, begun);
        if (submission.outcome !== "submitted") span.fail(submission.outcome ?? "unfinished");
        return submission;
      }).finally(() => this.#underWay.delete(key));
      const ended = this.#tracked(carriedOut);
      return { submission: () => begun.record.submission, ended };
    } catch (error) {
      this.#underWay.delete(key);
      throw error;
    }
  }

  /** Also one that is under way. */
  async find(repoId: string, id: string): Promise<Submission | undefined> {
    const underWay = [...this.#underWay.values()].flatMap((submission) => submission() ?? []);
    const found = underWay.find((one) => one.id === id && one.repoId === repoId);
    return found ?? this.#options.store.get(repoId, id);
  }

  /** @throws {Problem} `submit/under-way` */
  #refuseSecond(key: string): void {
    if (!this.#underWay.has(key)) return;
    const submission = this.#underWay.get(key)?.();
    throw new Problem("submit/under-way", "Somebody is submitting this stack right now.", {
      members: submission ? { submission } : {},
    });
  }

  async #begin(asked: SubmitAsked, request: SubmitRequest, signal: AbortSignal): Promise<Begun> {
    const until = await this.#synced(asked, signal);
    return orInterruption(until, async () => {
      const lane = await this.#options.queue.reserve(asked.repoId, until);
      const held = new DisposableStack();
      held.defer(() => lane[Symbol.dispose]());
      try {
        const reading = held.use(await this.#read(asked, request, until));
        const owed = await this.#owed(asked, reading.plan);
        const branches = chooseBranches(reading.plan, request, owed);
        const record = new SubmissionRecord(
          this.#newSubmission(asked, reading.plan, branches),
          { save: (one) => this.#options.store.save(asked.repoId, one), tell: this.#options.tell },
          this.#options.wallNow,
        );
        return { reading, branches, owed, record, held };
      } catch (error) {
        await held[Symbol.asyncDispose]();
        throw error;
      }
    });
  }

  /** Resolves to what ends the planning that follows. @throws {Problem} */
  async #synced(asked: SubmitAsked, signal: AbortSignal): Promise<AbortSignal> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    await orInterruption(until, () => orAborted(this.#sync(asked), until));
    return AbortSignal.any([until, AbortSignal.timeout(PLAN_TIMEOUT_MS)]);
  }

  /** Disposal waits for it. */
  #tracked<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(ignored, ignored).finally(() => this.#atWork.delete(settled));
    this.#atWork.add(settled);
    return work;
  }

  async #carryOut(asked: SubmitAsked, { reading, branches, owed, record, held }: Begun): Promise<Submission> {
    const { spawner, wallNow, sourceOf, onError, onSubmitted } = this.#options;
    const { repoId } = asked;
    let pushed: ReadonlyMap<string, string> = new Map();
    try {
      const source = sourceOf(repoId);
      const isOwn = source?.kind === "working-copy" && source.gitDir !== undefined;
      pushed = await carryOut({
        reading,
        branches,
        owed,
        record,
        spawner,
        ownRefs: isOwn ? new OwnRefs(spawner, source.gitDir ?? "", source) : undefined,
        wallNow,
        onIgnored: (error) => onError(error, repoId),
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(SUBMIT_TIMEOUT_MS)]),
      });
    } catch (error) {
      // The record could not be kept: what was done is done, and the next plan shows it.
      onError(error, repoId);
    }
    await held[Symbol.asyncDispose]().catch((error: unknown) => onError(error, repoId));
    // What was pushed is shown before anybody hears that all is done.
    const expect = [...pushed].map(([ref, sha]) => ({ ref, sha }));
    if (!this.#closing.signal.aborted)
      await this.#sync(asked, expect).catch((error: unknown) => onError(error, repoId));
    onSubmitted(record.submission);
    await record.close().catch((error: unknown) => onError(error, repoId));
    return record.submission;
  }

  /** What is on the disk or the remote is known here then. @throws {Problem} what the run failed with */
  async #sync({ repoId, caller }: SubmitAsked, expect: readonly ExpectedRef[] = []): Promise<void> {
    const requestedBy = caller.kind === "local" ? undefined : caller.name;
    const ask = { trigger: "submit" as const, expect, ...(requestedBy !== undefined && { requestedBy }) };
    const run = await this.#options.queue.request(repoId, ask).finished;
    if (run.outcome === "held") {
      throw new Problem("sync/held", "Too many branches would vanish; somebody has to confirm that first.", {
        members: { run },
      });
    }
    if (run.error)
      throw new Problem(
        isProblemCode(run.error.code) ? run.error.code : "server/internal",
        run.error.detail,
        { members: { run } },
      );
  }

  /** Whose pull request was opened by a submit that ended before it had labels and reviewers. */
  async #owed({ repoId }: SubmitAsked, plan: SubmitPlan): Promise<ReadonlySet<string>> {
    const last = await this.#options.store.lastOf(repoId, plan.rootBranch);
    const begun = last?.branches.filter(
      ({ action, state }) => action === "create" && state !== "done" && state !== "skipped",
    );
    const isThere = (name: string) => plan.branches.some((one) => one.name === name && one.pr !== undefined);
    return new Set(begun?.map(({ name }) => name).filter(isThere));
  }

  async #read(asked: SubmitAsked, wishes: Wishes, signal: AbortSignal): Promise<StackReading> {
    const source = this.#options.sourceOf(asked.repoId);
    if (!source) throw new Problem("submit/no-forge", "The remote of this repository is not known.");
    const account = await this.#options.accountOf(asked);
    const defaults = this.#options.defaultsOf(asked.repoId);
    const { draft = defaults.draft ?? false, ready = false } = wishes;
    const { reviewers = [], labels = [], nativeStack = false } = defaults;
    return readStack(this.#options, {
      source,
      account,
      stack: asked.stack,
      wishes: { draft, ready, reviewers, labels, nativeStack },
      signal,
    });
  }

  #newSubmission(
    { repoId, caller }: SubmitAsked,
    plan: SubmitPlan,
    branches: readonly PlannedBranch[],
  ): Submission {
    return {
      id: this.#nextId(),
      repoId,
      rootBranch: plan.rootBranch,
      planId: plan.id,
      ...(caller.kind !== "local" && { requestedBy: caller.name }),
      requestedAt: new Date(this.#options.wallNow()).toISOString(),
      state: "queued",
      branches: waitingBranches(plan.branches, new Set(branches.map(({ name }) => name))),
    };
  }

  /** A problem for everything that a client can understand. */
  async #orProblem<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const isKnown = [RemoteError, GitError, ForgeWriteError].some((kind) => error instanceof kind);
      if (error instanceof Problem || !isKnown) throw error;
      const { code, detail, retryAtMs } = failureOf(error, this.#options.wallNow());
      const members = retryAtMs === undefined ? {} : { retryAt: new Date(retryAtMs).toISOString() };
      throw new Problem(code, detail, { cause: error, members });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    // What was begun meanwhile is carried out, as far as that is let.
    while (this.#atWork.size > 0) await Promise.all(this.#atWork);
  }
}

/** @throws {Problem} for whatever fails once the signal has aborted: what ended it */
async function orInterruption<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw interruption(signal, error) ?? error;
  }
}

const ignored = (): void => {};

type Wishes = Pick<SubmitRequest, "draft" | "ready">;

interface Begun {
  readonly reading: StackReading;
  readonly branches: readonly PlannedBranch[];
  readonly owed: ReadonlySet<string>;
  readonly record: SubmissionRecord;
  /** The reading and the repository: no run begins before it is disposed. */
  readonly held: DisposableStack;
}
