import type { RepoNote } from "../contract/repo.ts";
import type { Branch, RepoInfo } from "../contract/view.ts";
import type { CommitPair } from "../git/diff-tree.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import {
  type ParsedMetadata,
  parseBranchMetadata,
  parseStackMetadata,
  type StackMetadata,
} from "../stacks/branch-metadata.ts";
import { buildGraph, type StackGraph } from "../stacks/build-graph.ts";
import { chooseTrunk, type Trunk } from "../stacks/choose-trunk.ts";
import type { CommitFacts, History } from "../stacks/history.ts";
import { orderStacks, type PlacedStack } from "../stacks/order-stacks.ts";
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
  readonly stackMetadata: ReadonlyMap<string, StackMetadata>;
  readonly info: RepoInfo;
  readonly notes: readonly RepoNote[];
  /** The line counts that a complete picture of this model needs. */
  readonly pairs: readonly CommitPair[];
  /** Views by what they were made of, shared by the models of one repository. */
  readonly views: WeakMap<BranchFacts, Branch>;
}

const METADATA = [STACKIT_METADATA, STACKIT_LOCAL_METADATA, BRANCH_METADATA];
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
  readonly #commits: CommitMemo;
  readonly #lines: LineCounts;
  readonly #tipMemory: TipMemory;
  readonly #views = new WeakMap<BranchFacts, Branch>();
  #metadata = new Map<string, ParsedMetadata>();
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
    this.#commits = new CommitMemo(git, objects);
    this.#lines = lines;
  }

  /** @throws {GitError} and nothing is lost. */
  async build(
    reading: RefReading,
    settings: RepoSettings,
    before: RepoModel | undefined,
    signal: AbortSignal,
  ): Promise<RepoModel> {
    await this.#readMetadata(reading, signal);
    const trunk = chooseTrunk(reading, {
      ...(settings.configuredTrunk !== undefined && { configured: settings.configuredTrunk }),
      ...(settings.initDefault !== undefined && { initDefault: settings.initDefault }),
      remote: settings.remote ?? "origin",
      namedAsRoot: this.#namedAsRoot(reading),
    });
    await this.#commits.update(trunk?.tips ?? [], tipsOf(reading, settings, trunk), signal);
    const history = this.#commits.history();
    const remembered = await this.#tipMemory.recall(reading, trunk?.name);
    const graph = buildGraph({ reading, trunk, history, blobs: this.#metadata, remembered });
    const landings = await this.#readLandings(trunk, before, signal);
    const onTrunk = [...graph.nodes.values()].flatMap(({ tip }) => (history.commit(tip) ? [] : [tip]));
    await this.#commits.loadHeaders(trunk?.tip === undefined ? onTrunk : [...onTrunk, trunk.tip], signal);

    const currentBranch = reading.head.kind === "branch" ? reading.head.name : "";
    const stacks = orderStacks(graph, currentBranch);
    const pairs = [...graph.nodes.values()].flatMap(({ tip, standing }) =>
      standing.base === undefined || standing.base === tip ? [] : [{ base: standing.base, head: tip }],
    );
    this.#lines.forgetAllBut(pairs);
    const model: RepoModel = {
      reading,
      settings,
      graph,
      stacks,
      facts: new Map(),
      history,
      landings,
      trunkHeader: trunk?.tip === undefined ? undefined : this.#commits.header(trunk.tip),
      stackMetadata: this.#stackMetadataOf(reading),
      info: {
        owner: settings.owner ?? "",
        repo: settings.name ?? "",
        trunk: trunk?.name ?? "",
        currentBranch,
        remote: settings.remote ?? "",
        ...(this.#namesPerson && settings.userName !== undefined && { currentUser: settings.userName }),
      },
      notes: notesOf(reading, settings, trunk),
      pairs,
      views: this.#views,
    };
    return { ...model, facts: this.#facts(model, before) };
  }

  /** The same model with the line counts that are known by now. */
  withLineCounts(model: RepoModel): RepoModel {
    return { ...model, facts: this.#facts(model, model) };
  }

  #facts(model: RepoModel, before: RepoModel | undefined): Map<string, BranchFacts> {
    const { reading, settings, history, info } = model;
    const observedNowMs = Date.now();
    const facts = new Map<string, BranchFacts>();
    for (const stack of model.stacks) {
      for (const placed of stack.members) {
        const { name, tip, standing } = placed.node;
        const old = before?.facts.get(name);
        const remoteTip = remoteTipOf(reading, settings, name);
        const fresh: BranchFacts = {
          placed,
          header: this.#commits.header(tip),
          lines:
            standing.base === undefined
              ? undefined
              : standing.base === tip
                ? NO_LINES
                : this.#lines.get({ base: standing.base, head: tip }),
          remoteTip,
          distance: settings.remote === undefined ? undefined : remoteDistance(history, tip, remoteTip),
          isCurrent: name === info.currentBranch,
          inWorktree: name !== info.currentBranch && reading.checkedOut.has(HEADS + name),
          observedAtMs: old && sameSources(old, placed.node) ? old.observedAtMs : observedNowMs,
        };
        facts.set(name, old && sameFacts(old, fresh) ? old : fresh);
      }
    }
    return facts;
  }

  async #readMetadata(reading: RefReading, signal: AbortSignal): Promise<void> {
    const wanted = new Set<string>();
    const wantedStacks = new Set<string>();
    let used = 0;
    for (const [ref, oid] of reading.refs) {
      if (ref.startsWith(STACKIT_STACKS)) {
        if (!this.#stackMetadata.has(oid)) wantedStacks.add(oid);
      } else if (METADATA.some((prefix) => ref.startsWith(prefix))) {
        used++;
        if (!this.#metadata.has(oid)) wanted.add(oid);
      }
    }
    const blobs = await this.#objects.read([...wanted, ...wantedStacks], { signal });
    for (const [oid, { type, content }] of blobs) {
      if (type !== "blob" || !content) continue;
      if (wantedStacks.has(oid)) this.#stackMetadata.set(oid, parseStackMetadata(content.toString("utf8")));
      if (wanted.has(oid)) this.#metadata.set(oid, parseBranchMetadata(content.toString("utf8")));
    }
    if (this.#metadata.size > 1_000 + used * 2) {
      const living = new Set(reading.refs.values());
      this.#metadata = new Map([...this.#metadata].filter(([oid]) => living.has(oid)));
      this.#stackMetadata = new Map([...this.#stackMetadata].filter(([oid]) => living.has(oid)));
    }
  }

  /** Parents that are named and have no record of their own: the trunk, most of the time. */
  #namedAsRoot(reading: RefReading): string[] {
    const named: string[] = [];
    for (const [ref, oid] of reading.refs) {
      const prefix = ref.startsWith(STACKIT_METADATA)
        ? STACKIT_METADATA
        : ref.startsWith(BRANCH_METADATA)
          ? BRANCH_METADATA
          : undefined;
      const parsed = prefix === undefined ? undefined : this.#metadata.get(oid);
      const parent = parsed?.ok ? parsed.metadata.parent : undefined;
      if (parent !== undefined && !reading.refs.has(`${prefix}${parent}`)) named.push(parent);
    }
    return named;
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
    before: RepoModel | undefined,
    signal: AbortSignal,
  ): Promise<readonly Landing[]> {
    if (trunk?.tip === undefined) return [];
    if (before && before.graph.trunk?.tip === trunk.tip) return before.landings;
    return readLandings(await this.#commits.readFirstParents(trunk.tip, TRUNK_LOG, signal), LANDINGS);
  }
}

const NO_LINES = { added: 0, deleted: 0, files: 0 };

function remoteTipOf(reading: RefReading, settings: RepoSettings, branch: string): string | undefined {
  if (settings.remote === undefined) return undefined;
  return reading.refs.get(`${REMOTES}${settings.remote}/${settings.tracks.get(branch) ?? branch}`);
}

/** The commits whose way to the trunk must be known. */
function tipsOf(reading: RefReading, settings: RepoSettings, trunk: Trunk | undefined): string[] {
  const tips: string[] = [];
  for (const [ref, oid] of reading.refs) {
    if (!ref.startsWith(HEADS)) continue;
    const name = ref.slice(HEADS.length);
    if (name === trunk?.name) continue;
    tips.push(oid);
    const remoteTip = remoteTipOf(reading, settings, name);
    if (remoteTip !== undefined && remoteTip !== oid) tips.push(remoteTip);
  }
  return tips;
}

function sameSources(old: BranchFacts, node: BranchFacts["placed"]["node"]): boolean {
  const before = old.placed.node;
  return before.metadata === node.metadata && before.parent === node.parent && before.tip === node.tip;
}

function notesOf(reading: RefReading, settings: RepoSettings, trunk: Trunk | undefined): RepoNote[] {
  const notes: RepoNote[] = [];
  const hasBranch = [...reading.refs.keys()].some((ref) => ref.startsWith(HEADS));
  if (!hasBranch) {
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
  if (settings.isShallow) {
    notes.push({ code: "shallow", detail: "A shallow clone: commits beyond its edge are not known here." });
  }
  if (settings.isPartial) {
    notes.push({ code: "partial", detail: "A partial clone: diffs whose files are missing are not shown." });
  }
  return notes;
}
