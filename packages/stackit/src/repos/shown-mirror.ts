import { join } from "node:path";
import { RefListing } from "../git/for-each-ref.ts";
import { listingAfter, type RefMove } from "../git/listing-after.ts";
import type { MirrorGit } from "../git/mirror-git.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import type { FormerRecord } from "../stacks/branch-records.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { ForgeKnowledge } from "./forge-knowledge.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import type { HeadHistory } from "./head-history.ts";
import { type LandingTools, LandingWatch } from "./landing-watch.ts";
import { type LineCountStore, LineCounts } from "./line-counts.ts";
import { MergeTrials } from "./merge-trials.ts";
import { DamagedMirrorError } from "./mirror-damage.ts";
import { fullNameOf } from "./mirror-place.ts";
import { ModelBuilder } from "./model-builder.ts";
import { PullRequestSources } from "./pull-request-sources.ts";
import { kindOfChanges } from "./ref-changes.ts";
import { type RawReading, readRaw, toReading } from "./ref-reader.ts";
import { mirrorSettings, type RepoSettings } from "./repo-settings.ts";
import { RestackPreviews } from "./restack-previews.ts";
import { type Published, SnapshotPublisher, type TurnsBehind } from "./snapshot-publisher.ts";
import { StackIdentities, type StackStore } from "./stack-identities.ts";
import type { RefreshResult } from "./working-copy.ts";

/** What is on disk, not shown yet. */
export interface MirrorReading {
  readonly raw: RawReading;
  readonly listing: RefListing;
}

interface State extends MirrorReading {
  readonly settings: RepoSettings;
}

/** What a mirror is called while it is shown. */
export type MirrorNames = Pick<RepoSettings, "remotes" | "owner" | "name">;

/** There may be a thousand mirrors, and each that was read keeps a process for so long. */
const OBJECTS_IDLE_MS = 5_000;

const NO_REFS: ReadonlyMap<string, string> = new Map();

/**
 * What readers are shown of a mirror: the model of its last complete reading, which stays when a later one fails. The difference of
 * two readings is what changed. Not for two calls at once. Disposal ends what runs.
 */
export class ShownMirror implements AsyncDisposable {
  readonly #dir: string;
  readonly #git: ReadOnlyGit;
  readonly #keeper: MirrorGit;
  readonly #heads: HeadHistory;
  readonly #objects: ObjectPool;
  readonly #lines: LineCounts;
  readonly #landings: LandingWatch;
  readonly #previews: RestackPreviews;
  readonly #merges: MergeTrials;
  readonly #identities: StackIdentities;
  readonly #pullRequests = new PullRequestSources();
  readonly #publisher: SnapshotPublisher;
  readonly #readableRecords = new Map<string, FormerRecord>();
  #builder: ModelBuilder;
  #state: State | undefined;
  /** Whether what the builder made last is the model that is shown. */
  #buildsOn = true;

  /** `onMissing`: something that must be there was not. */
  constructor(
    spawner: Spawner,
    keeper: MirrorGit,
    options: {
      readonly heads: HeadHistory;
      readonly lineCounts: LineCountStore | undefined;
      readonly landings: LandingTools | undefined;
      readonly stacks: StackStore | undefined;
      readonly behind: TurnsBehind | undefined;
      readonly trialsDir: string | undefined;
      readonly onMissing: () => void;
    },
  ) {
    this.#dir = keeper.gitDir;
    this.#keeper = keeper;
    this.#heads = options.heads;
    this.#publisher = new SnapshotPublisher(options.behind);
    this.#git = new ReadOnlyGit(spawner, keeper.gitDir);
    this.#objects = new ObjectPool(this.#git, {
      idleMs: OBJECTS_IDLE_MS,
      looseFolder: join(this.#dir, "objects"),
    });
    this.#lines = new LineCounts(this.#git, options.lineCounts, options.onMissing);
    this.#landings = new LandingWatch(this.#git, this.#objects, options.landings ?? {});
    this.#identities = new StackIdentities(options.stacks);
    this.#previews = new RestackPreviews(spawner, this.#git, this.#objects, options);
    this.#merges = new MergeTrials(this.#git, this.#previews);
    this.#builder = this.#newBuilder();
  }

  /** Whether there was a complete reading. */
  get isRead(): boolean {
    return this.#state !== undefined;
  }

  /** Empty before the first reading. */
  get refs(): ReadonlyMap<string, string> {
    return this.#state?.listing.refs ?? NO_REFS;
  }

  /** The ref that HEAD names. */
  get head(): string | undefined {
    const head = this.#state?.raw.head;
    return head?.kind === "ref" ? head.ref : undefined;
  }

  /** Where the trunk is, as far as that is known. */
  get trunkTips(): readonly string[] {
    return [this.head, `${HEADS}${this.snapshot?.trunk}`].flatMap((ref) => this.refs.get(ref ?? "") ?? []);
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#publisher.snapshot;
  }

  /** Of the snapshot; 0 before the first. */
  get generation(): number {
    return this.#publisher.generation;
  }

  /** Where an earlier process left off, before anything is shown. */
  countFrom(generation: number): void {
    this.#publisher.countFrom(generation);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    return this.#publisher.onPublished(listener);
  }

  /** Settles when all is published that can be found out of the last reading, such as what has landed. */
  settled(): Promise<void> {
    return this.#publisher.settled();
  }

  /** What its forge says beside what was read, now or later. */
  showForge(forge: ForgeKnowledge): void {
    this.#pullRequests.hear(forge.pullRequests);
    this.#publisher.showForge(forge);
  }

  /** Whether it is shown by other names than these. */
  isRenamed(names: MirrorNames): boolean {
    return this.#state !== undefined && fullNameOf(this.#state.settings) !== fullNameOf(names);
  }

  /**
   * Publishes nothing. `moves`: all that has moved since what is shown, where that is known.
   * @throws {DamagedMirrorError} {GitError} or the system's error
   */
  async read(signal: AbortSignal, moves?: readonly RefMove[]): Promise<MirrorReading> {
    const dir = this.#dir;
    const known = this.#state && moves ? listingAfter(this.#state.listing.raw, moves) : undefined;
    const raw = await readRaw(this.#git, { gitDir: dir, commonDir: dir, top: dir }, signal, {
      known,
      isOurs: true,
    });
    if (raw.hasBroken) throw new DamagedMirrorError("refs are broken");
    return { raw, listing: new RefListing(raw.listing, this.#state?.listing) };
  }

  /** Publishes a reading that reads on from what is shown. @throws {DamagedMirrorError} {GitError} and what is shown stays */
  async advance(
    { raw, listing }: MirrorReading,
    names: MirrorNames,
    signal: AbortSignal,
  ): Promise<Pick<RefreshResult, "refs" | "stacks">> {
    const before = this.#state;
    const settings = this.#settings(raw, names);
    const reading = { ...toReading(raw, listing), head: { kind: "none" as const } };
    const advance = { reading, settings, listing, readsOn: before !== undefined, anew: !this.#buildsOn };
    this.#buildsOn = false;
    const tools = {
      builder: this.#builder,
      lines: this.#lines,
      landings: this.#landings,
      previews: this.#previews,
      merges: this.#merges,
      identities: this.#identities,
    };
    this.#heads.look(listing.refs, listing.deltas);
    const { publish, commits } = await this.#publisher.prepare(tools, advance, signal);
    if (this.#builder.absent.length > 0) throw new DamagedMirrorError("objects are missing");
    await this.#heads.settle(listing.deltas, kindOfChanges(commits), (oids) => this.#keep(oids, signal));
    this.#state = { raw, listing, settings };
    this.#buildsOn = true;
    return publish();
  }

  /** The files were exchanged for others: nothing that was learnt from them counts any more. What is shown stays. */
  async startAnew(): Promise<void> {
    this.#buildsOn = false;
    this.#builder = this.#newBuilder();
    this.#lines.forgetUnavailable();
    this.#landings.forgetUnreadable();
    this.#previews.forget();
    await this.#objects.reopen();
  }

  #newBuilder(): ModelBuilder {
    return new ModelBuilder(this.#git, this.#objects, this.#lines, {
      formerTips: async (branch) => this.#heads.formerTips(branch),
      landings: this.#landings,
      pullRequests: this.#pullRequests,
      readable: this.#readableRecords,
      namesPerson: false,
    });
  }

  /** What a mirror that was cloned anew no longer has cannot be kept. */
  async #keep(oids: readonly string[], signal: AbortSignal): Promise<void> {
    const here = await this.#objects.read(oids, { signal });
    await this.#keeper.keep([...here.keys()], { signal });
  }

  #settings(raw: RawReading, names: MirrorNames): RepoSettings {
    const ref = raw.head.kind === "ref" ? raw.head.ref : undefined;
    const head = ref?.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
    const before = this.#state?.settings;
    return before && before.initDefault === head && !this.isRenamed(names)
      ? before
      : mirrorSettings(names, head);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
    await this.#objects[Symbol.asyncDispose]();
  }
}
