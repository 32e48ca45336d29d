import { join } from "node:path";
import type { AsyncSubscription, Event, SubscribeCallback } from "@parcel/watcher";
import type { Watching } from "../../contract/repo.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { fileSystemWithoutEvents } from "./file-system-type.ts";
import { concernsRefs, UNWATCHED } from "./ref-files.ts";

/** What is watched. */
export interface WatchedRepo {
  /** Undefined until the repository was found. */
  readonly commonDir: string | undefined;
  watching?: Watching;
  /** @throws when it cannot be read */
  hasChanged(signal: AbortSignal): Promise<boolean>;
}

/** As `subscribe` of `@parcel/watcher`. */
export type Subscribe = (
  folder: string,
  callback: SubscribeCallback,
  options: { ignore: string[] },
) => Promise<AsyncSubscription>;

export interface DiskWatcherOptions {
  /** How often the refs are compared although the file system reports changes. */
  readonly safetyPollMs?: number;
  /** How often they are compared where it does not. */
  readonly pollMs?: number;
  readonly clock?: Clock;
  readonly subscribe?: Subscribe;
  /** Hears why the file system's events cannot be used. */
  readonly onDegraded?: (reason: string) => void;
}

const SAFETY_POLL_MS = 15_000;
const POLL_MS = 2_000;
/** A change that the poll finds is given this long to be reported before it counts as missed. */
const REPORT_WITHIN_MS = 1_000;
/** After this many missed changes the file system is no longer relied on. */
const MISSES = 2;

/**
 * Tells when the disk may say something new about a working copy. The file system's events come first; beside them a slow
 * poll compares the refs, because events get lost on network mounts and when watches run out. What it tells is never
 * more than a hint: the run that follows reads everything. `repo.watching` always says what is in use.
 * Disposal ends the watches, and waits for a comparison that is under way.
 */
export class DiskWatcher implements AsyncDisposable {
  readonly #repo: WatchedRepo;
  readonly #changed: () => void;
  readonly #options: Required<Omit<DiskWatcherOptions, "subscribe">> & Pick<DiskWatcherOptions, "subscribe">;
  readonly #closing = new AbortController();
  #subscription: AsyncSubscription | undefined;
  #watchedDir: string | undefined;
  #cancelPoll: () => void = () => {};
  #polling: Promise<void> = Promise.resolve();
  #events = 0;
  #misses = 0;
  #unreadable = false;

  constructor(repo: WatchedRepo, changed: () => void, options: DiskWatcherOptions = {}) {
    this.#repo = repo;
    this.#changed = changed;
    this.#options = {
      safetyPollMs: SAFETY_POLL_MS,
      pollMs: POLL_MS,
      clock: systemClock,
      onDegraded: () => {},
      ...options,
    };
  }

  /** Settles when changes from now on are noticed, one way or the other. Never rejects. */
  async start(): Promise<void> {
    this.#poll("not watched yet");
    if (this.#repo.commonDir !== undefined) await this.#watch(this.#repo.commonDir);
    this.#schedule();
  }

  async #watch(commonDir: string): Promise<void> {
    this.#watchedDir = commonDir;
    const fileSystem = await fileSystemWithoutEvents(commonDir);
    if (fileSystem !== undefined) {
      this.#degrade(`the folder lies on ${fileSystem}, which does not report changes`);
      return;
    }
    try {
      const subscribe = this.#options.subscribe ?? (await import("@parcel/watcher")).default.subscribe;
      const ignore = UNWATCHED.map((name) => join(commonDir, name));
      const subscription = await subscribe(
        commonDir,
        (error, events) => {
          if (error) this.#degrade(`the file system stopped reporting: ${error.message}`);
          else this.#hear(commonDir, events);
        },
        { ignore },
      );
      if (this.#closing.signal.aborted) return void (await subscription.unsubscribe());
      this.#subscription = subscription;
      this.#misses = 0;
      this.#repo.watching = { mode: "events", pollIntervalSec: this.#options.safetyPollMs / 1000 };
    } catch (error) {
      this.#degrade(
        `the folder cannot be watched: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #hear(commonDir: string, events: readonly Event[]): void {
    if (this.#closing.signal.aborted || !events.some(({ path }) => concernsRefs(commonDir, path))) return;
    this.#events++;
    this.#changed();
  }

  #degrade(reason: string): void {
    if (this.#closing.signal.aborted) return;
    void this.#subscription?.unsubscribe().catch(() => {});
    this.#subscription = undefined;
    this.#poll(reason);
    this.#options.onDegraded(reason);
    this.#schedule();
  }

  #poll(reason: string): void {
    this.#repo.watching = { mode: "poll", reason, pollIntervalSec: this.#options.pollMs / 1000 };
  }

  #schedule(): void {
    this.#cancelPoll();
    if (this.#closing.signal.aborted) return;
    const everyMs = this.#subscription ? this.#options.safetyPollMs : this.#options.pollMs;
    this.#cancelPoll = this.#options.clock.after(everyMs, () => {
      this.#polling = this.#compare().finally(() => this.#schedule());
    });
  }

  async #compare(): Promise<void> {
    const { commonDir } = this.#repo;
    try {
      const eventsBefore = this.#events;
      const changed = await this.#repo.hasChanged(this.#closing.signal);
      // It was not there, or was another one: what was watched then is gone.
      const isNew = this.#unreadable || (commonDir !== undefined && commonDir !== this.#watchedDir);
      this.#unreadable = false;
      if (isNew && this.#repo.commonDir !== undefined) {
        await this.#subscription?.unsubscribe().catch(() => {});
        this.#subscription = undefined;
        await this.#watch(this.#repo.commonDir);
      }
      if (changed || isNew) this.#changed();
      if (changed && this.#subscription) await this.#countMiss(eventsBefore);
    } catch {
      // The run that is asked for here says why; once is enough, the queue tries again by itself.
      if (!this.#unreadable && !this.#closing.signal.aborted) this.#changed();
      this.#unreadable = true;
    }
  }

  async #countMiss(eventsBefore: number): Promise<void> {
    await new Promise<void>((done) => {
      const cancel = this.#options.clock.after(REPORT_WITHIN_MS, done);
      this.#closing.signal.addEventListener("abort", () => {
        cancel();
        done();
      });
    });
    if (this.#events > eventsBefore || this.#closing.signal.aborted) return;
    this.#misses++;
    if (this.#misses >= MISSES) this.#degrade("the file system did not report changes that were made");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#cancelPoll();
    await this.#polling;
    await this.#subscription?.unsubscribe().catch(() => {});
  }
}
