import type { ForgeHealth } from "../../contract/repo.ts";
import { RemoteError } from "../../git/wire/remote-failure.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import type { ForgeKnowledge } from "../../repos/forge-knowledge.ts";
import type { HeardOf } from "../../stacks/pull-request.ts";
import { HEADS } from "../../stacks/ref-reading.ts";
import type { ForgeFacts } from "../../store/forge-facts.ts";
import { ForgeMemory } from "./forge-memory.ts";
import { LATE_MS, LEAST_MS, pollAfterMs } from "./forge-pace.ts";
import type { ForgeSource, RepositoryName } from "./forge-source.ts";
import { AnotherRepositoryError, Findings, lookAtForge } from "./look-at-forge.ts";

/** A repository whose pull requests are shown with its branches. A mirror is one. */
export interface ForgeShown {
  readonly id: string;
  readonly place: Partial<RepositoryName>;
  /** By full name. */
  readonly refs: ReadonlyMap<string, string>;
  readonly snapshot: { readonly generation: number } | undefined;
  forge: ForgeHealth | undefined;
  showForge(knowledge: ForgeKnowledge): void;
}

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

interface Heard extends HeardOf {
  readonly onAnswered: () => Promise<void>;
}

interface Watched {
  readonly repo: ForgeShown;
  readonly storeKey: string;
  readonly source: ForgeSource;
  memory: ForgeMemory;
  /** When the look that is stored was confirmed, on the wall clock. */
  storedAtMs: number;
  /** What is not asked for yet. */
  heard: Heard[];
  /** Monotonic, as all but the two `wall` ones. Not before, whatever is due. */
  notBeforeMs: number;
  pollAtMs: number;
  heardAtMs: number;
  /** The first that is waiting. */
  heardFirstAtMs: number;
  lookedAtMs: number;
  /** When something was pushed or touched last. */
  activeAtMs: number;
  isLooking: boolean;
  failures: number;
  failingSinceWallMs: number | undefined;
  reason: string | undefined;
}

const MAX_LOOKING = 4;
/** Checks come in bursts. */
const SETTLE_MS = 500;
const SETTLE_CAP_MS = 3_000;
/** Between two looks for what was heard of. */
const GAP_MS = 5_000;
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
  readonly #store: ForgeFacts;
  readonly #options: ForgeWatchOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #watched = new Map<string, Watched>();
  readonly #closing = new AbortController();
  readonly #looks = new Set<Promise<void>>();
  #cancelWake: () => void = () => {};
  #isStarted = false;

  constructor(store: ForgeFacts, options: ForgeWatchOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Shows what is known from before. */
  async watch(repo: ForgeShown, storeKey: string, source: ForgeSource): Promise<void> {
    const now = this.#clock.now();
    const memory = new ForgeMemory(await this.#store.find(storeKey));
    const sinceChangeMs = this.#clock.wallNow() - (memory.look?.changedAtMs ?? 0);
    const watched: Watched = {
      repo,
      storeKey,
      source,
      memory,
      storedAtMs: memory.look?.checkedAtMs ?? 0,
      heard: [],
      notBeforeMs: now,
      // Not all at once.
      pollAtMs: now + this.#random() * Math.min(LEAST_MS, this.#watched.size * 250),
      heardAtMs: 0,
      heardFirstAtMs: 0,
      lookedAtMs: Number.NEGATIVE_INFINITY,
      activeAtMs: now - Math.max(0, sinceChangeMs),
      isLooking: false,
      failures: 0,
      failingSinceWallMs: undefined,
      reason: undefined,
    };
    this.#watched.set(repo.id, watched);
    this.#show(watched);
    this.#wake();
  }

  /** To be called once. Before, nothing is asked. */
  start(): void {
    this.#isStarted = true;
    this.#wake();
  }

  /** When the forge of each repository last said that nothing is new; of those where it ever did. */
  get checked(): { repoId: string; checkedAtMs: number }[] {
    return [...this.#watched.values()].flatMap(({ repo, memory }) => {
      const checkedAtMs = memory.look?.checkedAtMs ?? 0;
      return checkedAtMs > 0 ? [{ repoId: repo.id, checkedAtMs }] : [];
    });
  }

  watches(repoId: string): boolean {
    return this.#watched.has(repoId);
  }

  /** `onAnswered` is called once, when the forge was asked for it; never, when this ends before. The disposal waits for it. */
  heardOf(repoId: string, heard: HeardOf, onAnswered: () => Promise<void>): void {
    const watched = this.#watched.get(repoId);
    if (!watched) throw new Error("nobody asks for the pull requests of that repository");
    const now = this.#clock.now();
    if (watched.heard.length === 0) watched.heardFirstAtMs = now;
    watched.heardAtMs = now;
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
    for (const watched of waiting.sort((a, b) => this.#dueAtMs(a) - this.#dueAtMs(b))) {
      if (this.#dueAtMs(watched) <= now && this.#looks.size < MAX_LOOKING) this.#begin(watched);
      // One that is looking wakes us when it has ended.
      const dueAtMs = watched.isLooking ? now : this.#dueAtMs(watched);
      if (dueAtMs > now) nextAtMs = Math.min(nextAtMs, dueAtMs);
      const lateAtMs = this.#lateAtMs(watched);
      if (lateAtMs > now) nextAtMs = Math.min(nextAtMs, lateAtMs);
      else if (watched.repo.forge?.health === "current") this.#show(watched);
    }
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      this.#cancelWake = this.#clock.after(nextAtMs - now, () => this.#wake());
    }
  }

  #dueAtMs(watched: Watched): number {
    const { heard, heardAtMs, heardFirstAtMs, lookedAtMs, notBeforeMs, pollAtMs } = watched;
    const settledAtMs = Math.min(heardAtMs + SETTLE_MS, heardFirstAtMs + SETTLE_CAP_MS);
    const heardDueAtMs =
      heard.length === 0 ? Number.POSITIVE_INFINITY : Math.max(settledAtMs, lookedAtMs + GAP_MS);
    return Math.max(notBeforeMs, Math.min(pollAtMs, heardDueAtMs));
  }

  #begin(watched: Watched): void {
    const now = this.#clock.now();
    const { source, heard } = watched;
    const pollWaitMs = source.waitMs("poll");
    if (pollWaitMs > 0) watched.pollAtMs = Math.max(watched.pollAtMs, now + pollWaitMs);
    const isPoll = watched.pollAtMs <= now;
    const heardWaitMs = heard.length > 0 ? source.waitMs("delivery") : 0;
    if (heardWaitMs > 0) watched.notBeforeMs = now + heardWaitMs;
    if (heardWaitMs > 0 || (heard.length === 0 && !isPoll)) return;
    watched.isLooking = true;
    watched.lookedAtMs = now;
    const look = this.#look(watched, isPoll)
      .catch((error: unknown) => this.#options.onError?.(error, watched.repo.id))
      .finally(() => {
        watched.isLooking = false;
        this.#looks.delete(look);
        this.#wake();
      });
    this.#looks.add(look);
  }

  async #look(watched: Watched, isPoll: boolean): Promise<void> {
    const { signal } = this.#closing;
    const { heard } = watched;
    watched.heard = [];
    const nowMs = this.#clock.wallNow();
    const findings = new Findings(watched.memory, nowMs);
    const tips = tipsOf(watched.repo.refs);
    try {
      await lookAtForge(
        findings,
        {
          repository: nameOf(watched.repo),
          forgeRepoId: this.#options.forgeRepoIdOf?.(watched.repo.id),
          numbers: heard.flatMap((each) => numbersOf(each, watched.memory)),
          poll: isPoll,
          tips,
        },
        { source: watched.source, memory: watched.memory, nowMs },
        signal,
      );
      await this.#learn(watched, findings, { isPoll, tips });
    } catch (error) {
      if (signal.aborted) return;
      watched.heard = [...heard, ...watched.heard];
      try {
        if (error instanceof AnotherRepositoryError) await this.#forget(watched);
        else this.#noteFailure(watched, error);
        if (error instanceof RemoteError) await this.#learn(watched, findings, { isPoll, tips });
      } catch (unkept) {
        this.#noteFailure(watched, unkept);
      }
      this.#show(watched);
      return;
    }
    watched.failures = 0;
    watched.failingSinceWallMs = undefined;
    watched.reason = undefined;
    this.#show(watched);
    if (isPoll) this.#planPoll(watched);
    await Promise.all(heard.map(({ onAnswered }) => onAnswered()));
  }

  async #learn(
    watched: Watched,
    findings: Findings,
    { isPoll, tips }: { isPoll: boolean; tips: ReadonlyMap<string, string> },
  ): Promise<void> {
    const { memory } = watched;
    const goneBranches = [...memory.askedBranches].filter((branch) => !tips.has(branch));
    const news = findings.news({ isPoll, goneBranches });
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

  async #forget(watched: Watched): Promise<void> {
    await this.#store.forget(watched.storeKey);
    watched.memory = new ForgeMemory();
  }

  #planPoll(watched: Watched): void {
    const now = this.#clock.now();
    const afterMs = pollAfterMs(now - watched.activeAtMs);
    watched.pollAtMs = now + afterMs * (0.9 + 0.2 * this.#random());
  }

  #noteFailure(watched: Watched, error: unknown): void {
    const now = this.#clock.now();
    const failure = error instanceof RemoteError ? error.failure : "error";
    this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
    if (!(error instanceof RemoteError)) this.#options.onError?.(error, watched.repo.id);
    watched.failures++;
    watched.failingSinceWallMs ??= this.#clock.wallNow();
    watched.reason = error instanceof RemoteError ? error.message : "What the forge said could not be kept.";
    const retryAfterMs = error instanceof RemoteError ? error.retryAfterMs : undefined;
    const leastMs = failure === "auth-failed" || failure === "not-found" ? MENDED_BY_A_PERSON_MS : 1_000;
    const pauseMs = Math.max(leastMs, backoffMs(watched.failures, BACKOFF, this.#random));
    watched.notBeforeMs = now + (retryAfterMs ?? pauseMs);
  }

  #lateAtMs({ memory }: Watched): number {
    const checkedAtMs = memory.look?.checkedAtMs ?? 0;
    return this.#clock.now() + checkedAtMs + LATE_MS - this.#clock.wallNow();
  }

  #show(watched: Watched): void {
    const { repo, memory } = watched;
    const isCurrent = this.#lateAtMs(watched) > this.#clock.now();
    const before = repo.forge;
    repo.forge = this.#healthOf(watched, isCurrent);
    repo.showForge({ pullRequests: memory.picked, isCurrent });
    const { health, reason } = repo.forge;
    if (before && (before.health !== health || before.reason !== reason)) {
      this.#options.onHealth?.(repo.id, repo.snapshot?.generation ?? 0, repo.forge);
    }
  }

  #healthOf({ memory, failingSinceWallMs, reason, notBeforeMs }: Watched, isCurrent: boolean): ForgeHealth {
    const checkedAtMs = memory.look?.checkedAtMs ?? 0;
    const checkedAt = checkedAtMs > 0 ? { checkedAt: instant(checkedAtMs) } : {};
    if (failingSinceWallMs !== undefined && reason !== undefined) {
      const inMs = notBeforeMs - this.#clock.now();
      return {
        health: "failing",
        ...checkedAt,
        failingSince: instant(failingSinceWallMs),
        reason,
        nextAttemptAt: instant(this.#clock.wallNow() + Math.max(0, inMs)),
      };
    }
    if (checkedAtMs === 0) return { health: "never" };
    return { health: isCurrent ? "current" : "late", ...checkedAt };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelWake();
    await Promise.all(this.#looks);
  }
}

/** Of what was heard, the pull requests that are named or known. */
function numbersOf({ numbers, branches, oids }: HeardOf, memory: ForgeMemory): number[] {
  const known = memory.open.filter(
    ({ head, headOid, headRepositoryId }) =>
      oids.includes(headOid) || (branches.includes(head) && headRepositoryId === memory.look?.forgeRepoId),
  );
  return [...numbers, ...known.map(({ number }) => number)];
}

function tipsOf(refs: ReadonlyMap<string, string>): Map<string, string> {
  const tips = new Map<string, string>();
  for (const [ref, oid] of refs) if (ref.startsWith(HEADS)) tips.set(ref.slice(HEADS.length), oid);
  return tips;
}

function nameOf({ place }: ForgeShown): RepositoryName {
  return { owner: place.owner ?? "", name: place.name ?? "" };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
