import { performance } from "node:perf_hooks";
import { Problem } from "../contract/problem-error.ts";
import type { Hold, RefChanges } from "../contract/sync-run.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import { RefListing } from "../git/for-each-ref.ts";
import { listingAfter, type RefMove } from "../git/listing-after.ts";
import { MirrorGit } from "../git/mirror-git.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import { fixedCredentials } from "../git/remote-credentials.ts";
import type { Spawner } from "../git/spawner.ts";
import type { AdvertisedRefs, RefLooker } from "../git/wire/ls-refs.ts";
import { orAborted } from "../lib/or-aborted.ts";
import { HEADS, MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { type FetchPlan, planFetch } from "./advertised-refs.ts";
import { bringRefs, bringsAll } from "./bring-refs.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { HeadHistory } from "./head-history.ts";
import { HoldGate } from "./hold-gate.ts";
import { LineCounts } from "./line-counts.ts";
import { DamagedMirrorError, isLockInTheWay, whatItSaysOfFiles } from "./mirror-damage.ts";
import { ensureMirror, isMirror, removeLeftovers, replaceMirror } from "./mirror-folder.ts";
import { MirrorHealth } from "./mirror-health.ts";
import type { MirrorOptions, MirrorResult, MirrorWork } from "./mirror-options.ts";
import { fullNameOf, type MirrorPlace } from "./mirror-place.ts";
import { MirrorRemote } from "./mirror-remote.ts";
import { MirrorUpkeep, type UpkeepReport } from "./mirror-upkeep.ts";
import { ModelBuilder } from "./model-builder.ts";
import { readPatch } from "./read-patch.ts";
import { commitsOf, describeRefChanges, kindOfChanges, NO_REF_CHANGES } from "./ref-changes.ts";
import { RefJournal } from "./ref-journal.ts";
import { type RawReading, readRaw, toReading } from "./ref-reader.ts";
import { mirrorSettings, type RepoSettings } from "./repo-settings.ts";
import type { DiffOptions, ServedRepo } from "./served-repo.ts";
import { NO_STACK_CHANGES, type Published, SnapshotPublisher } from "./snapshot-publisher.ts";
import type { RefreshResult } from "./working-copy.ts";
import { WriteTurns } from "./write-turns.ts";

interface State {
  readonly raw: RawReading;
  readonly listing: RefListing;
  readonly settings: RepoSettings;
}

const SECOND_LOOK_MS = 300_000;
/** There may be a thousand mirrors, and each that was read keeps a process for so long. */
const OBJECTS_IDLE_MS = 5_000;
/** Cloning brings everything there is. */
const CLONE_TIMEOUT_MS = 3_600_000;

/**
 * A bare copy of a remote that the server owns. A refresh looks at the remote's refs first; equal to ours, it ends there, without
 * a process. Otherwise it removes what is gone, fetches what differs by name, and reads everything anew: what changed is the
 * difference of our own two readings. Readers see the last complete snapshot meanwhile, and keep it when anything fails.
 * One refresh at a time. Disposal ends what runs.
 */
export class Mirror implements ServedRepo, AsyncDisposable {
  readonly kind = "mirror";
  readonly id: string;
  readonly host: string;
  readonly remotes: readonly { name: string; host: string }[];
  readonly refPrefixes = MIRRORED_PREFIXES;
  /** When the forge said that the repository was deleted there, until a run proves otherwise. */
  deletedAt: string | undefined;

  readonly #options: MirrorOptions;
  readonly #remote: MirrorRemote;
  readonly #mirrorGit: MirrorGit;
  #place: MirrorPlace;
  readonly #git: ReadOnlyGit;
  readonly #objects: ObjectPool;
  readonly #lines: LineCounts;
  readonly #heads: HeadHistory;
  readonly #turns = new WriteTurns();
  readonly #upkeep: MirrorUpkeep;
  #builder: ModelBuilder;
  readonly #publisher = new SnapshotPublisher();
  readonly #gate: HoldGate;
  readonly #journal: RefJournal;
  readonly #closing = new AbortController();
  readonly #spawner: Spawner;
  #isThere = false;
  /** Refs may have been written that were not read: a run failed between the two. */
  #isUnsure = false;
  /** What the remote said when all of it was here and published. */
  #equalTo: AdvertisedRefs | undefined;
  #state: State | undefined;
  readonly #health: MirrorHealth;
  #opening: Promise<void> | undefined;
  /** Whether what the builder made last is the model that is shown. */
  #buildsOn = true;

  constructor(spawner: Spawner, looker: RefLooker, options: MirrorOptions) {
    const { id, dir, url, owner, name, credentials = fixedCredentials(undefined) } = options;
    this.id = id;
    this.#place = {
      url,
      ...(owner !== undefined && { owner }),
      ...(name !== undefined && { name }),
      formerNames: [],
    };
    this.host = url.host;
    this.remotes = [{ name: "origin", host: url.hostname }];
    this.#options = options;
    this.#spawner = spawner;
    this.#mirrorGit = new MirrorGit(spawner, dir);
    this.#remote = new MirrorRemote(looker, this.#mirrorGit, { url, credentials });
    this.#git = new ReadOnlyGit(spawner, dir);
    this.#objects = new ObjectPool(this.#git, { idleMs: OBJECTS_IDLE_MS });
    this.#health = new MirrorHealth(this.#mirrorGit);
    this.#lines = new LineCounts(this.#git, options.lineCounts, () => this.#health.suspect());
    this.#heads = new HeadHistory(options.headMoves);
    this.#upkeep = new MirrorUpkeep(this.#mirrorGit, () => this.#heads.forget(), options.upkeep);
    this.#builder = this.#newBuilder();
    this.#journal = new RefJournal(dir);
    this.#gate = new HoldGate(options.secondLookMs ?? SECOND_LOOK_MS);
  }

  get displayName(): string {
    return this.#options.displayName ?? fullNameOf(this.#place) ?? this.id;
  }

  get owner(): string | undefined {
    return this.#place.owner;
  }

  get name(): string | undefined {
    return this.#place.name;
  }

  get formerNames(): readonly string[] {
    return this.#place.formerNames;
  }

  get place(): MirrorPlace {
    return this.#place;
  }

  /** The names hold at once, the URL from the next run on. It must be of the same origin: the credentials are for that alone. */
  relocate(place: MirrorPlace): void {
    if (place.url.origin !== this.#place.url.origin) throw new Error("a mirror stays at its origin");
    this.#place = place;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#publisher.snapshot;
  }

  refOid(ref: string): string | undefined {
    return this.#state?.listing.refs.get(ref);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    return this.#publisher.onPublished(listener);
  }

  /**
   * Publishes what an earlier process left, without asking anybody. Before the first refresh; one that comes meanwhile waits. Never
   * rejects: what is wrong with it is the first refresh's to say.
   */
  async open(options: { signal: AbortSignal }): Promise<void> {
    if (this.#opening || !(await isMirror(this.#options.dir))) return;
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    this.#opening ??= this.#prepare(signal)
      .then(() => this.#readOwn(signal))
      .catch(() => {});
    await this.#opening;
  }

  /**
   * Makes the mirror equal to its remote and publishes what follows. One whose files are damaged is cloned anew beside itself
   * and exchanged; until then readers keep the last snapshot.
   * @throws {RemoteError} when the remote cannot be looked at, {DamagedMirrorError} when cloning anew did not help, {GitError},
   *   {NotOurMirrorError} or the system's error
   */
  async refresh(work: MirrorWork): Promise<MirrorResult> {
    const signal = AbortSignal.any([work.signal, this.#closing.signal]);
    this.#opening ??= Promise.resolve();
    await orAborted(this.#opening, signal);
    this.#remote.goTo(this.#place.url);
    try {
      return await this.#refresh(work, signal).catch((error: unknown) => {
        if (!isLockInTheWay(error)) throw error;
        return this.#refresh(work, signal);
      });
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(await this.#health.isBlamedFor(error, { ...work, signal }))) throw error;
      const hold = await this.#cloneAnew(error, work, signal);
      if (hold) return { ...this.#result("held", { fetchMs: 0, readMs: 0, deriveMs: 0 }), hold };
      return { ...(await this.#refresh(work, signal)), recloned: true };
    }
  }

  async #refresh(work: MirrorWork, signal: AbortSignal): Promise<MirrorResult> {
    const phases = { fetchMs: 0, readMs: 0, deriveMs: 0 };
    const lap = stopwatch();
    await this.#prepare(signal);
    await this.#health.check({ ...work, signal });
    const isFirst = this.#state === undefined;
    if (isFirst) await this.#readOwn(signal);
    phases.readMs += lap();

    const before = this.#state;
    const wasUnsure = this.#isUnsure;
    const mustRead = wasUnsure || this.#isRenamedSince(before);
    const ours = (wasUnsure ? (await this.#read(signal)).listing : before?.listing)?.refs ?? new Map();
    const { advertised, unmet } = await this.#remote.lookFor(
      work.expected,
      { refs: ours, wasAt: (ref, oid) => this.#heads.wasAt(ref, oid) },
      signal,
    );
    const told = unmet.length > 0 ? { unmet } : {};
    if (advertised === this.#equalTo && !mustRead) {
      phases.fetchMs += lap();
      return { ...this.#result("unchanged", phases), ...told };
    }
    const plan = planFetch(ours, advertised.refs, MIRRORED_PREFIXES);
    const change = { gone: plan.gone.map(({ ref }) => ref), before: ours, after: advertised.refs };
    const hold = this.#gate.check(change, work.confirmed);
    const head = advertised.head === headOf(before?.raw) ? undefined : advertised.head;
    const isEqual = plan.wanted.length === 0 && plan.gone.length === 0 && head === undefined;
    if (hold || (isEqual && before && !mustRead)) {
      phases.fetchMs += lap();
      if (hold) return { ...this.#result("held", phases), hold, ...told };
      this.#gate.clear();
      this.#equalTo = advertised;
      return { ...this.#result(isFirst ? "updated" : "unchanged", phases), ...told };
    }
    using _turn = await this.#turns.forFetch(signal);
    this.#isUnsure = true;
    await this.#heads.announce(plan.leaving);
    await this.#journal.begin(
      ours,
      [...plan.wanted, ...plan.gone].map(({ ref }) => ref),
      {
        head: headOf(before?.raw),
        isWhole: bringsAll(plan, ours),
      },
    );
    const moves = await this.#carryOut(this.#mirrorGit, plan, ours, head, { ...work, signal });
    await this.#journal.end();
    phases.fetchMs += lap();

    // Nobody else moves refs here: what a transaction wrote need not be read again.
    const reading = await this.#read(signal, wasUnsure ? undefined : moves);
    await this.#options.beforePublishing?.(signal);
    phases.readMs += lap();
    const published = await this.#advance(reading, signal);
    this.#isUnsure = false;
    phases.deriveMs += lap();
    this.#gate.clear();
    return { ...this.#result("updated", phases), ...published, ...told };
  }

  async probe(signal: AbortSignal): Promise<RefChanges> {
    const { refs } = await this.#remote.look(AbortSignal.any([signal, this.#closing.signal]));
    const ours = this.#state?.listing.refs ?? new Map<string, string>();
    const plan = planFetch(ours, refs, MIRRORED_PREFIXES);
    const deltas = [
      ...[...refs].flatMap(([ref, now]) => {
        const old = ours.get(ref);
        return old === now ? [] : [{ ref, new: now, ...(old !== undefined && { old }) }];
      }),
      ...plan.gone,
    ];
    return describeRefChanges(deltas, commitsOf(this.snapshot?.parts));
  }

  async diff(range: CommitPair, options: DiffOptions): Promise<{ patch: string; truncated: boolean }> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return readPatch(this.#git, range, { ...options, signal }).catch((error: unknown) => {
      if (error instanceof Problem && error.code === "diff/unavailable") this.#health.suspect();
      throw error;
    });
  }

  /**
   * Keeps the files in good order, as far as that is due. Ends at once for a refresh that has something to fetch, and when the signal
   * aborts. Undefined when it is not the time for it: nothing is here yet, or a run is at work or has broken off. What is damaged is
   * cloned anew by the next run. @throws {GitError}
   */
  async maintain({ signal }: { signal: AbortSignal }): Promise<UpkeepReport | undefined> {
    if (!this.#state || this.#isUnsure || !this.#health.isGood) return undefined;
    const until = AbortSignal.any([signal, this.#closing.signal]);
    try {
      const report = await this.#turns.forUpkeep(until, (ended) => this.#upkeep.run(ended));
      if (report?.isDamaged) this.#health.noteDamage();
      return report;
    } catch (error) {
      if (whatItSaysOfFiles(error) === "damaged") this.#health.suspect();
      throw error;
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { dir, id } = this.#options;
    const { url } = this.#place;
    if (!this.#isThere) {
      await ensureMirror(dir, { id, url: url.href }, async (folder) => {
        // Asked before there is a mirror, so that a remote that is not there leaves none behind.
        const objectFormat = await this.#remote.objectFormat(signal);
        await new MirrorGit(this.#spawner, folder).init(objectFormat, { signal });
      });
      await removeLeftovers(dir, { evenFresh: false });
      this.#isThere = true;
    }
    if (this.#isUnsure) await removeLeftovers(dir, { evenFresh: true });
  }

  /** @returns what is held, when the remote has lost so much that nothing may follow it unasked */
  async #cloneAnew(damage: unknown, work: MirrorWork, signal: AbortSignal): Promise<Hold | undefined> {
    const { dir, id } = this.#options;
    const { url } = this.#place;
    this.#health.mayBeClonedAnew(damage);
    work.extendDeadline?.(CLONE_TIMEOUT_MS);
    try {
      const advertised = await this.#remote.look(signal);
      const before = this.#state?.listing.refs ?? new Map<string, string>();
      const { gone } = planFetch(before, advertised.refs, MIRRORED_PREFIXES);
      const change = { gone: gone.map(({ ref }) => ref), before, after: advertised.refs };
      const hold = this.#gate.check(change, work.confirmed);
      if (hold) return hold;
      using _turn = await this.#turns.forFetch(signal);
      await replaceMirror(dir, { id, url: url.href }, async (folder) => {
        const git = new MirrorGit(this.#spawner, folder);
        await git.init(await this.#remote.objectFormat(signal), { signal });
        const plan = planFetch(new Map(), advertised.refs, MIRRORED_PREFIXES);
        await this.#carryOut(git, plan, new Map(), advertised.head, { ...work, signal });
      });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new DamagedMirrorError("damaged, and cloning it anew failed", { cause: error });
    }
    this.#health.noteClonedAnew();
    this.#isUnsure = true;
    this.#buildsOn = false;
    this.#builder = this.#newBuilder();
    this.#lines.forgetUnavailable();
    await this.#objects.reopen();
    return undefined;
  }

  #newBuilder(): ModelBuilder {
    return new ModelBuilder(this.#git, this.#objects, this.#lines, {
      formerTips: async (branch) => this.#heads.formerTips(branch),
      namesPerson: false,
    });
  }

  async #carryOut(
    git: MirrorGit,
    plan: FetchPlan,
    ours: ReadonlyMap<string, string>,
    head: string | undefined,
    { signal, onProgress }: Pick<MirrorWork, "signal" | "onProgress">,
  ): Promise<readonly RefMove[] | undefined> {
    const trunkRefs = [headOf(this.#state?.raw), `${HEADS}${this.snapshot?.trunk}`];
    const trunk = trunkRefs.flatMap((ref) => ours.get(ref ?? "") ?? []);
    const options = { signal, timeoutMs: CLONE_TIMEOUT_MS, onProgress };
    const moves = await bringRefs(git, this.#remote, plan, { refs: ours, trunk }, options);
    if (head?.startsWith(HEADS)) await git.setHead(head, { signal });
    if (ours.size === 0) await git.packRefs({ signal });
    return moves;
  }

  /** What an earlier process left can be read at once, before the remote answers: the last state that was complete. */
  async #readOwn(signal: AbortSignal): Promise<void> {
    await this.#heads.load();
    let reading = await this.#read(signal);
    const undone = await this.#journal.undo(this.#mirrorGit, reading.listing.refs, { signal });
    if (undone === "had-nothing") {
      this.#isUnsure = true;
      return;
    }
    if (undone === "went-back") reading = await this.#read(signal);
    if (reading.listing.refs.size > 0) await this.#advance(reading, signal);
  }

  /** `moves`: all that has moved since the reading before, where that is known. */
  async #read(
    signal: AbortSignal,
    moves?: readonly RefMove[],
  ): Promise<{ raw: RawReading; listing: RefListing }> {
    const { dir } = this.#options;
    const known = this.#state && moves ? listingAfter(this.#state.listing.raw, moves) : undefined;
    const raw = await readRaw(this.#git, { gitDir: dir, commonDir: dir, top: dir }, signal, known);
    if (raw.hasBroken) throw new DamagedMirrorError("refs are broken");
    return { raw, listing: new RefListing(raw.listing, this.#state?.listing) };
  }

  async #advance(
    { raw, listing }: { raw: RawReading; listing: RefListing },
    signal: AbortSignal,
  ): Promise<Pick<RefreshResult, "refs" | "stacks">> {
    const before = this.#state;
    const settings = this.#settings(raw, before);
    const reading = { ...toReading(raw, listing), head: { kind: "none" as const } };
    const advance = { reading, settings, listing, readsOn: before !== undefined, anew: !this.#buildsOn };
    this.#buildsOn = false;
    const tools = { builder: this.#builder, lines: this.#lines };
    this.#heads.look(listing.refs, listing.deltas);
    const { publish, commits } = await this.#publisher.prepare(tools, advance, signal);
    if (this.#builder.absent.length > 0) throw new DamagedMirrorError("objects are missing");
    await this.#heads.settle(listing.deltas, kindOfChanges(commits), (oids) => this.#keep(oids, signal));
    this.#state = { raw, listing, settings };
    this.#buildsOn = true;
    return publish();
  }

  /** What a mirror that was cloned anew no longer has cannot be kept. */
  async #keep(oids: readonly string[], signal: AbortSignal): Promise<void> {
    const here = await this.#objects.read(oids, { signal });
    await this.#mirrorGit.keep([...here.keys()], { signal });
  }

  #settings(raw: RawReading, before: State | undefined): RepoSettings {
    const ref = headOf(raw);
    const head = ref?.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
    const isSame = before?.settings.initDefault === head && !this.#isRenamedSince(before);
    return before && isSame ? before.settings : mirrorSettings(this, head);
  }

  #isRenamedSince(state: State | undefined): boolean {
    return state !== undefined && fullNameOf(state.settings) !== fullNameOf(this);
  }

  #result(outcome: RefreshResult["outcome"], phases: RefreshResult["phases"]): RefreshResult {
    const { generation } = this.#publisher;
    return { outcome, generation, refs: NO_REF_CHANGES, stacks: NO_STACK_CHANGES, phases };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#opening;
    (await this.#turns.forFetch(this.#closing.signal))[Symbol.dispose]();
    await this.#publisher[Symbol.asyncDispose]();
    await this.#objects[Symbol.asyncDispose]();
  }
}

function headOf(raw: RawReading | undefined): string | undefined {
  return raw?.head.kind === "ref" ? raw.head.ref : undefined;
}

/** Milliseconds since it was asked before. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const ms = now - last;
    last = now;
    return ms;
  };
}
