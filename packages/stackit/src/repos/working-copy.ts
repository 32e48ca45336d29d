import { homedir } from "node:os";
import { relative } from "node:path";
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { Watching } from "../contract/repo.ts";
import type { Hold, RefChanges, StackChanges } from "../contract/sync-run.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import { findGitDir, type GitDirs, NoRepositoryError } from "../git/find-git-dir.ts";
import { RefListing } from "../git/for-each-ref.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import { readOwnTips } from "../git/reflog.ts";
import type { Spawner } from "../git/spawner.ts";
import { traced } from "../lib/tracing.ts";
import { READ_PREFIXES } from "../stacks/ref-reading.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { HoldGate } from "./hold-gate.ts";
import { type LandingTools, LandingWatch } from "./landing-watch.ts";
import { type LineCountStore, LineCounts } from "./line-counts.ts";
import { MergeTrials } from "./merge-trials.ts";
import { ModelBuilder } from "./model-builder.ts";
import { readChangedFile } from "./read-changed-file.ts";
import { readPatch } from "./read-patch.ts";
import { commitsOf, describeRefChanges, NO_REF_CHANGES } from "./ref-changes.ts";
import { type RawReading, readRaw, sameReading, sameRefs, toReading } from "./ref-reader.ts";
import { type RepoSettings, readSettings } from "./repo-settings.ts";
import { RestackPreviews } from "./restack-previews.ts";
import type { ChangedFileOptions, DiffOptions, Patch, ServedRepo } from "./served-repo.ts";
import {
  NO_STACK_CHANGES,
  type Published,
  SnapshotPublisher,
  type TurnsBehind,
} from "./snapshot-publisher.ts";
import { StackIdentities, type StackStore } from "./stack-identities.ts";
import { ToolRecords } from "./tool-records.ts";

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
  readonly landings?: LandingTools;
  readonly stacks?: StackStore;
  /** Without them its work behind snapshots waits for nobody. */
  readonly behind?: TurnsBehind;
  /** Where restacks are tried; without it they are not. */
  readonly trialsDir?: string;
  /** When a second look confirms a held loss. Default 2 s. */
  readonly secondLookMs?: number;
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
  readonly landings: LandingWatch;
  readonly previews: RestackPreviews;
  readonly merges: MergeTrials;
  readonly identities: StackIdentities;
  readonly builder: ModelBuilder;
  readonly tools: ToolRecords;
}

interface State {
  readonly raw: RawReading;
  readonly listing: RefListing;
  readonly settings: RepoSettings;
}

/** A working copy's refs are on this disk: a second look a moment later tells a half-read folder from somebody's tidying. */
const SECOND_LOOK_MS = 2_000;

/**
 * A clone that a person works in. It is only read: there is no method here that writes, fetches or waits for anybody, and its
 * git could not. One refresh at a time; readers see the last complete snapshot meanwhile. Disposal ends what runs.
 */
export class WorkingCopy implements ServedRepo, AsyncDisposable {
  readonly kind = "working-copy";
  readonly refPrefixes = READ_PREFIXES;
  readonly id: string;
  readonly displayName: string;
  readonly displayPath?: string;
  watching?: Watching;

  readonly #spawner: Spawner;
  readonly #options: WorkingCopyOptions;
  readonly #publisher: SnapshotPublisher;
  readonly #gate: HoldGate;
  readonly #closing = new AbortController();
  #opened: Opened | undefined;
  /** What the disk said when a refresh looked last, whatever became of it. */
  #lookedAt: RawReading | undefined;
  #state: State | undefined;

  constructor(spawner: Spawner, options: WorkingCopyOptions) {
    this.id = options.id;
    this.displayName = options.displayName ?? nameOf(options.folder);
    if (options.namesPerson) this.displayPath = homeRelative(options.folder);
    this.#spawner = spawner;
    this.#options = options;
    this.#publisher = new SnapshotPublisher(options.behind);
    this.#gate = new HoldGate(options.secondLookMs ?? SECOND_LOOK_MS);
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
    const landings = new LandingWatch(git, objects, this.#options.landings ?? {});
    const builder = new ModelBuilder(git, objects, lines, {
      formerTips: (branch) => readOwnTips(dirs.commonDir, branch),
      landings,
      namesPerson: this.#options.namesPerson,
    });
    const previews = new RestackPreviews(this.#spawner, git, objects, this.#options);
    const identities = new StackIdentities(this.#options.stacks);
    return {
      dirs,
      git,
      objects,
      lines,
      landings,
      previews,
      merges: new MergeTrials(git, previews),
      identities,
      builder,
      tools: new ToolRecords(dirs.commonDir),
    };
  }

  /** The folder that all worktrees of the repository share, once it was found. */
  get commonDir(): string | undefined {
    return this.#opened?.dirs.commonDir;
  }

  /** The folder that holds its HEAD, once it was found: no two worktrees share it. */
  get gitDir(): string | undefined {
    return this.#opened?.dirs.gitDir;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#publisher.snapshot;
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
    return this.#publisher.onPublished(listener);
  }

  /**
   * Reads the refs and, where they differ from the last reading, publishes what follows. A failure changes nothing that
   * readers see. Must not be called while another call runs.
   * @throws {GitError} or the system's error
   */
  async refresh(work: { signal: AbortSignal; confirmed: ReadonlySet<string> }): Promise<RefreshResult> {
    const signal = this.#until(work.signal);
    const startedAt = performance.now();
    const { opened, raw } = await traced("sync read", {}, () => this.#read(signal));
    if (opened !== this.#opened) await this.#moveTo(opened);
    this.#lookedAt = raw;
    const readMs = performance.now() - startedAt;
    const before = this.#state;
    if (before && sameReading(before.raw, raw)) {
      this.#gate.clear();
      return this.#result("unchanged", { readMs, deriveMs: 0 });
    }
    const listing = new RefListing(raw.listing, before?.listing);
    const gone = listing.deltas.flatMap((delta) => (delta.new === undefined ? [delta.ref] : []));
    const change = before && { gone, before: before.listing.refs, after: listing.refs };
    const hold = change && this.#gate.check(change, work.confirmed);
    if (hold) return { ...this.#result("held", { readMs, deriveMs: 0 }), hold };

    const settings = await this.#settingsOf(raw, opened, signal);
    if (before?.settings === settings && sameRefs(before.raw, raw)) {
      this.#state = { raw, listing, settings };
      this.#gate.clear();
      return this.#result("unchanged", { readMs, deriveMs: 0 });
    }
    const reading = toReading(raw, listing);
    const advance = { reading, settings, listing, readsOn: before !== undefined };
    const { publish } = await traced("sync derive", {}, () =>
      this.#publisher.prepare(opened, advance, signal),
    );
    this.#state = { raw, listing, settings };
    this.#gate.clear();
    const changes = publish();
    const deriveMs = performance.now() - startedAt - readMs;
    return { ...this.#result("updated", { readMs, deriveMs }), ...changes };
  }

  /** Settles when all is published that can be found out of the last reading, such as what has landed. */
  settled(): Promise<void> {
    return this.#publisher.settled();
  }

  /** What a refresh would find now. Changes nothing, remembers nothing. @throws as `refresh` */
  async probe(signal: AbortSignal): Promise<RefChanges> {
    const { raw } = await this.#read(this.#until(signal));
    const before = this.#state;
    const listing = new RefListing(raw.listing, before?.listing);
    return describeRefChanges(listing.deltas, commitsOf(this.snapshot?.parts));
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
    { git, dirs, tools }: Opened,
    signal: AbortSignal,
  ): Promise<RepoSettings> {
    const before = this.#state;
    if (before?.raw.settingsStamp === raw.settingsStamp) return before.settings;
    const settings = { ...(await readSettings(git, dirs, tools, signal)), ...this.#identity() };
    return before && isDeepStrictEqual(before.settings, settings) ? before.settings : settings;
  }

  async diff(range: CommitPair, options: DiffOptions): Promise<Patch> {
    const { git } = await this.open();
    return readPatch(git, range, { ...options, signal: this.#until(options.signal) });
  }

  async changedFile(range: CommitPair, options: ChangedFileOptions): Promise<Buffer> {
    const { git } = await this.open();
    return readChangedFile(git, range, { ...options, signal: this.#until(options.signal) });
  }

  #result(
    outcome: RefreshResult["outcome"],
    phases: { readMs: number; deriveMs: number },
  ): Omit<RefreshResult, "hold"> {
    return {
      outcome,
      generation: this.#publisher.generation,
      refs: NO_REF_CHANGES,
      stacks: NO_STACK_CHANGES,
      phases: { fetchMs: 0, ...phases },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#publisher[Symbol.asyncDispose]();
    await this.#opened?.objects[Symbol.asyncDispose]();
  }
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
