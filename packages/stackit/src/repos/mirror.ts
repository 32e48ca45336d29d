import { performance } from "node:perf_hooks";
import type { ExpectedRef, RefChanges, UnmetRef } from "../contract/sync-run.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import { RefListing } from "../git/for-each-ref.ts";
import { MirrorGit } from "../git/mirror-git.ts";
import { ObjectPool } from "../git/object-pool.ts";
import { ReadOnlyGit } from "../git/read-only-git.ts";
import { fixedCredentials, type RemoteCredentials } from "../git/remote-credentials.ts";
import type { Spawner } from "../git/spawner.ts";
import type { AdvertisedRefs, RefLooker } from "../git/wire/ls-refs.ts";
import { HEADS, MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import { type FetchPlan, planFetch } from "./advertised-refs.ts";
import type { GraphSnapshot } from "./graph-snapshot.ts";
import { HoldGate } from "./hold-gate.ts";
import { type LineCountStore, LineCounts } from "./line-counts.ts";
import { ensureMirror, removeLeftovers } from "./mirror-folder.ts";
import { MirrorRemote } from "./mirror-remote.ts";
import { ModelBuilder } from "./model-builder.ts";
import { readPatch } from "./read-patch.ts";
import { describeRefChanges, NO_REF_CHANGES } from "./ref-changes.ts";
import { type RawReading, readRaw, toReading } from "./ref-reader.ts";
import type { RepoSettings } from "./repo-settings.ts";
import type { DiffOptions, ServedRepo } from "./served-repo.ts";
import { NO_STACK_CHANGES, type Published, SnapshotPublisher } from "./snapshot-publisher.ts";
import type { RefreshResult } from "./working-copy.ts";

export interface MirrorOptions {
  readonly id: string;
  /** The bare repository, which need not be there. */
  readonly dir: string;
  readonly url: URL;
  /** Without them the remote is asked anonymously. */
  readonly credentials?: RemoteCredentials;
  readonly displayName?: string;
  readonly owner?: string;
  readonly name?: string;
  readonly lineCounts?: LineCountStore;
  /** When a second look confirms a held loss. Default 5 min. */
  readonly secondLookMs?: number;
}

interface State {
  readonly raw: RawReading;
  readonly listing: RefListing;
  readonly settings: RepoSettings;
}

const SECOND_LOOK_MS = 300_000;

/**
 * A bare copy of a remote that the server owns. A refresh looks at the remote's refs first; equal to ours, it ends there, without
 * a process. Otherwise it removes what is gone, fetches what differs by name, and reads everything anew: what changed is the
 * difference of our own two readings. Readers see the last complete snapshot meanwhile, and keep it when anything fails.
 * One refresh at a time. Disposal ends what runs.
 */
export class Mirror implements ServedRepo, AsyncDisposable {
  readonly kind = "mirror";
  readonly id: string;
  readonly displayName: string;
  readonly owner?: string;
  readonly name?: string;
  readonly host: string;
  readonly remotes: readonly { name: string; host: string }[];
  readonly refPrefixes = MIRRORED_PREFIXES;

  readonly #options: MirrorOptions;
  readonly #remote: MirrorRemote;
  readonly #mirrorGit: MirrorGit;
  readonly #git: ReadOnlyGit;
  readonly #objects: ObjectPool;
  readonly #lines: LineCounts;
  readonly #builder: ModelBuilder;
  readonly #publisher = new SnapshotPublisher();
  readonly #gate: HoldGate;
  readonly #closing = new AbortController();
  readonly #spawner: Spawner;
  #isThere = false;
  /** Refs may have been written that were not read: a run failed between the two. */
  #isUnsure = false;
  /** What the remote said when all of it was here and published. */
  #equalTo: AdvertisedRefs | undefined;
  #state: State | undefined;

  constructor(spawner: Spawner, looker: RefLooker, options: MirrorOptions) {
    const { id, dir, url, owner, name, credentials = fixedCredentials(undefined) } = options;
    this.id = id;
    this.displayName = options.displayName ?? (owner && name ? `${owner}/${name}` : id);
    if (owner !== undefined) this.owner = owner;
    if (name !== undefined) this.name = name;
    this.host = url.host;
    this.remotes = [{ name: "origin", host: url.hostname }];
    this.#options = options;
    this.#spawner = spawner;
    this.#mirrorGit = new MirrorGit(spawner, dir);
    this.#remote = new MirrorRemote(looker, this.#mirrorGit, { url, credentials });
    this.#git = new ReadOnlyGit(spawner, dir);
    this.#objects = new ObjectPool(this.#git);
    this.#lines = new LineCounts(this.#git, options.lineCounts);
    this.#builder = new ModelBuilder(this.#git, this.#objects, this.#lines, {
      commonDir: dir,
      namesPerson: false,
    });
    this.#gate = new HoldGate(options.secondLookMs ?? SECOND_LOOK_MS);
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
   * Makes the mirror equal to its remote and publishes what follows.
   * @throws {RemoteError} when the remote cannot be looked at, {GitError}, {NotOurMirrorError} or the system's error
   */
  async refresh(work: {
    signal: AbortSignal;
    confirmed: ReadonlySet<string>;
    expected: readonly ExpectedRef[];
  }): Promise<RefreshResult & { unmet?: readonly UnmetRef[] }> {
    const signal = AbortSignal.any([work.signal, this.#closing.signal]);
    const phases = { fetchMs: 0, readMs: 0, deriveMs: 0 };
    const lap = stopwatch();
    await this.#prepare(signal);
    const isFirst = this.#state === undefined;
    if (isFirst) await this.#readOwn(signal);
    phases.readMs += lap();

    const before = this.#state;
    const wasUnsure = this.#isUnsure;
    const ours = (wasUnsure ? (await this.#read(signal)).listing : before?.listing)?.refs ?? new Map();
    const { advertised, unmet } = await this.#remote.lookFor(work.expected, ours, signal);
    const told = unmet.length > 0 ? { unmet } : {};
    if (advertised === this.#equalTo && !wasUnsure) {
      phases.fetchMs += lap();
      return { ...this.#result("unchanged", phases), ...told };
    }
    const plan = planFetch(ours, advertised.refs, MIRRORED_PREFIXES);
    const change = { gone: plan.gone.map(({ ref }) => ref), before: ours, after: advertised.refs };
    const hold = this.#gate.check(change, work.confirmed);
    const head = advertised.head === headOf(before?.raw) ? undefined : advertised.head;
    const isEqual = plan.refspecs.length === 0 && plan.gone.length === 0 && head === undefined;
    if (hold || (isEqual && before && !wasUnsure)) {
      phases.fetchMs += lap();
      if (hold) return { ...this.#result("held", phases), hold, ...told };
      this.#gate.clear();
      this.#equalTo = advertised;
      return { ...this.#result(isFirst ? "updated" : "unchanged", phases), ...told };
    }
    this.#isUnsure = true;
    await this.#carryOut(plan, head, isFirst, signal);
    phases.fetchMs += lap();

    const reading = await this.#read(signal);
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
    const parts = this.snapshot?.parts;
    const deltas = [
      ...[...refs].flatMap(([ref, now]) => {
        const old = ours.get(ref);
        return old === now ? [] : [{ ref, new: now, ...(old !== undefined && { old }) }];
      }),
      ...plan.gone,
    ];
    return describeRefChanges(
      deltas,
      parts?.history ?? { commit: () => undefined },
      parts?.graph.trunk?.tips ?? [],
    );
  }

  async diff(range: CommitPair, options: DiffOptions): Promise<{ patch: string; truncated: boolean }> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal]);
    return readPatch(this.#git, range, { ...options, signal });
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { dir, id, url } = this.#options;
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

  async #carryOut(
    plan: FetchPlan,
    head: string | undefined,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    // First what is gone: a branch `a` stands in the way of `a/b`.
    await this.#mirrorGit.deleteRefs(plan.gone, { signal });
    if (plan.refspecs.length > 0) await this.#remote.fetch(plan, { signal, timeoutMs: 3_600_000 });
    if (head?.startsWith(HEADS)) await this.#mirrorGit.setHead(head, { signal });
    if (isFirst) await this.#mirrorGit.packRefs({ signal });
  }

  /** What an earlier process left can be read at once, before the remote answers. */
  async #readOwn(signal: AbortSignal): Promise<void> {
    const reading = await this.#read(signal);
    if (reading.listing.refs.size > 0) await this.#advance(reading, signal);
  }

  async #read(signal: AbortSignal): Promise<{ raw: RawReading; listing: RefListing }> {
    const { dir } = this.#options;
    const raw = await readRaw(this.#git, { gitDir: dir, commonDir: dir, top: dir }, signal);
    return { raw, listing: new RefListing(raw.listing, this.#state?.listing) };
  }

  async #advance(
    { raw, listing }: { raw: RawReading; listing: RefListing },
    signal: AbortSignal,
  ): Promise<Pick<RefreshResult, "refs" | "stacks">> {
    const before = this.#state;
    const settings = this.#settings(raw, before);
    const reading = { ...toReading(raw, listing), head: { kind: "none" as const } };
    const advance = { reading, settings, listing, readsOn: before !== undefined };
    const tools = { builder: this.#builder, lines: this.#lines };
    const publish = await this.#publisher.prepare(tools, advance, signal);
    this.#state = { raw, listing, settings };
    return publish();
  }

  /** The remote's HEAD is what it calls its default branch. */
  #settings(raw: RawReading, before: State | undefined): RepoSettings {
    const ref = headOf(raw);
    const head = ref?.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
    if (before && before.settings.initDefault === head) return before.settings;
    return {
      remote: undefined,
      remotes: this.remotes,
      owner: this.owner,
      name: this.name,
      userName: undefined,
      configuredTrunk: undefined,
      initDefault: head,
      tracks: new Map(),
      shallowStamp: undefined,
      isPartial: false,
    };
  }

  #result(outcome: RefreshResult["outcome"], phases: RefreshResult["phases"]): RefreshResult {
    const { generation } = this.#publisher;
    return { outcome, generation, refs: NO_REF_CHANGES, stacks: NO_STACK_CHANGES, phases };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
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
