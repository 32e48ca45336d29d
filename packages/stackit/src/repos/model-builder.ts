import type { RepoNote } from "../contract/repo.ts";
import type { Branch, RepoInfo } from "../contract/view.ts";
import type { CommitPair, LineCount } from "../git/diff-tree.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import {
  type ParsedMetadata,
  parseBranchMetadata,
  parseStackMetadata,
  type StackMetadata,
} from "../stacks/branch-metadata.ts";
import { type BranchNode, buildGraph, type StackGraph, updateGraph } from "../stacks/build-graph.ts";
import { chooseTrunk, type Trunk } from "../stacks/choose-trunk.ts";
import type { CommitFacts, History } from "../stacks/history.ts";
import { orderStacks, type PlacedStack, reorderStacks } from "../stacks/order-stacks.ts";
import {
  BRANCH_METADATA,
  HEADS,
  REMOTES,
  type RefReading,
  STACKIT_LOCAL_METADATA,
  STACKIT_METADATA,
  STACKIT_STACKS,
} from "../stacks/ref-reading.ts";
import { type Landing, readLandings } from "../stacks/trunk-log.ts";
import { type BranchFacts, remoteDistance, sameFacts } from "./branch-facts.ts";
import { CommitMemo } from "./commit-memo.ts";
import type { LineCounts } from "./line-counts.ts";
import type { RepoSettings } from "./repo-settings.ts";
import { TipMemory } from "./tip-memory.ts";

/** Everything that one reading gives. Immutable. */
export interface RepoModel {
  readonly reading: RefReading;
  readonly settings: RepoSettings;
  readonly graph: StackGraph;
  readonly stacks: readonly PlacedStack[];
  readonly facts: ReadonlyMap<string, BranchFacts>;
  readonly history: History;
  readonly landings: readonly Landing[];
  readonly trunkHeader: CommitFacts | undefined;
  /** What the tips of branches outside of stacks say, by object id. */
  readonly looseHeaders: ReadonlyMap<string, CommitFacts>;
  readonly stackMetadata: ReadonlyMap<string, StackMetadata>;
  readonly info: RepoInfo;
  readonly notes: readonly RepoNote[];
  /** The line counts that a complete picture of this model lacks. */
  readonly uncounted: readonly CommitPair[];
  /** The only stacks that can look different from the model before; undefined when any can. */
  readonly moved: readonly PlacedStack[] | undefined;
  /** Views by what they were made of, shared by the models of one repository. */
  readonly views: WeakMap<BranchFacts, Branch>;
}

const RECORDS = [STACKIT_METADATA, BRANCH_METADATA];
const METADATA = [...RECORDS, STACKIT_LOCAL_METADATA];
/** This many parsed blobs more than there are refs, and those that no ref names are forgotten. */
const FORGET_AT = 1_000;
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
  readonly #lines: LineCounts;
  readonly #tipMemory: TipMemory;
  readonly #views = new WeakMap<BranchFacts, Branch>();
  #metadata = new Map<string, ParsedMetadata>();
  /** What the records name as parents without a record of their own. */
  #roots: readonly string[] = [];
  #stackMetadata = new Map<string, StackMetadata>();

  /** `namesPerson`: whether models say who runs the server. */
  constructor(
    git: ReadOnlyGit,
    objects: ObjectPool,
    lines: LineCounts,
    options: { commonDir: string; namesPerson: boolean },
  ) {
    const { commonDir, namesPerson } = options;
    this.#tipMemory = new TipMemory(commonDir);
    this.#namesPerson = namesPerson;
    this.#objects = objects;
    this.#git = git;
    this.#commits = new CommitMemo(git, objects);
    this.#lines = lines;
  }

  /** @throws {GitError} and nothing is lost. */
  async build(
    reading: RefReading,
    settings: RepoSettings,
    before: { readonly model: RepoModel; readonly changedRefs: readonly string[] } | undefined,
    signal: AbortSignal,
  ): Promise<RepoModel> {
    // Beyond the edge of a shallow clone lies what it did not know: when the edge moves, all may be different.
    if (before?.model.settings.shallowStamp !== settings.shallowStamp) {
      this.#commits = new CommitMemo(this.#git, this.#objects);
    }
    // The first time there is much to wait for, and what metadata says seldom changes which branch is the trunk.
    const expected = before
      ? undefined
      : await this.#heldPart(this.#chooseTrunk(reading, settings, []), signal);
    await Promise.all([
      this.#readMetadata(reading, before?.changedRefs, signal),
      expected && this.#learnCommits(reading, settings, expected, undefined, signal),
    ]);
    const changed = (prefixes: readonly string[]): boolean =>
      !before || before.changedRefs.some((ref) => prefixes.some((prefix) => ref.startsWith(prefix)));
    if (!before || this.#namesOtherParents(before.model.graph, reading, before.changedRefs)) {
      this.#roots = this.#namedAsRoot(reading);
    }
    const trunk = await this.#heldPart(this.#chooseTrunk(reading, settings, this.#roots), signal);
    const sameTrunk = before?.model.graph.trunk?.name === trunk?.name && before?.model.settings === settings;
    await this.#learnCommits(reading, settings, trunk, sameTrunk ? before?.changedRefs : undefined, signal);
    const history = this.#commits.history;
    const remembered = await this.#tipMemory.recall(reading, trunk?.name, before?.changedRefs);
    const { absent } = this.#commits;
    const input = { reading, trunk, history, absent, blobs: this.#metadata, remembered };
    const updated = before && updateGraph(before.model.graph, input, before.changedRefs);
    const graph = updated?.graph ?? buildGraph(input);
    const landings = await this.#readLandings(trunk, settings, before?.model, signal);
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
      landings,
      trunkHeader: trunk?.tip === undefined ? undefined : this.#commits.header(trunk.tip),
      looseHeaders: before && updated ? before.model.looseHeaders : this.#headersOf(loose),
      stackMetadata:
        before && !changed([STACKIT_STACKS]) ? before.model.stackMetadata : this.#stackMetadataOf(reading),
      info: {
        owner: settings.owner ?? "",
        repo: settings.name ?? "",
        trunk: trunk?.name ?? "",
        currentBranch,
        remote: settings.remote ?? "",
        ...(this.#namesPerson && settings.userName !== undefined && { currentUser: settings.userName }),
      },
      notes: notesOf(reading, settings, trunk),
      uncounted: [],
      moved: undefined,
      views: this.#views,
    };
    return this.#withFacts(model, before?.model, changed([REMOTES]));
  }

  /** The same model with the line counts that are known by now. */
  withLineCounts(model: RepoModel): RepoModel {
    const facts = new Map(model.facts);
    const heads = new Set(model.uncounted.map(({ head }) => head));
    for (const stack of model.moved ?? model.stacks) {
      for (const { node } of stack.members) {
        const old = heads.has(node.tip) ? facts.get(node.name) : undefined;
        if (old && !old.lines) facts.set(node.name, { ...old, lines: this.#linesOf(node) });
      }
    }
    return { ...model, facts, uncounted: model.uncounted.filter((pair) => !this.#lines.get(pair)) };
  }

  #withFacts(model: RepoModel, before: RepoModel | undefined, remotesMoved: boolean): RepoModel {
    const { reading, settings, history, info } = model;
    const uncounted: CommitPair[] = [];
    const comparable = before?.history === history && before.settings === settings;
    const nowMs = Date.now();
    // Where nothing but these stacks can look different, all others' facts are taken over without a look.
    const moved = comparable ? onlyMovedStacks(before, model, remotesMoved) : undefined;
    const facts = new Map(moved && before?.facts);
    for (const stack of moved ?? model.stacks) {
      for (const placed of stack.members) {
        const { node } = placed;
        const { name, tip } = node;
        const old = before?.facts.get(name);
        const known = old?.placed.node === node ? old : undefined;
        const remoteTip =
          comparable && old && !remotesMoved ? old.remoteTip : remoteTipOf(reading, settings, name);
        const isCurrent = name === info.currentBranch;
        const inWorktree = !isCurrent && reading.checkedOut.has(HEADS + name);
        const lines = known?.lines ?? this.#linesOf(node);
        if (!lines) uncounted.push(...pairOf(node));
        const isSame =
          comparable &&
          old?.placed === placed &&
          old.lines === lines &&
          old.remoteTip === remoteTip &&
          old.isCurrent === isCurrent &&
          old.inWorktree === inWorktree;
        if (isSame) {
          facts.set(name, old);
          continue;
        }
        const fresh: BranchFacts = {
          placed,
          header: known?.header ?? this.#commits.header(tip),
          lines,
          remoteTip,
          distance: settings.remote === undefined ? undefined : remoteDistance(history, tip, remoteTip),
          isCurrent,
          inWorktree,
          observedAtMs: old && sameSources(old, node) ? old.observedAtMs : nowMs,
        };
        facts.set(name, old && sameFacts(old, fresh) ? old : fresh);
      }
    }
    return { ...model, facts, uncounted, moved };
  }

  #linesOf(node: BranchNode): LineCount | undefined {
    const [pair] = pairOf(node);
    return pair ? this.#lines.get(pair) : node.standing.base === undefined ? undefined : NO_LINES;
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

  async #readMetadata(
    reading: RefReading,
    changedRefs: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = new Set<string>();
    const wantedStacks = new Set<string>();
    for (const ref of changedRefs ?? reading.refs.keys()) {
      const oid = reading.refs.get(ref);
      if (oid === undefined) continue;
      if (ref.startsWith(STACKIT_STACKS)) {
        if (!this.#stackMetadata.has(oid)) wantedStacks.add(oid);
      } else if (METADATA.some((prefix) => ref.startsWith(prefix)) && !this.#metadata.has(oid)) {
        wanted.add(oid);
      }
    }
    const blobs = await this.#objects.read([...wanted, ...wantedStacks], { signal });
    for (const [oid, { type, content }] of blobs) {
      if (type !== "blob" || !content) continue;
      if (wantedStacks.has(oid)) this.#stackMetadata.set(oid, parseStackMetadata(content.toString("utf8")));
      if (wanted.has(oid)) this.#metadata.set(oid, parseBranchMetadata(content.toString("utf8")));
    }
    if (this.#metadata.size > FORGET_AT + reading.refs.size) {
      const living = new Set(reading.refs.values());
      this.#metadata = new Map([...this.#metadata].filter(([oid]) => living.has(oid)));
      this.#stackMetadata = new Map([...this.#stackMetadata].filter(([oid]) => living.has(oid)));
    }
  }

  #namesOtherParents(graph: StackGraph, reading: RefReading, changedRefs: readonly string[]): boolean {
    return graph.workings.records.sources.some(({ prefix, names, parents }) =>
      changedRefs.some((ref) => {
        if (!ref.startsWith(prefix)) return false;
        const name = ref.slice(prefix.length);
        const oid = reading.refs.get(ref);
        const parsed = oid === undefined ? undefined : this.#metadata.get(oid);
        const parent = parsed?.ok ? parsed.metadata.parent : undefined;
        return names.has(name) !== (oid !== undefined) || parents.get(name) !== parent;
      }),
    );
  }

  /** Parents that are named and have no record of their own: the trunk, most of the time. */
  #namedAsRoot(reading: RefReading): string[] {
    const named: string[] = [];
    for (const [ref, oid] of reading.refs) {
      const prefix = RECORDS.find((start) => ref.startsWith(start));
      const parsed = prefix === undefined ? undefined : this.#metadata.get(oid);
      const parent = parsed?.ok ? parsed.metadata.parent : undefined;
      if (parent !== undefined && !reading.refs.has(`${prefix}${parent}`)) named.push(parent);
    }
    return named;
  }

  #headersOf(oids: readonly string[]): Map<string, CommitFacts> {
    return new Map(
      oids.flatMap((oid) => {
        const header = this.#commits.header(oid);
        return header ? [[oid, header] as const] : [];
      }),
    );
  }

  #stackMetadataOf(reading: RefReading): Map<string, StackMetadata> {
    const found = new Map<string, StackMetadata>();
    for (const [ref, oid] of reading.refs) {
      const metadata = ref.startsWith(STACKIT_STACKS) ? this.#stackMetadata.get(oid) : undefined;
      if (metadata) found.set(ref.slice(STACKIT_STACKS.length), metadata);
    }
    return found;
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

const NO_LINES = { added: 0, deleted: 0, files: 0 };

/** The commits whose difference the branch's lines are; nothing for a branch without commits of its own. */
function pairOf({ tip, standing: { base } }: BranchNode): CommitPair[] {
  return base === undefined || base === tip ? [] : [{ base, head: tip }];
}

function remoteTipOf(reading: RefReading, settings: RepoSettings, branch: string): string | undefined {
  if (settings.remote === undefined) return undefined;
  return reading.refs.get(`${REMOTES}${settings.remote}/${settings.tracks.get(branch) ?? branch}`);
}

/** The commits whose way to the trunk must be known. */
function tipsOf(
  reading: RefReading,
  settings: RepoSettings,
  trunk: Trunk | undefined,
  refs: Iterable<string>,
): string[] {
  const tips: string[] = [];
  for (const ref of refs) {
    const oid = ref.startsWith(HEADS) ? reading.refs.get(ref) : undefined;
    if (oid === undefined) continue;
    const name = ref.slice(HEADS.length);
    if (name === trunk?.name) continue;
    tips.push(oid);
    const remoteTip = remoteTipOf(reading, settings, name);
    if (remoteTip !== undefined && remoteTip !== oid) tips.push(remoteTip);
  }
  return tips;
}

/** The branch that a ref is, or that it is the counterpart of, as full names. */
function branchesTouchedBy(ref: string, { remote, tracks }: RepoSettings): string[] {
  if (ref.startsWith(HEADS)) return [ref];
  const prefix = `${REMOTES}${remote}/`;
  if (remote === undefined || !ref.startsWith(prefix)) return [];
  const name = ref.slice(prefix.length);
  const trackers = [...tracks].flatMap(([branch, target]) => (target === name ? [HEADS + branch] : []));
  return [HEADS + name, ...trackers];
}

/** The stacks that are not the same as in the model before. Undefined when something else may show a difference too. */
function onlyMovedStacks(
  before: RepoModel,
  model: RepoModel,
  remotesMoved: boolean,
): readonly PlacedStack[] | undefined {
  const isQuiet =
    !remotesMoved &&
    before.uncounted.length === 0 &&
    before.info.currentBranch === model.info.currentBranch &&
    before.stacks.length === model.stacks.length &&
    sameSet(before.reading.checkedOut, model.reading.checkedOut);
  if (!isQuiet) return undefined;
  const moved = model.stacks.filter((stack, index) => stack !== before.stacks[index]);
  // A stack that kept its place and its members may have moved; any other change is a change of shape.
  const keptShape = moved.every((stack) => {
    const old = before.stacks[model.stacks.indexOf(stack)];
    return (
      old?.members.length === stack.members.length &&
      old.members.every(({ node }, index) => node.name === stack.members[index]?.node.name)
    );
  });
  return keptShape ? moved : undefined;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

function sameSources(old: BranchFacts, node: BranchFacts["placed"]["node"]): boolean {
  const before = old.placed.node;
  return before.metadata === node.metadata && before.parent === node.parent && before.tip === node.tip;
}

function notesOf(reading: RefReading, settings: RepoSettings, trunk: Trunk | undefined): RepoNote[] {
  const notes: RepoNote[] = [];
  if (!reading.refs.keys().some((ref) => ref.startsWith(HEADS))) {
    notes.push({ code: "no-commits", detail: "There is no branch with a commit yet." });
  } else if (!trunk) {
    notes.push({
      code: "no-trunk",
      detail: "No branch looks like the trunk. Name it with `git config stackit.trunk <branch>`.",
    });
  } else if (trunk.tip === undefined) {
    notes.push({ code: "trunk-unborn", detail: `The trunk ${trunk.name} has no commit here.` });
  }
  if (reading.head.kind === "detached") {
    notes.push({ code: "detached-head", detail: "HEAD is detached: no branch is checked out." });
  }
  if (settings.shallowStamp !== undefined) {
    notes.push({ code: "shallow", detail: "A shallow clone: commits beyond its edge are not known here." });
  }
  if (settings.isPartial) {
    notes.push({ code: "partial", detail: "A partial clone: diffs whose files are missing are not shown." });
  }
  return notes;
}
