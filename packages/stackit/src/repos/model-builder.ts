import type { Branch } from "../contract/view.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { FormerRecord } from "../stacks/branch-records.ts";
import { buildGraph, type GraphInput, updateGraph } from "../stacks/build-graph.ts";
import { chooseTrunk, type Trunk } from "../stacks/choose-trunk.ts";
import { ghostsOf } from "../stacks/departed.ts";
import type { CommitFacts } from "../stacks/history.ts";
import { NOTHING_LANDED } from "../stacks/landed.ts";
import { orderStacks, reorderStacks } from "../stacks/order-stacks.ts";
import { type RecordedEdges, rootsOf } from "../stacks/recorded-edges.ts";
import { REMOTES, type RefReading, STACKIT_STACKS } from "../stacks/ref-reading.ts";
import { type Landing, readLandings } from "../stacks/trunk-log.ts";
import type { BranchFacts } from "./branch-facts.ts";
import { type FactSources, withFacts, withLineCounts } from "./branch-table.ts";
import { CommitMemo } from "./commit-memo.ts";
import type { LandingWatch } from "./landing-watch.ts";
import type { LineCounts } from "./line-counts.ts";
import { MetadataMemo } from "./metadata-memo.ts";
import type { PullRequestSources } from "./pull-request-sources.ts";
import { RecordedSources } from "./recorded-sources.ts";
import { branchesTouchedBy, tipsOf } from "./remote-tips.ts";
import { notesOf, type RepoModel } from "./repo-model.ts";
import type { RepoSettings } from "./repo-settings.ts";
import { type FormerTips, TipMemory } from "./tip-memory.ts";

const LANDINGS = 10;
/** First-parent commits that are looked through for them. */
const TRUNK_LOG = 40;

/**
 * Makes models from readings, and remembers what follows from object ids alone, so that a model costs what is new in its
 * reading. Not for two calls at once.
 */
export class ModelBuilder {
  readonly #namesPerson: boolean;
  readonly #objects: ObjectPool;
  readonly #git: ReadOnlyGit;
  #commits: CommitMemo;
  readonly #sources: FactSources;
  readonly #tipMemory: TipMemory;
  readonly #views = new WeakMap<BranchFacts, Branch>();
  readonly #metadata: MetadataMemo;
  readonly #landings: LandingWatch;
  readonly #recorded: RecordedSources;
  /** What is recorded as a parent and has none that is recorded. */
  #roots: readonly string[] = [];
  #keptBefore: readonly RecordedEdges[] | undefined;

  /** `namesPerson`: whether models say who runs the server. `readable`: records that another builder could read. */
  constructor(
    git: ReadOnlyGit,
    objects: ObjectPool,
    lines: LineCounts,
    options: {
      formerTips: FormerTips;
      landings: LandingWatch;
      namesPerson: boolean;
      pullRequests?: PullRequestSources;
      readable?: Map<string, FormerRecord>;
    },
  ) {
    const { formerTips, landings, namesPerson, pullRequests, readable = new Map() } = options;
    this.#tipMemory = new TipMemory(formerTips);
    this.#landings = landings;
    this.#namesPerson = namesPerson;
    this.#objects = objects;
    this.#git = git;
    this.#commits = new CommitMemo(git, objects);
    this.#metadata = new MetadataMemo(objects, readable);
    this.#recorded = new RecordedSources(objects, pullRequests);
    this.#sources = {
      header: (oid) => this.#commits.header(oid),
      lines: (pair) => lines.get(pair),
    };
  }

  /** Objects that the refs of the last reading name and the repository does not hold. */
  get absent(): readonly string[] {
    return [...this.#commits.absent, ...this.#metadata.absent];
  }

  /** @throws {GitError} and nothing is lost. */
  async build(
    reading: RefReading,
    settings: RepoSettings,
    before: { readonly model: RepoModel; readonly changedRefs: readonly string[] } | undefined,
    signal: AbortSignal,
  ): Promise<RepoModel> {
    await this.#landings.load();
    // Beyond the edge of a shallow clone lies what it did not know: when the edge moves, all may be different.
    if (before?.model.settings.shallowStamp !== settings.shallowStamp) {
      this.#commits = new CommitMemo(this.#git, this.#objects);
    }
    // The first time there is much to wait for, and what metadata says seldom changes which branch is the trunk.
    const expected = before
      ? undefined
      : await this.#heldPart(this.#chooseTrunk(reading, settings, []), signal);
    const [kept] = await Promise.all([
      this.#recorded.gather(reading, settings, signal),
      this.#metadata.read(reading, before?.changedRefs, signal),
      expected && this.#learnCommits(reading, settings, expected, undefined, signal),
    ]);
    const changed = (prefixes: readonly string[]): boolean =>
      !before || before.changedRefs.some((ref) => prefixes.some((prefix) => ref.startsWith(prefix)));
    if (
      !before ||
      this.#keptBefore !== kept ||
      this.#metadata.namesOtherParents(before.model.graph, reading, before.changedRefs)
    ) {
      this.#roots = [...this.#metadata.namedAsRoot(reading), ...rootsOf(kept)];
      this.#keptBefore = kept;
    }
    const trunk = await this.#heldPart(this.#chooseTrunk(reading, settings, this.#roots), signal);
    const sameTrunk = before?.model.graph.trunk?.name === trunk?.name && before?.model.settings === settings;
    const [landings] = await Promise.all([
      this.#readLandings(trunk, settings, before?.model, signal),
      this.#learnCommits(reading, settings, trunk, sameTrunk ? before?.changedRefs : undefined, signal),
    ]);
    if (trunk) await this.#landings.confirm(trunk, this.#commits.epoch, settings, signal);
    const history = this.#commits.history;
    const told = await this.#recorded.withCommits(kept, reading, history, before?.changedRefs, signal);
    const recorded = this.#recorded.withPullRequests(told, reading, trunk?.name);
    const remembered = await this.#tipMemory.recall(reading, trunk?.name, before?.changedRefs);
    const { absent } = this.#commits;
    const { landed } = this.#landings;
    const { records: blobs, former } = this.#metadata;
    const input = { reading, trunk, history, absent, blobs, former, recorded, remembered, landed };
    const updated = before && updateGraph(before.model.graph, input, before.changedRefs);
    const graph = updated?.graph ?? buildGraph(input);
    // The headers of commits off the trunk are known; members may also stand on it.
    const shown = updated
      ? [...updated.changed].flatMap((name) => graph.nodes.get(name) ?? [])
      : graph.nodes.values();
    const onTrunk = Iterator.from(shown).flatMap(({ tip }) => (history.commit(tip) ? [] : [tip]));
    const trunkTip = trunk?.tip === undefined ? [] : [trunk.tip];
    const loose = updated ? [] : [...graph.unstacked.values()].map(({ tip }) => tip);
    await this.#commits.loadHeaders([...onTrunk, ...trunkTip, ...loose], signal);

    const currentBranch = reading.head.kind === "branch" ? reading.head.name : "";
    const reordered =
      before && updated && before.model.info.currentBranch === currentBranch
        ? reorderStacks(before.model.stacks, before.model.graph, graph, updated.changed)
        : undefined;
    const stacks = reordered ?? orderStacks(graph, currentBranch);
    const model: RepoModel = {
      reading,
      settings,
      graph,
      stacks,
      facts: new Map(),
      history,
      epoch: this.#commits.epoch,
      landings,
      departed: [],
      ghosts: new Map(),
      trunkHeader: trunk?.tip === undefined ? undefined : this.#commits.header(trunk.tip),
      looseHeaders: before && updated ? before.model.looseHeaders : this.#headersOf(loose),
      stackMetadata:
        before && !changed([STACKIT_STACKS]) ? before.model.stackMetadata : this.#metadata.stacksOf(reading),
      info: {
        owner: settings.owner ?? "",
        repo: settings.name ?? "",
        trunk: trunk?.name ?? "",
        currentBranch,
        remote: settings.remote ?? "",
        ...(this.#namesPerson && settings.userName !== undefined && { currentUser: settings.userName }),
      },
      notes: notesOf(reading, settings, graph, recorded),
      uncounted: [],
      moved: undefined,
      views: this.#views,
    };
    return this.#withGhosts(withFacts(model, before?.model, changed([REMOTES]), this.#sources));
  }

  /** The same model with the line counts that are known by now. */
  withLineCounts(model: RepoModel): RepoModel {
    return withLineCounts(model, this.#sources);
  }

  /** The same model with what is known by now to have left and to have landed. */
  withLandings(model: RepoModel): RepoModel {
    const { landed, departures } = this.#landings;
    const { input } = model.graph.workings;
    if (input.landed === landed) return model.departed === departures.all ? model : this.#withGhosts(model);
    return this.#regraphed(model, { ...input, landed });
  }

  /** The same model with what pull requests tell by now of what stands on what. */
  withPullRequests(model: RepoModel): RepoModel {
    const { input } = model.graph.workings;
    const recorded = this.#recorded.withPullRequests(input.recorded, model.reading, model.graph.trunk?.name);
    return recorded === input.recorded ? model : this.#regraphed(model, { ...input, recorded });
  }

  #regraphed(model: RepoModel, input: GraphInput): RepoModel {
    const graph = buildGraph(input);
    const stacks = orderStacks(graph, model.info.currentBranch);
    const told = withFacts({ ...model, graph, stacks }, model, false, this.#sources);
    return { ...this.#withGhosts(told), moved: undefined };
  }

  #withGhosts(model: RepoModel): RepoModel {
    const { facts, graph } = model;
    const departed = this.#landings.departures.all;
    const landed = graph.workings.input.landed ?? NOTHING_LANDED;
    const rootOf = (name: string): string | undefined => facts.get(name)?.placed.root;
    return { ...model, departed, ghosts: ghostsOf(departed, landed, graph, rootOf) };
  }

  async #learnCommits(
    reading: RefReading,
    settings: RepoSettings,
    trunk: Trunk | undefined,
    changedRefs: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const allTips = (): string[] => tipsOf(reading, settings, trunk, reading.refs.keys());
    // A branch's counterpart on the remote matters only while there is the branch, so either may have come last.
    const touched = changedRefs?.flatMap((ref) => branchesTouchedBy(ref, settings));
    const tips = touched ? tipsOf(reading, settings, trunk, touched) : allTips();
    await this.#commits.update(trunk?.tips ?? [], tips, allTips, signal);
  }

  #chooseTrunk(
    reading: RefReading,
    settings: RepoSettings,
    namedAsRoot: readonly string[],
  ): Trunk | undefined {
    return chooseTrunk(reading, {
      ...(settings.configuredTrunk !== undefined && { configured: settings.configuredTrunk }),
      ...(settings.initDefault !== undefined && { initDefault: settings.initDefault }),
      remote: settings.remote ?? "origin",
      namedAsRoot,
    });
  }

  /** The trunk as far as its commits are in this clone. */
  async #heldPart(trunk: Trunk | undefined, signal: AbortSignal): Promise<Trunk | undefined> {
    if (!trunk) return undefined;
    await this.#commits.loadHeaders(trunk.tips, signal);
    const tips = trunk.tips.filter((oid) => this.#commits.header(oid) !== undefined);
    if (tips.length === trunk.tips.length) return trunk;
    const { tip: _, ...rest } = trunk;
    const [tip] = tips;
    return { ...rest, tips, ...(tip !== undefined && { tip }) };
  }

  #headersOf(oids: readonly string[]): Map<string, CommitFacts> {
    return new Map(
      oids.flatMap((oid) => {
        const header = this.#commits.header(oid);
        return header ? [[oid, header] as const] : [];
      }),
    );
  }

  async #readLandings(
    trunk: Trunk | undefined,
    { shallowStamp }: RepoSettings,
    before: RepoModel | undefined,
    signal: AbortSignal,
  ): Promise<readonly Landing[]> {
    if (trunk?.tip === undefined) return [];
    const isSameWay = before?.graph.trunk?.tip === trunk.tip && before.settings.shallowStamp === shallowStamp;
    if (isSameWay) return before.landings;
    return readLandings(await this.#commits.readFirstParents(trunk.tip, TRUNK_LOG, signal), LANDINGS);
  }
}
