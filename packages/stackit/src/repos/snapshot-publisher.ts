import { performance } from "node:perf_hooks";
import type { RefChanges, StackChanges } from "../contract/sync-run.ts";
import type { RefListing } from "../git/for-each-ref.ts";
import { FollowUp } from "../lib/follow-up.ts";
import { Turns } from "../lib/turns.ts";
import type { StackGraph } from "../stacks/build-graph.ts";
import { HEADS, type RefReading } from "../stacks/ref-reading.ts";
import { type Restackable, restackLayers } from "../stacks/restack-layers.ts";
import type { KnownStack } from "../stacks/stack-identity.ts";
import { membersOf, withPreviews } from "./branch-table.ts";
import { diffSnapshots, looksTheSame } from "./diff-snapshots.ts";
import { changedBranches, type ForgeKnowledge, hasNewMerges } from "./forge-knowledge.ts";
import { GraphSnapshot, type SnapshotParts } from "./graph-snapshot.ts";
import type { LandingWatch } from "./landing-watch.ts";
import type { LineCounts } from "./line-counts.ts";
import type { MergeTrials } from "./merge-trials.ts";
import type { ModelBuilder } from "./model-builder.ts";
import { commitsOf, describeRefChanges, NO_REF_CHANGES, type ReadCommits } from "./ref-changes.ts";
import type { RepoModel } from "./repo-model.ts";
import type { RepoSettings } from "./repo-settings.ts";
import type { RestackPreviews } from "./restack-previews.ts";
import type { StackIdentities } from "./stack-identities.ts";

/** A new snapshot, told once, after it can be read. */
export interface Published {
  /** What differs: what was read of the repository, or what its forge says beside. */
  readonly by: "reading" | "forge";
  readonly generation: number;
  readonly stacks: StackChanges;
  readonly branches: readonly string[];
  /** Present when another branch was checked out. Empty names mean a detached HEAD. */
  readonly switched?: { readonly from: string; readonly to: string };
  /** Undefined for the first. */
  readonly before: GraphSnapshot | undefined;
  readonly after: GraphSnapshot;
}

/** What a new reading brings: the listing it came from, and whether that reads on from the one before. */
export interface Advance {
  readonly reading: RefReading;
  readonly settings: RepoSettings;
  readonly listing: RefListing;
  readonly readsOn: boolean;
  /** Whether the model before counts for nothing, since its builder is another. */
  readonly anew?: boolean;
}

/** What models of one repository are made with. */
export interface ModelTools {
  readonly builder: ModelBuilder;
  readonly lines: LineCounts;
  readonly landings: LandingWatch;
  readonly previews: RestackPreviews;
  readonly merges: MergeTrials;
  readonly identities: StackIdentities;
}

/** Repositories share them: what goes on behind their snapshots gives way to what somebody waits for. */
export interface TurnsBehind {
  readonly counting: Turns;
  /** For what has landed, and what restacks would do. */
  readonly looking: Turns;
}

export const NO_STACK_CHANGES: StackChanges = { created: [], changed: [], removed: [] };

/** Up to here a refresh counts lines itself; more are counted behind it. */
const COUNT_AT_ONCE = 32;
const COUNT_BATCH = 500;
/** While many are counted, readers are shown what is known by now and then. */
const PUBLISH_EVERY_MS = 1_000;

/**
 * Holds the one snapshot that readers see, and exchanges it whole. Disposal ends the counting that goes on behind it, and waits.
 */
export class SnapshotPublisher implements AsyncDisposable {
  readonly #listeners = new Set<(published: Published) => void>();
  /** Tells the generations of this process from those of another. */
  readonly #boot = crypto.randomUUID().slice(0, 8);
  #snapshot: GraphSnapshot | undefined;
  readonly #turns: TurnsBehind;
  #forge: ForgeKnowledge | undefined;
  #generation = 0;
  /** The numbers that fail stay absent. */
  readonly #counting = new FollowUp((signal) => this.#countMissing(signal));
  readonly #looking = new FollowUp((signal) => this.#lookBehind(signal));
  /** What would be moved in one graph, which is asked several times. */
  #restacks: { readonly graph: StackGraph; readonly layers: readonly Restackable[] } | undefined;
  /** What the snapshot was made with. */
  #tools: ModelTools | undefined;

  constructor(turns: TurnsBehind = { counting: new Turns(1), looking: new Turns(1) }) {
    this.#turns = turns;
  }

  get snapshot(): GraphSnapshot | undefined {
    return this.#snapshot;
  }

  /** Of the snapshot that readers see; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  /** The next snapshot gets a higher one: readers are shown what had this generation. */
  countFrom(generation: number): void {
    this.#generation = Math.max(this.#generation, generation);
  }

  /** The listener must not throw. Returns the way to stop listening. */
  onPublished(listener: (published: Published) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes the model of a new reading. Nothing is published yet: `publish` does that, and tells what changed.
   * @throws {GitError} and nothing has changed
   */
  async prepare(
    tools: ModelTools,
    { reading, settings, listing, readsOn, anew = false }: Advance,
    signal: AbortSignal,
  ): Promise<{ publish: () => { refs: RefChanges; stacks: StackChanges }; commits: ReadCommits }> {
    const { builder, lines } = tools;
    const old = readsOn && !anew ? this.#snapshot?.parts : undefined;
    const changedRefs = listing.deltas.map(({ ref }) => ref);
    const { departures } = tools.landings;
    await tools.identities.load();
    let model = await builder.build(reading, settings, old && { model: old, changedRefs }, signal);
    const uncounted = lines.missing(model.uncounted);
    if (uncounted.length > 0 && uncounted.length <= COUNT_AT_ONCE) {
      await lines.count(await lines.recall(uncounted), signal);
      model = builder.withLineCounts(model);
    }
    signal.throwIfAborted();
    const shown = readsOn ? this.#snapshot?.parts : undefined;
    if (shown) await departures.follow(shown, model);
    const commits = { ...commitsOf(model), keepsTrunk: old?.epoch === model.epoch };
    const publish = (): { refs: RefChanges; stacks: StackChanges } => {
      this.#tools = tools;
      // More may have landed, been told and been tried since the model was made.
      const latest = builder.withPullRequests(builder.withLandings(model));
      const stacks = this.#publish(this.#withKnownPreviews(tools, latest));
      if (uncounted.length > COUNT_AT_ONCE) this.#counting.ask();
      this.#looking.ask();
      const refs = readsOn ? describeRefChanges(listing.deltas, commits) : NO_REF_CHANGES;
      return { refs, stacks };
    };
    return { publish, commits };
  }

  /** A model that nobody could tell from the one before is kept, and told to nobody. */
  #publish(model: RepoModel): StackChanges {
    const shown = this.#snapshot;
    const before = shown?.parts;
    if (before && looksTheSame(before, model)) {
      const { generation, fingerprint, forge } = before;
      const identities = this.#identify(model);
      this.#snapshot = new GraphSnapshot({ ...model, identities, generation, fingerprint, forge });
      return NO_STACK_CHANGES;
    }
    const after = this.#show(model);
    const [from, to] = [before?.info.currentBranch, model.info.currentBranch];
    const published: Published = {
      by: "reading",
      generation: after.generation,
      ...diffSnapshots(before, model),
      ...(from !== undefined && from !== to && { switched: { from, to } }),
      before: shown,
      after,
    };
    for (const listener of this.#listeners) listener(published);
    return published.stacks;
  }

  /**
   * Finds out what has landed, and what restacks would do, each when it is its turn, and publishes when there is something to say. Of what
   * fails nothing is said, and the others go on.
   */
  async #lookBehind(signal: AbortSignal): Promise<void> {
    const steps = this.#turns.looking.begin();
    const step = async (work: (tools: ModelTools) => Promise<boolean>): Promise<boolean> => {
      using _turn = await steps.next(signal);
      return this.#tools === undefined || (await work(this.#tools));
    };
    const orNothing = (work: Promise<boolean>): Promise<boolean> => work.catch(() => true);
    await this.#keepIdentities();
    for (let isDone = false; !isDone; ) {
      const isKnown = await orNothing(step((tools) => this.#lookForLandings(tools, signal)));
      await this.#keepIdentities();
      const isTried = await orNothing(step((tools) => this.#tryRestacks(tools, signal)));
      isDone = (isKnown && isTried) || signal.aborted;
    }
  }

  async #keepIdentities(): Promise<void> {
    await this.#tools?.identities.keep().catch(() => {});
  }

  /** Publishes what has landed. Resolves to whether there is nothing left to find out. */
  async #lookForLandings(tools: ModelTools, signal: AbortSignal): Promise<boolean> {
    const shown = this.#snapshot?.parts;
    if (!shown) return true;
    const isDone = await tools.landings.look(shown, this.#forge?.merged ?? [], signal);
    const latest = this.#snapshot?.parts;
    if (!latest || signal.aborted || tools !== this.#tools) return true;
    const model = tools.builder.withLandings(latest);
    if (model !== latest) this.#publish(this.#withPreviews(tools, model));
    if (tools.lines.missing(model.uncounted).length > 0) this.#counting.ask();
    return isDone;
  }

  /** Publishes what restacks would do, then what merges would. Resolves to whether there is nothing left to try. */
  async #tryRestacks(tools: ModelTools, signal: AbortSignal): Promise<boolean> {
    const shown = this.#snapshot?.parts;
    if (!shown) return true;
    const isRestacked = await tools.previews.learn(this.#restacksOf(shown), signal);
    const isDone = isRestacked && (await tools.merges.learn(shown, signal));
    const latest = this.#snapshot?.parts;
    if (!latest || signal.aborted || tools !== this.#tools) return true;
    const model = this.#withPreviews(tools, latest);
    if (model !== latest) this.#publish(model);
    return isDone && latest.graph === shown.graph;
  }

  #restacksOf({ graph, history }: RepoModel): readonly Restackable[] {
    if (this.#restacks?.graph !== graph) this.#restacks = { graph, layers: restackLayers(graph, history) };
    return this.#restacks.layers;
  }

  /** Where only some stacks can look different, the others are left to what is looked at behind. */
  #withKnownPreviews(tools: ModelTools, model: RepoModel): RepoModel {
    const { moved, graph, history } = model;
    if (!moved) return this.#withPreviews(tools, model);
    const restacks = tools.previews.known(restackLayers(graph, history, membersOf(moved)));
    return withPreviews(model, restacks, undefined, this.#snapshot?.parts, moved);
  }

  #withPreviews({ previews, merges }: ModelTools, model: RepoModel): RepoModel {
    const restacks = previews.known(this.#restacksOf(model));
    return withPreviews(model, restacks, merges.known(model), this.#snapshot?.parts);
  }

  /** Shows what the forge says with whatever was read, now and later. Nothing is published where nobody could see a difference. */
  showForge(forge: ForgeKnowledge): void {
    const shown = this.#snapshot?.parts;
    const before = this.#forge;
    this.#forge = forge;
    if (!shown) return;
    if (hasNewMerges(before, forge)) this.#looking.ask();
    const { refs } = shown.reading;
    const branches = changedBranches(shown.forge, forge)
      .filter((name) => refs.has(HEADS + name))
      .sort();
    const model = this.#tools?.builder.withPullRequests(shown) ?? shown;
    if (model !== shown) {
      this.#publish(model);
      this.#looking.ask();
    }
    if (branches.length === 0) return;
    const last = this.#snapshot;
    const after = this.#show(last?.parts ?? model);
    const { generation } = after;
    for (const listener of this.#listeners)
      listener({ by: "forge", generation, branches, stacks: NO_STACK_CHANGES, before: last, after });
  }

  #show(model: RepoModel): GraphSnapshot {
    const generation = ++this.#generation;
    const parts: SnapshotParts = {
      ...model,
      identities: this.#identify(model),
      forge: this.#forge,
      generation,
      fingerprint: `${this.#boot}-${generation}`,
    };
    const snapshot = new GraphSnapshot(parts);
    this.#snapshot = snapshot;
    return snapshot;
  }

  #identify({ stacks }: RepoModel): readonly KnownStack[] {
    return this.#tools?.identities.identify(stacks) ?? [];
  }

  /** Counts what is missing, batch by batch, and publishes as it goes on. */
  async #countMissing(signal: AbortSignal): Promise<void> {
    const steps = this.#turns.counting.begin();
    let publishedAt = performance.now();
    for (;;) {
      using _turn = await steps.next(signal);
      const counted = this.#snapshot?.parts;
      if (!counted || !this.#tools || signal.aborted) return;
      const { lines, builder } = this.#tools;
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

  /** Settles when all is published that can be found out of what was read. */
  async settled(): Promise<void> {
    // What has landed has other lines to count, and counting leads to nothing further.
    await this.#looking.idle();
    await this.#counting.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    await Promise.all([this.#counting[Symbol.asyncDispose](), this.#looking[Symbol.asyncDispose]()]);
  }
}
