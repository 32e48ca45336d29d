import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { Problem } from "../contract/problem-error.ts";
import type { ForgeHealth } from "../contract/repo.ts";
import type { Hold, RefChanges } from "../contract/sync-run.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import { MirrorGit } from "../git/mirror-git.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import { fixedCredentials } from "../git/remote-credentials.ts";
import { salvage } from "../git/salvage.ts";
import type { Spawner } from "../git/spawner.ts";
import type { AdvertisedRefs, RemoteLooker } from "../git/wire/ls-refs.ts";
import { orAborted } from "../lib/or-aborted.ts";
import { traced } from "../lib/tracing.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { type FetchPlan, planFetch } from "./advertised-refs.ts";
import { cloneMirror } from "./clone-mirror.ts";
import type { ForgeKnowledge } from "./forge-knowledge.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { HeadHistory } from "./head-history.ts";
import { HoldGate } from "./hold-gate.ts";
import type { KeptSnapshot } from "./kept-snapshot.ts";
import { type KeptFor, KeptSnapshotFile } from "./kept-snapshot-file.ts";
import { digestOf, type LastShown, LastShownFile } from "./last-shown.ts";
import {
  DamagedMirrorError,
  isLockInTheWay,
  RecloneFailedError,
  whatItSaysOfFiles,
} from "./mirror-damage.ts";
import { readKept } from "./mirror-files.ts";
import { ensureMirror, isMirror, removeLeftovers, replaceMirror } from "./mirror-folder.ts";
import { MirrorGuard } from "./mirror-guard.ts";
import { MirrorHealth } from "./mirror-health.ts";
import type { MirrorOptions, MirrorResult, MirrorWork } from "./mirror-options.ts";
import { fullNameOf, type MirrorPlace, originOf } from "./mirror-place.ts";
import { MirrorRemote } from "./mirror-remote.ts";
import { MirrorUpkeep, type UpkeepReport } from "./mirror-upkeep.ts";
import { PushHistory } from "./push-history.ts";
import { readChangedFile } from "./read-changed-file.ts";
import { readPatch } from "./read-patch.ts";
import { commitsOf, describeRefChanges, NO_REF_CHANGES } from "./ref-changes.ts";
import { RefMover } from "./ref-mover.ts";
import type { ChangedFileOptions, DiffOptions, Patch, ServedRepo } from "./served-repo.ts";
import { ShownMirror } from "./shown-mirror.ts";
import { NO_STACK_CHANGES, type Published } from "./snapshot-publisher.ts";
import type { RefreshResult } from "./working-copy.ts";
import { WriteTurns } from "./write-turns.ts";

const SECOND_LOOK_MS = 300_000;
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
  readonly pushes: PushHistory;
  /** When the forge said that the repository was deleted there, until a run proves otherwise. */
  deletedAt: string | undefined;
  /** How well its pull requests are known; undefined where nobody asks for them. */
  forge: ForgeHealth | undefined;

  readonly #options: MirrorOptions;
  readonly #remote: MirrorRemote;
  readonly #mirrorGit: MirrorGit;
  #place: MirrorPlace;
  readonly #git: ReadOnlyGit;
  readonly #heads: HeadHistory;
  readonly #turns = new WriteTurns();
  readonly #upkeep: MirrorUpkeep;
  readonly #gate: HoldGate;
  readonly #shown: ShownMirror;
  readonly #mover: RefMover;
  readonly #closing = new AbortController();
  readonly #spawner: Spawner;
  #isThere = false;
  /** Refs may have been written that were not read: a run failed between the two. */
  #isUnsure = false;
  /** What the remote said when all of it was here and published. */
  #equalTo: AdvertisedRefs | undefined;
  readonly #health: MirrorHealth;
  readonly #guard: MirrorGuard;
  readonly #lastShown: LastShownFile;
  readonly #keptFile: KeptSnapshotFile;
  #kept: KeptSnapshot | undefined;
  #recalling: Promise<void> | undefined;
  /** Whether what is shown is kept, as far as there is anything. */
  #isShownKept = true;
  /** Settles when there is a snapshot. */
  readonly #firstShown = Promise.withResolvers<void>();
  /** The refresh at work. Never rejects. */
  #refreshing: Promise<unknown> | undefined;
  #opening: Promise<void> | undefined;

  constructor(spawner: Spawner, looker: RemoteLooker, options: MirrorOptions) {
    const { id, dir, url, ssh, owner, name, credentials = fixedCredentials(undefined) } = options;
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
    const { pause } = options;
    this.#remote = new MirrorRemote(looker, this.#mirrorGit, { url, credentials, ssh, pause });
    this.#git = new ReadOnlyGit(spawner, dir);
    this.#health = new MirrorHealth(this.#mirrorGit);
    this.#guard = new MirrorGuard(dir);
    this.#heads = new HeadHistory(options.headMoves);
    this.#upkeep = new MirrorUpkeep(this.#mirrorGit, () => this.#heads.forget(), options.upkeep);
    this.#shown = new ShownMirror(spawner, this.#mirrorGit, {
      heads: this.#heads,
      lineCounts: options.lineCounts,
      landings: options.landings,
      stacks: options.stacks,
      behind: options.behind,
      trialsDir: options.trialsDir,
      onMissing: () => this.#health.suspect(),
    });
    this.pushes = new PushHistory(this.#git, this.#heads, () => this.refs);
    this.#mover = new RefMover(this.#mirrorGit, this.#remote, this.#heads);
    this.#gate = new HoldGate(options.secondLookMs ?? SECOND_LOOK_MS);
    this.#lastShown = new LastShownFile(dir);
    this.#keptFile = new KeptSnapshotFile(dir, options.onKeptDropped);
    this.#shown.onPublished(() => {
      this.#kept = undefined;
      this.#firstShown.resolve();
      this.#isShownKept = false;
    });
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

  /** The bare repository, which need not be there. */
  get gitDir(): string {
    return this.#options.dir;
  }

  /** The names hold at once, the URL from the next run on. It must be of the same origin: the credentials are for that alone. */
  relocate(place: MirrorPlace): void {
    if (originOf(place.url) !== originOf(this.#place.url)) throw new Error("a mirror stays at its origin");
    this.#place = place;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#shown.snapshot;
  }

  refOid(ref: string): string | undefined {
    return this.#shown.refs.get(ref);
  }

  /** All refs with what they name, as they are shown. */
  get refs(): ReadonlyMap<string, string> {
    return this.#shown.refs;
  }

  /** What its forge says beside what was read, now or later. */
  showForge(forge: ForgeKnowledge): void {
    this.#shown.showForge(forge);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    return this.#shown.onPublished(listener);
  }

  /** Settles when all is published that can be found out of the last reading, such as what has landed. */
  settled(): Promise<void> {
    return this.#shown.settled();
  }

  /** What an earlier process showed last, until this one shows something; undefined where all of it has to be read to know. */
  get lastShown(): Pick<LastShown, "trunk" | "counts" | "notes"> | undefined {
    return this.snapshot ? undefined : this.#lastShown.last;
  }

  /** The snapshot that an earlier process showed last, where somebody has recalled it, until this one shows something. */
  get kept(): KeptSnapshot | undefined {
    return this.#kept;
  }

  /**
   * Gives readers back the snapshot that an earlier process showed last, where it is kept and the refs on the disk are still those that it
   * was made of: one process, and no object is read. Never rejects.
   */
  async recallSnapshot(): Promise<void> {
    this.#recalling ??= this.#recallSnapshot()
      .catch(() => {})
      .finally(() => {
        this.#recalling = undefined;
      });
    await this.#recalling;
  }

  async #recallSnapshot(): Promise<void> {
    const { last } = this.#lastShown;
    if (this.#kept || this.snapshot || !last) return;
    const kept = await this.#keptFile.load(this.#keptFor(last.refs));
    if (!kept) return;
    const { signal } = this.#closing;
    using _turn = await this.#options.opening?.begin().next(signal);
    const { raw, listing } = await this.#shown.read(signal);
    const head = raw.head.kind === "ref" ? raw.head.ref : undefined;
    if (digestOf(listing.refs, head) !== last.refs) {
      await this.#keptFile.drop("somebody else has moved its refs");
      return;
    }
    // Whoever moves refs forgets that first.
    if (this.#lastShown.last !== last || this.snapshot) return;
    this.#shown.countFrom(kept.generation);
    this.#kept = kept;
  }

  /** Keeps what is shown for the next process, unless it is kept already. Never rejects: without it the mirror is read. */
  async keepSnapshot(): Promise<void> {
    const { snapshot, refs, head } = this.#shown;
    if (!snapshot || this.#isUnsure) return;
    await this.#keptFile.keep(snapshot, this.#keptFor(digestOf(refs, head))).catch(() => {});
  }

  #keptFor(refs: string): KeptFor {
    const fullName = fullNameOf(this.#place);
    const hasForge = this.forge !== undefined && this.forge.health !== "off";
    return { repoId: this.id, refs, hasForge, ...(fullName !== undefined && { fullName }) };
  }

  /** Learns what was shown last, so that it need not be read before somebody wants it or something is new. Never rejects. */
  async recall(): Promise<void> {
    if (await isMirror(this.#options.dir).catch(() => false)) await this.#lastShown.load();
  }

  /**
   * Publishes what an earlier process left, without asking anybody, where nothing is shown yet. A refresh that comes meanwhile waits; one
   * that is at work does it itself. Never rejects: what is wrong with it is the next refresh's to say.
   */
  async open(options: { signal: AbortSignal }): Promise<void> {
    while (this.#refreshing && !this.snapshot) {
      await Promise.race([this.#refreshing, this.#firstShown.promise]);
    }
    if (this.#shown.isRead) return;
    this.#opening ??= this.#open(options.signal).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async #open(wanted: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([wanted, this.#closing.signal]);
    try {
      if (!(await isMirror(this.#options.dir))) return;
      await this.#prepare(signal);
      await this.#readOwn(signal);
    } catch {
      if (signal.aborted || !this.#lastShown.last) return;
      // So that the next refresh does not take for granted what cannot be read.
      await this.#lastShown.forget().catch(() => {});
      this.#options.onUnreadable?.();
    }
  }

  /** The same where it was left unread, for a reader who needs more than what was shown last. */
  async wake(): Promise<void> {
    if (!this.lastShown) return;
    const { signal } = this.#closing;
    using _turn = await this.#options.opening
      ?.begin()
      .next(signal)
      .catch(() => undefined);
    if (!signal.aborted) await this.open({ signal });
  }

  /**
   * Makes the mirror equal to its remote and publishes what follows. One whose files are damaged, or that somebody wants anew, is
   * cloned beside itself and exchanged; until then readers keep the last snapshot. Where somebody wants it repaired, all of it is read.
   * @throws {RemoteError} when the remote cannot be looked at, {DamagedMirrorError} when cloning anew did not help,
   *   {RecloneFailedError} when somebody wanted it and what was there is kept, {GitError}, {NotOurMirrorError} or the system's error
   */
  async refresh(work: MirrorWork): Promise<MirrorResult> {
    const signal = AbortSignal.any([work.signal, this.#closing.signal]);
    this.#remote.goTo(this.#place.url);
    const lap = stopwatch();
    if (await this.#isAsLastShown(work, signal)) {
      return this.#result("unchanged", { fetchMs: lap(), readMs: 0, deriveMs: 0 });
    }
    if (this.#opening !== undefined) await orAborted(this.#opening, signal);
    const refreshing = this.#refreshOrMend(work, signal);
    this.#refreshing = refreshing.catch(() => {});
    try {
      return await refreshing;
    } finally {
      this.#refreshing = undefined;
    }
  }

  async #refreshOrMend(work: MirrorWork, signal: AbortSignal): Promise<MirrorResult> {
    let repaired: Pick<MirrorResult, "repair"> = {};
    try {
      if (work.mend === "repair") repaired = { repair: { leftovers: await this.#distrust(signal) } };
      if (work.mend !== "reclone") return { ...(await this.#refresh(work, signal)), ...repaired };
      await this.#prepare(signal);
      if (!this.#shown.isRead) await this.#readOwn(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!(await this.#health.isBlamedFor(error, { ...work, signal }))) throw error;
      if (work.mend === undefined) this.#health.mayBeClonedAnew(error);
    }
    const hold = await this.#cloneAnew(work, signal);
    if (hold) return { ...this.#result("held", { fetchMs: 0, readMs: 0, deriveMs: 0 }), hold };
    const result = await this.#refresh(work, signal);
    await this.#heads.drop((await this.#heads.held()).difference(await readKept(this.#options.dir)));
    return { ...result, ...repaired, recloned: true };
  }

  async #refresh(work: MirrorWork, signal: AbortSignal): Promise<MirrorResult> {
    const result = await this.#runOnce(work, signal).catch((error: unknown) => {
      if (!isLockInTheWay(error)) throw error;
      return this.#runOnce(work, signal);
    });
    await this.#guard.note();
    await this.#keepShown();
    return result;
  }

  async #runOnce(work: MirrorWork, signal: AbortSignal): Promise<MirrorResult> {
    const phases = { fetchMs: 0, readMs: 0, deriveMs: 0 };
    const lap = stopwatch();
    await this.#prepare(signal);
    await this.#health.check({ ...work, signal });
    const isFirst = !this.#shown.isRead;
    if (isFirst) await this.#readOwn(signal);
    phases.readMs += lap();

    const { isRead, head: headBefore, generation } = this.#shown;
    const wasUnsure = this.#isUnsure;
    const mustRead = wasUnsure || this.#shown.isRenamed(this);
    const ours = wasUnsure ? (await this.#shown.read(signal)).listing.refs : this.#shown.refs;
    const known = { refs: ours, wasAt: (ref: string, oid: string) => this.#heads.wasAt(ref, oid) };
    const [{ advertised, unmet }, isAsLeft] = await Promise.all([
      traced("sync look", {}, () => this.#remote.lookFor(work.expected, known, signal)),
      this.#isAsLeft(),
    ]);
    if (!isAsLeft) return this.#runOnce(work, signal);
    const told = unmet.length > 0 ? { unmet } : {};
    if (advertised === this.#equalTo && !mustRead) {
      phases.fetchMs += lap();
      return { ...this.#result("unchanged", phases), ...told };
    }
    const plan = planFetch(ours, advertised.refs, MIRRORED_PREFIXES);
    const hold = this.#gate.check(lossOf(plan, ours, advertised), work.confirmed);
    const nextHead = advertised.head === headBefore ? undefined : advertised.head;
    const isEqual = plan.wanted.length === 0 && plan.gone.length === 0 && nextHead === undefined;
    if (hold || (isEqual && isRead && !mustRead)) {
      phases.fetchMs += lap();
      if (hold) return { ...this.#result("held", phases), hold, ...told };
      this.#gate.clear();
      this.#equalTo = advertised;
      return { ...this.#result(isFirst ? "updated" : "unchanged", phases), ...told };
    }
    using _turn = await this.#turns.forFetch(signal);
    using _change = this.#guard.changing();
    this.#isUnsure = true;
    await this.#forgetShown();
    const moves = await traced("sync fetch", {}, () =>
      this.#mover.move(
        { plan, refs: ours, head: headBefore, nextHead, trunk: this.#shown.trunkTips },
        { signal, timeoutMs: CLONE_TIMEOUT_MS, onProgress: work.onProgress },
      ),
    );
    phases.fetchMs += lap();

    // Nobody else moves refs here: what a transaction wrote need not be read again.
    const reading = await traced("sync read", {}, () =>
      this.#shown.read(signal, wasUnsure ? undefined : moves),
    );
    await this.#options.beforePublishing?.(signal);
    await this.#mover.settle();
    phases.readMs += lap();
    const published = await traced("sync derive", {}, () => this.#shown.advance(reading, this, signal));
    this.#isUnsure = false;
    phases.deriveMs += lap();
    this.#gate.clear();
    const isMoved = nextHead !== undefined || reading.listing.deltas.length > 0;
    const isNews = isFirst || isMoved || this.#shown.generation !== generation;
    return { ...this.#result(isNews ? "updated" : "unchanged", phases), ...published, ...told };
  }

  async probe(signal: AbortSignal): Promise<RefChanges> {
    await this.wake();
    const { refs } = await this.#remote.look(AbortSignal.any([signal, this.#closing.signal]));
    const ours = this.#shown.refs;
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

  async diff(range: CommitPair, options: DiffOptions): Promise<Patch> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return this.#suspectIfUnavailable(readPatch(this.#git, range, { ...options, signal }));
  }

  async changedFile(range: CommitPair, options: ChangedFileOptions): Promise<Buffer> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return this.#suspectIfUnavailable(readChangedFile(this.#git, range, { ...options, signal }));
  }

  async #suspectIfUnavailable<Read>(reading: Promise<Read>): Promise<Read> {
    return reading.catch((error: unknown) => {
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
    const isHere = this.#shown.isRead || this.#equalTo !== undefined;
    if (!isHere || this.#isUnsure || !this.#health.isGood) return undefined;
    const until = AbortSignal.any([signal, this.#closing.signal]);
    try {
      const report = await this.#turns.forUpkeep(until, async (ended) => {
        using _change = this.#guard.changing();
        return await this.#upkeep.run(ended);
      });
      await this.#guard.note();
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
    if (!this.#isUnsure) return;
    using _turn = await this.#turns.forFetch(signal);
    await removeLeftovers(dir, { evenFresh: true });
  }

  /** What is next read of the mirror is all of it. @returns how many files were removed that a killed git had left */
  async #distrust(signal: AbortSignal): Promise<number> {
    await this.#prepare(signal);
    this.#health.suspect();
    this.#isUnsure = true;
    using _turn = await this.#turns.forFetch(signal);
    return removeLeftovers(this.#options.dir, { evenFresh: true });
  }

  /** Otherwise somebody else has been at the files: what is there must be checked and read. */
  async #isAsLeft(): Promise<boolean> {
    if (!(await this.#guard.look())) return true;
    this.#health.suspect();
    this.#isUnsure = true;
    return false;
  }

  /** @returns what is held, when the remote has lost so much that nothing may follow it unasked */
  async #cloneAnew(work: MirrorWork, signal: AbortSignal): Promise<Hold | undefined> {
    const { dir, id } = this.#options;
    const { url } = this.#place;
    work.extendDeadline?.(CLONE_TIMEOUT_MS);
    try {
      const advertised = await this.#remote.look(signal);
      const { refs } = this.#shown;
      const plan = planFetch(refs, advertised.refs, MIRRORED_PREFIXES);
      const hold = this.#gate.check(lossOf(plan, refs, advertised), work.confirmed);
      if (hold) return hold;
      using _turn = await this.#turns.forFetch(signal);
      using _change = this.#guard.changing();
      const options = { signal, timeoutMs: CLONE_TIMEOUT_MS, onProgress: work.onProgress };
      const kept = [...(await this.#heads.held()), ...plan.leaving.map(({ old }) => old)];
      await this.#forgetShown();
      const fill = async (gitDir: string): Promise<void> => {
        await cloneMirror(this.#spawner, gitDir, this.#remote, advertised, options);
        await salvage(this.#spawner, { gitDir, from: join(dir, "objects") }, kept, { signal });
      };
      await traced("sync reclone", {}, () => replaceMirror(dir, { id, url: url.href }, fill));
    } catch (error) {
      if (signal.aborted) throw error;
      if (work.mend === "reclone") throw new RecloneFailedError(error);
      throw new DamagedMirrorError("damaged, and cloning it anew failed", { cause: error });
    }
    this.#health.noteClonedAnew();
    this.#guard.startAnew();
    this.#isUnsure = true;
    await this.#shown.startAnew();
    return undefined;
  }

  /**
   * Whether the remote is still what was shown last, and nobody has read the mirror yet. Then there is nothing to do, and nothing of it need
   * be read. Who wants to read it meanwhile may.
   */
  async #isAsLastShown(work: MirrorWork, signal: AbortSignal): Promise<boolean> {
    const { last } = this.#lastShown;
    const asksMore = work.expected.length > 0 || work.confirmed.size > 0 || work.mend !== undefined;
    if (this.snapshot || !last || asksMore || this.#isUnsure || !this.#health.isGood) return false;
    const [advertised, isAsLeft] = await Promise.all([
      traced("sync look", {}, () => this.#remote.look(signal)),
      this.#isAsLeft(),
    ]);
    if (this.snapshot || this.#opening || !isAsLeft) return false;
    if (advertised !== this.#equalTo && digestOf(advertised.refs, advertised.head) !== last.refs)
      return false;
    this.#equalTo = advertised;
    return true;
  }

  /** Before what is on the disk changes. @throws the system's error */
  async #forgetShown(): Promise<void> {
    this.#isShownKept = false;
    await this.#lastShown.forget();
  }

  /** What cannot be kept is read at the next start. Never rejects. */
  async #keepShown(): Promise<void> {
    const { snapshot, refs, head } = this.#shown;
    if (this.#isShownKept || !snapshot || this.#isUnsure) return;
    this.#isShownKept = true;
    const { trunk, counts, notes } = snapshot;
    await this.#lastShown.keep({ refs, head, trunk, counts, notes }).catch(() => {});
  }

  /** What an earlier process left can be read at once, before the remote answers: the last state that was complete. */
  async #readOwn(signal: AbortSignal): Promise<void> {
    // What is read may be another state than the one that was believed to be here.
    this.#equalTo = undefined;
    await this.#heads.load();
    let reading = await this.#shown.read(signal);
    const undone = await this.#mover.undo(reading.listing.refs, { signal });
    if (undone === "had-nothing") {
      this.#isUnsure = true;
      return;
    }
    if (undone === "went-back") reading = await this.#shown.read(signal);
    if (reading.listing.refs.size > 0) await this.#shown.advance(reading, this, signal);
  }

  #result(outcome: RefreshResult["outcome"], phases: RefreshResult["phases"]): RefreshResult {
    const { generation } = this.#shown;
    return { outcome, generation, refs: NO_REF_CHANGES, stacks: NO_STACK_CHANGES, phases };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#opening;
    await this.#recalling;
    await this.#keepShown();
    await this.keepSnapshot();
    (await this.#turns.forFetch(this.#closing.signal))[Symbol.dispose]();
    await this.#shown[Symbol.asyncDispose]();
  }
}

function lossOf(
  { gone }: FetchPlan,
  before: ReadonlyMap<string, string>,
  { refs: after }: AdvertisedRefs,
): Parameters<HoldGate["check"]>[0] {
  return { gone: gone.map(({ ref }) => ref), before, after };
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
