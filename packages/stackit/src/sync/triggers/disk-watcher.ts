import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Watching } from "../../contract/repo.ts";
import { type Clock, systemClock } from "../../lib/clock.ts";
import { fileSystemWithoutEvents } from "./file-system-type.ts";
import { concernsRefs, isFolderItself, UNWATCHED } from "./ref-files.ts";
import { watchTree } from "./tree-watch.ts";

/** What is watched. */
export interface WatchedRepo {
  /** Undefined until the repository was found. */
  readonly commonDir: string | undefined;
  watching?: Watching;
  /** @throws when it cannot be read */
  hasChanged(signal: AbortSignal): Promise<boolean>;
}

export interface DiskWatcherOptions {
  /** How often the refs are compared although the file system reports changes. */
  readonly safetyPollMs?: number;
  /** How often they are compared where it does not. */
  readonly pollMs?: number;
  readonly clock?: Clock;
  readonly watchTree?: typeof watchTree;
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
  readonly #options: Required<DiskWatcherOptions>;
  readonly #closing = new AbortController();
  #tree: Disposable | undefined;
  #watchedDir: string | undefined;
  /** Which folder that was, since another may have taken its place. */
  #watchedInode: string | undefined;
  /** Watches begin one after the other: this is the last one. */
  #watching: Promise<void> = Promise.resolve();
  #cancelPoll: () => void = () => {};
  #polling: Promise<void> = Promise.resolve();
  #events = 0;
  /** How many there had been when the refs were last compared. */
  #eventsCompared = 0;
  #misses = 0;
  /** The repository is gone or cannot be read; what was watched may be another one by the time it can. */
  #lost = false;

  constructor(repo: WatchedRepo, changed: () => void, options: DiskWatcherOptions = {}) {
    this.#repo = repo;
    this.#changed = changed;
    this.#options = {
      safetyPollMs: SAFETY_POLL_MS,
      pollMs: POLL_MS,
      clock: systemClock,
      watchTree,
      onDegraded: () => {},
      ...options,
    };
  }

  /** Settles when changes from now on are noticed, one way or the other. Never rejects. */
  async start(): Promise<void> {
    this.#poll("not watched yet");
    if (this.#repo.commonDir !== undefined) {
      await this.#watchAnew(this.#repo.commonDir);
      // What changed while the watch came up was reported by nobody.
      if (!this.#closing.signal.aborted) await this.#compare();
    }
    this.#schedule();
  }

  /** Ends the watch that there is. Never rejects. */
  #watchAnew(commonDir: string): Promise<void> {
    this.#watching = this.#watching.then(async () => {
      this.#unwatch();
      if (!this.#closing.signal.aborted) await this.#watch(commonDir);
    });
    return this.#watching;
  }

  #unwatch(): void {
    this.#tree?.[Symbol.dispose]();
    this.#tree = undefined;
  }

  async #watch(commonDir: string): Promise<void> {
    this.#watchedDir = commonDir;
    this.#watchedInode = await inodeOf(commonDir);
    const fileSystem = await fileSystemWithoutEvents(commonDir);
    if (fileSystem !== undefined) {
      this.#degrade(`the folder lies on ${fileSystem}, which does not report changes`);
      return;
    }
    try {
      const tree = await this.#options.watchTree(commonDir, {
        ignore: UNWATCHED.map((name) => join(commonDir, name)),
        heard: (paths) => this.#hear(commonDir, paths),
        failed: (error) => this.#degrade(`the file system stopped reporting: ${error.message}`),
      });
      if (this.#closing.signal.aborted) return tree[Symbol.dispose]();
      this.#tree = tree;
      this.#misses = 0;
      this.#repo.watching = { mode: "events", pollIntervalSec: this.#options.safetyPollMs / 1000 };
    } catch (error) {
      this.#degrade(
        `the folder cannot be watched: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #hear(commonDir: string, paths: readonly string[]): void {
    if (this.#closing.signal.aborted) return;
    if (paths.some((path) => isFolderItself(commonDir, path))) void this.#loseIfGone(commonDir);
    if (!paths.some((path) => concernsRefs(commonDir, path))) return;
    this.#events++;
    this.#tell();
  }

  #tell(): void {
    if (!this.#closing.signal.aborted) this.#changed();
  }

  async #loseIfGone(commonDir: string): Promise<void> {
    const isThere = await access(join(commonDir, "HEAD")).then(
      () => true,
      () => false,
    );
    if (isThere || this.#closing.signal.aborted) return;
    this.#lost = true;
    this.#poll("the repository is gone or cannot be read");
    this.#schedule();
  }

  #degrade(reason: string): void {
    if (this.#closing.signal.aborted) return;
    this.#unwatch();
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
    const relies = this.#tree !== undefined && !this.#lost;
    const everyMs = relies ? this.#options.safetyPollMs : this.#options.pollMs;
    this.#cancelPoll = this.#options.clock.after(everyMs, () => {
      this.#polling = this.#compareAndJudge().finally(() => this.#schedule());
    });
  }

  async #compareAndJudge(): Promise<void> {
    const eventsBefore = this.#eventsCompared;
    const found = await this.#compare();
    if (found && this.#tree && !this.#closing.signal.aborted) await this.#judge(eventsBefore);
  }

  /** Whether something changed that was not looked at yet; then it was told. */
  async #compare(): Promise<boolean> {
    const { commonDir } = this.#repo;
    try {
      const changed = await this.#repo.hasChanged(this.#closing.signal);
      // It was not there, or was another one: what was watched then is gone.
      const isNew = this.#lost || (commonDir !== undefined && !(await this.#isWatched(commonDir)));
      this.#lost = false;
      if (isNew && this.#repo.commonDir !== undefined) await this.#watchAnew(this.#repo.commonDir);
      if (changed || isNew) this.#tell();
      return changed && !isNew;
    } catch {
      // The run that is asked for here says why; once is enough, the queue tries again by itself.
      if (this.#closing.signal.aborted) return false;
      if (!this.#lost) this.#tell();
      this.#lost = true;
      this.#poll("the repository is gone or cannot be read");
      return false;
    } finally {
      this.#eventsCompared = this.#events;
    }
  }

  async #isWatched(commonDir: string): Promise<boolean> {
    return commonDir === this.#watchedDir && (await inodeOf(commonDir)) === this.#watchedInode;
  }

  /** A change is missed when nothing was reported since the comparison before, nor is in a moment. */
  async #judge(eventsBefore: number): Promise<void> {
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
    await this.#watching;
    this.#unwatch();
  }
}

async function inodeOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && `${found.dev}:${found.ino}`;
}
