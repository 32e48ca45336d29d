import type { ForgeHealth } from "../../contract/repo.ts";
import { RemoteError } from "../../git/wire/remote-failure.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { HeardOf } from "../../stacks/pull-request.ts";
import { HEADS } from "../../stacks/ref-reading.ts";
import type { ForgeFacts } from "../../store/forge-facts.ts";
import { AwaitedChanges } from "./awaited-changes.ts";
import { forgeHealth, isCurrent } from "./forge-health.ts";
import { ForgeMemory } from "./forge-memory.ts";
import { LATE_MS, LEAST_MS, pollAfterMs } from "./forge-pace.ts";
import type { ForgeSource, RepositoryName } from "./forge-source.ts";
import { AnotherRepositoryError, Findings, lookAtForge } from "./look-at-forge.ts";
import { dueAtMs, type ForgeShown, type Heard, newlyWatched, type Watched } from "./watched-repo.ts";

export interface ForgeWatchOptions {
  readonly clock?: Clock;
  readonly random?: () => number;
  /** The forge's number for a repository, where it is known. */
  readonly forgeRepoIdOf?: (repoId: string) => number | undefined;
  /** How well the pull requests of a repository are known has changed. It must not throw. */
  readonly onHealth?: (repoId: string, generation: number, health: ForgeHealth) => void;
  /** A look failed in a way that nobody expects. It must not throw. */
  readonly onError?: (error: unknown, repoId: string) => void;
}

const MAX_LOOKING = 4;
/** That nothing was touched need not be stored each time. */
const STORE_QUIET_LOOKS_EVERY_MS = 300_000;
const AFTER_PUSH_MS = 5_000;
const BACKOFF = { baseMs: 5_000, capMs: 15 * 60_000 };
const MENDED_BY_A_PERSON_MS = 60_000;

/**
 * Asks forges for the pull requests of repositories: at intervals whether any was touched, and at once for those that were heard of.
 * What they say is stored before it is shown. A repository has one look at a time. What a forge said stays when it says nothing more,
 * with its age. Disposal ends what runs, and waits.
 */
export class ForgeWatch implements AsyncDisposable {
  /** Looks that failed, by why. */
  readonly failures = new Map<string, number>();
  readonly #store: Pick<ForgeFacts, "find" | "save" | "forget">;
  readonly #options: ForgeWatchOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();
  readonly #looks = new Set<Promise<void>>();
  #cancelWake: () => void = () => {};
  #isStarted = false;

  constructor(store: Pick<ForgeFacts, "find" | "save" | "forget">, options: ForgeWatchOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Shows what is known from before. */
  async watch(repo: ForgeShown, storeKey: string, source: ForgeSource): Promise<void> {
    const now = this.#clock.now();
    const memory = new ForgeMemory(await this.#store.find(storeKey));
    // Not all at once.
    const delayMs = this.#random() * Math.min(LEAST_MS, this.#watched.size * 250);
    const sinceChangeMs = this.#clock.wallNow() - (memory.look?.changedAtMs ?? 0);
    const watched: Watched = {
      ...newlyWatched(now + delayMs),
      repo,
      storeKey,
      source,
      memory,
      awaited: new AwaitedChanges(this.#clock),
      storedAtMs: memory.look?.checkedAtMs ?? 0,
      activeAtMs: now - Math.max(0, sinceChangeMs),
    };
    this.#watched.set(repo.id, watched);
    this.#show(watched);
    this.#wake();
  }

  /** Ends its look that runs, and settles when that has ended. */
  async unwatch(repoId: string): Promise<void> {
    const watched = this.#watched.get(repoId);
    this.#watched.delete(repoId);
    watched?.leaving.abort();
    await watched?.look;
  }

  /** To be called once. Before, nothing is asked. */
  start(): void {
    this.#isStarted = true;
    this.#wake();
  }

  /** When the forge of each repository last said that nothing is new; of those where it ever did. */
  get checked(): { repoId: string; checkedAtMs: number }[] {
    return [...this.#watched.values()].flatMap(({ repo, memory: { checkedAtMs } }) =>
      checkedAtMs === undefined ? [] : [{ repoId: repo.id, checkedAtMs }],
    );
  }

  watches(repoId: string): boolean {
    return this.#watched.has(repoId);
  }

  /**
   * `onAnswered` is called once, when the forge has answered as of then or was asked for long enough; never, when this ends before. The
   * disposal waits for it.
   */
  heardOf(repoId: string, heard: HeardOf, onAnswered: () => Promise<void>): void {
    const watched = this.#watched.get(repoId);
    if (!watched) throw new Error("nobody asks for the pull requests of that repository");
    const now = this.#clock.now();
    if (watched.heard.length === 0) watched.heardFirstAtMs = now;
    watched.heardAtMs = now;
    watched.activeAtMs = now;
    watched.pollAtMs = Math.min(watched.pollAtMs, now + LEAST_MS);
    watched.heard.push({ ...heard, onAnswered });
    this.#wake();
  }

  /** Its branches are others now. */
  pushed(repoId: string): void {
    const watched = this.#watched.get(repoId);
    if (!watched) return;
    const now = this.#clock.now();
    watched.activeAtMs = now;
    watched.pollAtMs = Math.min(
      watched.pollAtMs,
      Math.max(now + AFTER_PUSH_MS, watched.lookedAtMs + LEAST_MS / 2),
    );
    this.#wake();
  }

  #wake(): void {
    this.#cancelWake();
    if (!this.#isStarted || this.#closing.signal.aborted) return;
    const now = this.#clock.now();
    let nextAtMs = Number.POSITIVE_INFINITY;
    const waiting = [...this.#watched.values()].filter(({ isLooking }) => !isLooking);
    for (const watched of waiting.sort((a, b) => dueAtMs(a) - dueAtMs(b))) {
      if (dueAtMs(watched) <= now && this.#looks.size < MAX_LOOKING) this.#begin(watched);
      // One that is looking wakes us when it has ended.
      if (watched.isLooking) continue;
      const nextDueMs = dueAtMs(watched);
      if (nextDueMs > now) nextAtMs = Math.min(nextAtMs, nextDueMs);
      nextAtMs = Math.min(nextAtMs, this.#lateAtMs(watched));
      if (watched.repo.forge?.health === "current") this.#noteIfLate(watched);
    }
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      this.#cancelWake = this.#clock.after(nextAtMs - now, () => this.#wake());
    }
  }

  #noteIfLate(watched: Watched): void {
    if (!isCurrent(watched.memory.checkedAtMs, this.#clock.wallNow())) this.#show(watched);
  }

  #begin(watched: Watched): void {
    const now = this.#clock.now();
    const { source, heard, awaited } = watched;
    const pollWaitMs = source.waitMs("poll");
    if (pollWaitMs > 0) watched.pollAtMs = Math.max(watched.pollAtMs, now + pollWaitMs);
    const isPoll = watched.pollAtMs <= now;
    const isNews = heard.length > 0 || awaited.dueAtMs <= now;
    const newsWaitMs = isNews ? source.waitMs("delivery") : 0;
    if (newsWaitMs > 0) watched.notBeforeMs = now + newsWaitMs;
    if (newsWaitMs > 0 || !(isNews || isPoll)) return;
    watched.isLooking = true;
    watched.lookedAtMs = now;
    const look = this.#look(watched, isPoll)
      .catch((error: unknown) => this.#options.onError?.(error, watched.repo.id))
      .finally(() => {
        watched.isLooking = false;
        this.#looks.delete(look);
        this.#wake();
      });
    watched.look = look;
    this.#looks.add(look);
  }

  async #look(watched: Watched, isPoll: boolean): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, watched.leaving.signal]);
    const { memory, awaited } = watched;
    const heard = [...watched.unanswered, ...watched.heard];
    watched.heard = [];
    watched.unanswered = [];
    for (const { numbers, updatedAtMs } of heard) {
      for (const number of numbers) if (updatedAtMs !== undefined) awaited.announce(number, updatedAtMs);
    }
    const nowMs = this.#clock.wallNow();
    const findings = new Findings(memory, nowMs);
    const tips = tipsOf(watched.repo.refs);
    try {
      await lookAtForge(
        findings,
        {
          repository: nameOf(watched.repo),
          forgeRepoId: this.#options.forgeRepoIdOf?.(watched.repo.id),
          numbers: heard.flatMap((each) => memory.numbersOf(each)),
          poll: isPoll,
          tips,
        },
        { source: watched.source, memory, awaited, nowMs },
        signal,
      );
      await this.#learn(watched, findings, { isPoll, tips });
    } catch (error) {
      if (signal.aborted) return;
      watched.heard = [...heard, ...watched.heard];
      try {
        if (error instanceof AnotherRepositoryError) await this.#forget(watched);
        else this.#noteFailure(watched, error);
        // Each of the pull requests that were read before it failed is true by itself.
        if (error instanceof RemoteError) await this.#learn(watched, findings, { isPoll, tips });
      } catch (unkept) {
        this.#noteFailure(watched, unkept);
      }
      this.#show(watched);
      return;
    }
    watched.failures = 0;
    watched.failing = undefined;
    if (isPoll) this.#planPoll(watched);
    this.#show(watched);
    const isAwaited = ({ numbers, updatedAtMs }: Heard) =>
      updatedAtMs !== undefined && numbers.some((number) => awaited.has(number));
    watched.unanswered = heard.filter(isAwaited);
    const answered = heard.filter((each) => !isAwaited(each));
    await Promise.all(answered.map(({ onAnswered }) => onAnswered()));
  }

  /** What is remembered is of a repository that is not there any more. */
  async #forget(watched: Watched): Promise<void> {
    await this.#store.forget(watched.storeKey);
    watched.memory = new ForgeMemory();
    watched.awaited = new AwaitedChanges(this.#clock);
  }

  async #learn(
    watched: Watched,
    findings: Findings,
    { isPoll, tips }: { isPoll: boolean; tips: ReadonlyMap<string, string> },
  ): Promise<void> {
    const { memory } = watched;
    const goneBranches = [...memory.askedBranches].filter((branch) => !tips.has(branch));
    const news = findings.news({ isPoll, goneBranches, surplus: memory.surplus(tips) });
    if (news) {
      if (news.look.changedAtMs !== memory.look?.changedAtMs) watched.activeAtMs = this.#clock.now();
      const isOld = news.look.checkedAtMs - watched.storedAtMs >= STORE_QUIET_LOOKS_EVERY_MS;
      if (isOld || !findings.isQuiet(news)) {
        await this.#store.save(watched.storeKey, news);
        watched.storedAtMs = news.look.checkedAtMs;
      }
      memory.learn(news);
    }
  }

  #planPoll(watched: Watched): void {
    const now = this.#clock.now();
    const { repo, memory, awaited } = watched;
    const quietMs = awaited.numbers.length > 0 ? 0 : now - watched.activeAtMs;
    const restMs = pollAfterMs(quietMs) * (0.9 + 0.2 * this.#random());
    const settlesInMs = memory.settlesAtMs(tipsOf(repo.refs)) - this.#clock.wallNow();
    watched.pollAtMs = now + Math.min(restMs, Math.max(settlesInMs, LEAST_MS));
  }

  #noteFailure(watched: Watched, error: unknown): void {
    const now = this.#clock.now();
    const failure = error instanceof RemoteError ? error.failure : "error";
    this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
    if (!(error instanceof RemoteError)) this.#options.onError?.(error, watched.repo.id);
    watched.failures++;
    watched.failing = {
      sinceMs: watched.failing?.sinceMs ?? this.#clock.wallNow(),
      reason: error instanceof RemoteError ? error.message : "What the forge said could not be kept.",
    };
    const retryAfterMs = error instanceof RemoteError ? error.retryAfterMs : undefined;
    const leastMs = failure === "auth-failed" || failure === "not-found" ? MENDED_BY_A_PERSON_MS : 1_000;
    const pauseMs = Math.max(leastMs, backoffMs(watched.failures, BACKOFF, this.#random));
    watched.notBeforeMs = now + (retryAfterMs ?? pauseMs);
  }

  /** When what is known stops being current by itself, on the clock that decides; infinite when it is not. */
  #lateAtMs({ memory }: Watched): number {
    const { checkedAtMs } = memory;
    const nowMs = this.#clock.wallNow();
    if (checkedAtMs === undefined || !isCurrent(checkedAtMs, nowMs)) return Number.POSITIVE_INFINITY;
    return this.#clock.now() + checkedAtMs + LATE_MS - nowMs;
  }

  #show(watched: Watched): void {
    const { repo, memory, failing, notBeforeMs } = watched;
    const nowMs = this.#clock.wallNow();
    const { checkedAtMs } = memory;
    const nextAttemptAtMs = nowMs + notBeforeMs - this.#clock.now();
    const before = repo.forge;
    repo.forge = forgeHealth({ checkedAtMs, failing: failing && { ...failing, nextAttemptAtMs } }, nowMs);
    repo.showForge({
      pullRequests: memory.picked,
      merged: memory.merged,
      isCurrent: isCurrent(checkedAtMs, nowMs),
    });
    const { health, reason } = repo.forge;
    if (before && (before.health !== health || before.reason !== reason)) {
      this.#options.onHealth?.(repo.id, repo.snapshot?.generation ?? 0, repo.forge);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelWake();
    await Promise.all(this.#looks);
  }
}

function tipsOf(refs: ReadonlyMap<string, string>): Map<string, string> {
  const tips = new Map<string, string>();
  for (const [ref, oid] of refs) if (ref.startsWith(HEADS)) tips.set(ref.slice(HEADS.length), oid);
  return tips;
}

function nameOf({ place }: ForgeShown): RepositoryName {
  return { owner: place.owner ?? "", name: place.name ?? "" };
}
