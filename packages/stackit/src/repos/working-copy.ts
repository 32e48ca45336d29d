import { homedir } from "node:os";
import { relative } from "node:path";
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import { Problem } from "../contract/problem-error.ts";
import type { Watching } from "../contract/repo.ts";
import type { Hold, RefChanges, StackChanges } from "../contract/sync-run.ts";
import { type CommitPair, diffPatch } from "../git/diff-tree.ts";
import { findGitDir, type GitDirs, NoRepositoryError } from "../git/find-git-dir.ts";
import { RefListing } from "../git/for-each-ref.ts";
import { GitError } from "../git/git-error.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { isTooMuch } from "../stacks/hold.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import { diffSnapshots, looksTheSame } from "./diff-snapshots.ts";
import { GraphSnapshot } from "./graph-snapshot.ts";
import { type LineCountStore, LineCounts } from "./line-counts.ts";
import { ModelBuilder, type RepoModel } from "./model-builder.ts";
import { describeRefChanges, NO_REF_CHANGES } from "./ref-changes.ts";
import { type RawReading, readRaw, sameReading, sameRefs, toReading } from "./ref-reader.ts";
import { type RepoSettings, readSettings } from "./repo-settings.ts";
import type { DiffOptions, ServedRepo } from "./served-repo.ts";

export interface WorkingCopyOptions {
  readonly id: string;
  readonly folder: string;
  readonly displayName?: string;
  /** On the forge, where the remote's URL does not say. */
  readonly owner?: string;
  readonly name?: string;
  /** Whether answers may say whose clone this is and where it lies. Never on a public server. */
  readonly namesPerson: boolean;
  readonly lineCounts?: LineCountStore;
  /** When a second look confirms a held loss. Default 2 s. */
  readonly secondLookMs?: number;
}

/** A new snapshot, told once, after it can be read. */
export interface Published {
  readonly generation: number;
  readonly stacks: StackChanges;
  readonly branches: readonly string[];
  /** Present when another branch was checked out. Empty names mean a detached HEAD. */
  readonly switched?: { readonly from: string; readonly to: string };
}

export interface RefreshResult {
  readonly outcome: "updated" | "unchanged" | "held";
  readonly generation: number;
  readonly refs: RefChanges;
  readonly stacks: StackChanges;
  readonly phases: { fetchMs: number; readMs: number; deriveMs: number };
  readonly hold?: Hold;
}

/** The repository once it was found on disk. */
interface Opened {
  readonly dirs: GitDirs;
  readonly git: ReadOnlyGit;
  readonly objects: ObjectPool;
  readonly lines: LineCounts;
  readonly builder: ModelBuilder;
}

interface State {
  readonly raw: RawReading;
  readonly listing: RefListing;
  readonly settings: RepoSettings;
}

const NO_STACK_CHANGES: StackChanges = { created: [], changed: [], removed: [] };
/** Up to here a refresh counts lines itself; more are counted behind it. */
const COUNT_AT_ONCE = 32;
const COUNT_BATCH = 500;
/** While many are counted, readers are shown what is known by now and then. */
const PUBLISH_EVERY_MS = 1_000;
/** Names in a hold; more are counted only. */
const MAX_LISTED = 200;
const MAX_PATCH_BYTES = 32 * 1024 * 1024;
/** A working copy's refs are on this disk: a second look a moment later tells a half-read folder from somebody's tidying. */
const SECOND_LOOK_MS = 2_000;

/**
 * A clone that a person works in. It is only read: there is no method here that writes, fetches or waits for anybody, and its
 * git could not. One refresh at a time; readers see the last complete snapshot meanwhile. Disposal ends what runs.
 */
export class WorkingCopy implements ServedRepo, AsyncDisposable {
  readonly kind = "working-copy";
  readonly id: string;
  readonly displayName: string;
  readonly displayPath?: string;
  watching?: Watching;

  readonly #spawner: Spawner;
  readonly #options: WorkingCopyOptions;
  readonly #listeners = new Set<(published: Published) => void>();
  readonly #closing = new AbortController();
  #opened: Opened | undefined;
  /** What the disk said when a refresh looked last, whatever became of it. */
  #lookedAt: RawReading | undefined;
  #state: State | undefined;
  #snapshot: GraphSnapshot | undefined;
  #generation = 0;
  /** Tells the generations of this process from those of another. */
  readonly #boot = crypto.randomUUID().slice(0, 8);
  /** A loss that was not let through yet: exactly these branches. */
  #hold: { readonly hold: Hold; readonly lost: readonly string[]; readonly dueAtMs: number } | undefined;
  #counting: Promise<void> | undefined;

  constructor(spawner: Spawner, options: WorkingCopyOptions) {
    this.id = options.id;
    this.displayName = options.displayName ?? nameOf(options.folder);
    if (options.namesPerson) this.displayPath = homeRelative(options.folder);
    this.#spawner = spawner;
    this.#options = options;
  }

  /**
   * Finds the repository that the folder lies in; reads no refs. A refresh does so by itself, and again until it is found.
   * @throws {NoRepositoryError}
   */
  async open(): Promise<Opened> {
    if (this.#opened) return this.#opened;
    const opened = this.#openAt(await findGitDir(this.#options.folder));
    this.#opened ??= opened;
    return this.#opened;
  }

  #openAt(dirs: GitDirs): Opened {
    const git = new ReadOnlyGit(this.#spawner, dirs.gitDir);
    const objects = new ObjectPool(git);
    const lines = new LineCounts(git, this.#options.lineCounts);
    const builder = new ModelBuilder(git, objects, lines, {
      commonDir: dirs.commonDir,
      namesPerson: this.#options.namesPerson,
    });
    return { dirs, git, objects, lines, builder };
  }

  /** The folder that all worktrees of the repository share, once it was found. */
  get commonDir(): string | undefined {
    return this.#opened?.dirs.commonDir;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#snapshot;
  }

  get owner(): string | undefined {
    return this.#state?.settings.owner ?? this.#options.owner;
  }

  get name(): string | undefined {
    return this.#state?.settings.name ?? this.#options.name;
  }

  get remotes(): RepoSettings["remotes"] {
    return this.#state?.settings.remotes ?? [];
  }

  refOid(ref: string): string | undefined {
    return this.#state?.listing.refs.get(ref);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Reads the refs and, where they differ from the last reading, publishes what follows. A failure changes nothing that
   * readers see. Must not be called while another call runs.
   * @throws {GitError} or the system's error
   */
  async refresh(work: { signal: AbortSignal; confirmed: ReadonlySet<string> }): Promise<RefreshResult> {
    const signal = this.#until(work.signal);
    const startedAt = performance.now();
    const { opened, raw } = await this.#read(signal);
    if (opened !== this.#opened) await this.#moveTo(opened);
    const { dirs, git, lines, builder } = opened;
    this.#lookedAt = raw;
    const readMs = performance.now() - startedAt;
    const before = this.#state;
    if (before && sameReading(before.raw, raw)) {
      this.#hold = undefined;
      return this.#result("unchanged", { readMs, deriveMs: 0 });
    }
    const listing = new RefListing(raw.listing, before?.listing);
    const hold = before && this.#heldBy(before.listing, listing, work.confirmed);
    if (hold) return { ...this.#result("held", { readMs, deriveMs: 0 }), hold };

    const settings = await this.#settingsOf(raw, git, dirs, signal);
    if (before?.settings === settings && sameRefs(before.raw, raw)) {
      this.#state = { raw, listing, settings };
      this.#hold = undefined;
      return this.#result("unchanged", { readMs, deriveMs: 0 });
    }
    const reading = toReading(raw, listing);
    const old = before && this.#snapshot?.parts;
    const changedRefs = listing.deltas.map(({ ref }) => ref);
    let model = await builder.build(reading, settings, old && { model: old, changedRefs }, signal);
    const uncounted = lines.missing(model.uncounted);
    if (uncounted.length > 0 && uncounted.length <= COUNT_AT_ONCE) {
      await lines.count(await lines.recall(uncounted), signal);
      model = builder.withLineCounts(model);
    }
    signal.throwIfAborted();
    const trunkTips = model.graph.trunk?.tips ?? [];
    this.#state = { raw, listing, settings };
    this.#hold = undefined;
    const stacks = this.#publish(model);
    if (uncounted.length > COUNT_AT_ONCE) this.#countBehind(lines, builder);
    return {
      ...this.#result("updated", { readMs, deriveMs: performance.now() - startedAt - readMs }),
      refs: before ? describeRefChanges(listing.deltas, model.history, trunkTips) : NO_REF_CHANGES,
      stacks,
    };
  }

  /** What a refresh would find now. Changes nothing, remembers nothing. @throws as `refresh` */
  async probe(signal: AbortSignal): Promise<RefChanges> {
    const { raw } = await this.#read(this.#until(signal));
    const before = this.#state;
    const listing = new RefListing(raw.listing, before?.listing);
    const parts = this.#snapshot?.parts;
    const history = parts?.history ?? { commit: () => undefined };
    return describeRefChanges(listing.deltas, history, parts?.graph.trunk?.tips ?? []);
  }

  /** Whether the disk says something else than when a refresh looked last. Costs one process. @throws as `refresh` */
  async hasChanged(signal: AbortSignal): Promise<boolean> {
    const { raw } = await this.#read(this.#until(signal));
    return !this.#lookedAt || !sameReading(this.#lookedAt, raw);
  }

  #identity(): Partial<Pick<RepoSettings, "owner" | "name">> {
    const { owner, name } = this.#options;
    return { ...(owner !== undefined && { owner }), ...(name !== undefined && { name }) };
  }

  #until(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal]);
  }

  /**
   * What is on disk now, where it lies now: a worktree that was removed and added again has another Git folder. What is gone is
   * gone, though there be another repository around it.
   */
  async #read(signal: AbortSignal): Promise<{ opened: Opened; raw: RawReading }> {
    const opened = await this.open();
    const { top } = opened.dirs;
    const [found, read] = await Promise.allSettled([
      findGitDir(top),
      readRaw(opened.git, opened.dirs, signal),
    ]);
    if (found.status === "rejected") throw found.reason;
    const dirs = found.value;
    if (dirs.top !== top) throw new NoRepositoryError(`${top} is no Git repository any more.`);
    if (dirs.gitDir !== opened.dirs.gitDir || dirs.commonDir !== opened.dirs.commonDir) {
      const moved = this.#openAt(dirs);
      return { opened: moved, raw: await readRaw(moved.git, dirs, signal) };
    }
    if (read.status === "rejected") throw read.reason;
    return { opened, raw: read.value };
  }

  /** Nothing that was learnt from the folder before holds in this one. */
  async #moveTo(opened: Opened): Promise<void> {
    const before = this.#opened;
    this.#opened = opened;
    this.#state = undefined;
    await before?.objects[Symbol.asyncDispose]();
  }

  /** The same object as before when they say the same: the files are written more often than they change. */
  async #settingsOf(
    raw: RawReading,
    git: ReadOnlyGit,
    dirs: GitDirs,
    signal: AbortSignal,
  ): Promise<RepoSettings> {
    const before = this.#state;
    if (before?.raw.settingsStamp === raw.settingsStamp) return before.settings;
    const settings = { ...(await readSettings(git, dirs, signal)), ...this.#identity() };
    return before && isDeepStrictEqual(before.settings, settings) ? before.settings : settings;
  }

  async diff(range: CommitPair, options: DiffOptions): Promise<{ patch: string; truncated: boolean }> {
    const signal = this.#until(options.signal);
    try {
      const { git } = await this.open();
      const { patch, truncated } = await diffPatch(git, range, {
        signal,
        maxBytes: MAX_PATCH_BYTES,
        ignoreWhitespace: options.ignoreWhitespace,
      });
      return { patch: patch.toString("utf8"), truncated };
    } catch (error) {
      if (!(error instanceof GitError) || error.failure !== "missing-object") throw error;
      throw new Problem("diff/unavailable", "This clone does not hold all objects of the diff.", {
        cause: error,
      });
    }
  }

  #result(
    outcome: RefreshResult["outcome"],
    phases: { readMs: number; deriveMs: number },
  ): Omit<RefreshResult, "hold"> {
    return {
      outcome,
      generation: this.#generation,
      refs: NO_REF_CHANGES,
      stacks: NO_STACK_CHANGES,
      phases: { fetchMs: 0, ...phases },
    };
  }

  /** Undefined when the new listing may go through: little is lost, or the loss was confirmed. */
  #heldBy(before: RefListing, after: RefListing, confirmed: ReadonlySet<string>): Hold | undefined {
    const lost = after.deltas
      .flatMap(({ ref, new: now }) =>
        now === undefined && ref.startsWith(HEADS) ? [ref.slice(HEADS.length)] : [],
      )
      .sort();
    if (!isTooMuch(lost.length, () => countBranches(before))) return undefined;
    const branchesAfter = countBranches(after);
    const open = this.#hold;
    if (open && isDeepStrictEqual(open.lost, lost)) {
      const mayPass = confirmed.has(open.hold.id) || performance.now() >= open.dueAtMs;
      return mayPass ? undefined : { ...open.hold, branchesAfter };
    }
    const { secondLookMs = SECOND_LOOK_MS } = this.#options;
    const hold: Hold = {
      id: crypto.randomUUID(),
      wouldRemove: lost.slice(0, MAX_LISTED),
      branchesBefore: countBranches(before),
      branchesAfter,
      confirmsAt: new Date(Date.now() + secondLookMs).toISOString(),
    };
    this.#hold = { hold, lost, dueAtMs: performance.now() + secondLookMs };
    return hold;
  }

  /** A model that nobody could tell from the one before is kept, and told to nobody. */
  #publish(model: RepoModel): StackChanges {
    const before = this.#snapshot?.parts;
    if (before && looksTheSame(before, model)) {
      const { generation, fingerprint } = before;
      this.#snapshot = new GraphSnapshot({ ...model, generation, fingerprint });
      return NO_STACK_CHANGES;
    }
    const generation = ++this.#generation;
    this.#snapshot = new GraphSnapshot({
      ...model,
      generation,
      fingerprint: `${this.#boot}-${generation}`,
    });
    const [from, to] = [before?.info.currentBranch, model.info.currentBranch];
    const published: Published = {
      generation,
      ...diffSnapshots(before, model),
      ...(from !== undefined && from !== to && { switched: { from, to } }),
    };
    for (const listener of this.#listeners) listener(published);
    return published.stacks;
  }

  /** Counts what is missing, batch by batch, and publishes as it goes on. */
  #countBehind(lines: LineCounts, builder: ModelBuilder): void {
    this.#counting ??= this.#countMissing(lines, builder)
      .catch(() => {}) // The numbers stay absent; the next change tries again.
      .finally(() => {
        this.#counting = undefined;
      });
  }

  async #countMissing(lines: LineCounts, builder: ModelBuilder): Promise<void> {
    const { signal } = this.#closing;
    let publishedAt = performance.now();
    for (;;) {
      const counted = this.#snapshot?.parts;
      if (!counted || signal.aborted) return;
      const missing = lines.missing(counted.uncounted);
      if (missing.length > 0) await lines.count(await lines.recall(missing.slice(0, COUNT_BATCH)), signal);
      const latest = this.#snapshot?.parts;
      if (!latest) return;
      const left = lines.missing(latest.uncounted).length;
      if (left === 0 || performance.now() - publishedAt > PUBLISH_EVERY_MS) {
        if (latest.uncounted.length > 0)
          this.#publish(builder.withLineCounts({ ...latest, moved: undefined }));
        publishedAt = performance.now();
      }
      if (left === 0) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    await this.#counting;
    await this.#opened?.objects[Symbol.asyncDispose]();
  }
}

function countBranches(listing: RefListing): number {
  let count = 0;
  for (const ref of listing.refs.keys()) if (ref.startsWith(HEADS)) count++;
  return count;
}

function nameOf(folder: string): string {
  return (
    folder
      .split(/[\\/]/)
      .filter(Boolean)
      .at(-1)
      ?.replace(/\.git$/, "") ?? folder
  );
}

function homeRelative(folder: string): string {
  const below = relative(homedir(), folder);
  return below.startsWith("..") ? folder : below === "" ? "~" : `~/${below}`;
}
