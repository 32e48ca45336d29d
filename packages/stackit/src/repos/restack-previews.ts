import { createHash } from "node:crypto";
import { type GitObject, heldObjects } from "../git/cat-file.ts";
import { listChangedObjects, type TreePair } from "../git/diff-tree.ts";
import { GitError } from "../git/git-error.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { TreesToMerge } from "../git/plain-merge.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { Spawner } from "../git/spawner.ts";
import { attributesIn } from "../git/trial-attributes.ts";
import { type MergePair, type TrialMerge, TrialMerges } from "../git/trial-merges.ts";
import type { Restackable, RestackLayer } from "../stacks/restack-layers.ts";

export type RestackPreview =
  | { readonly state: "clean" }
  /** `commit`: the first of the branch's own that conflicts. */
  | { readonly state: "conflicts"; readonly commit: string; readonly files: readonly string[] }
  | { readonly state: "unknown"; readonly reason: string };

/** Layers that are tried at once; the others have their turn after them. */
const MAX_AT_ONCE = 50;
/** In which one layer may differ from what it is put on. */
const MAX_OBJECTS = 5_000;
const MAX_OBJECT_BYTES = 8 << 20;
const NOT_HERE = "Some of its files are not in this clone, or are very large.";
const NEEDS_DRIVER = "Some of its files are merged by a program of their own, as .gitattributes says.";
/** For all merges of one step, and for those of one layer when it has to be tried alone. */
const STEP_TIMEOUT_MS = 30_000;
/** Of all layers that are tried at once, and of one that has to be tried alone with what it stands on. */
const MAX_TRIAL_BYTES = 256 << 20;
/** Objects that are held in memory at once. */
const READ_AT_ONCE = 100;
/** Beyond this many, what is of no use now is forgotten. */
const MAX_KNOWN = 20_000;

interface Trial {
  readonly layer: RestackLayer;
  readonly key: string;
  /** What its commits have become so far; undefined until that on which they are put is known. */
  tree: string | undefined;
  /** How many of its commits have been put there. */
  done: number;
  preview: RestackPreview | undefined;
}

export interface RestackPreviewsOptions {
  /** Without it nothing is tried. */
  readonly trialsDir?: string | undefined;
  readonly maxKnown?: number;
  readonly stepTimeoutMs?: number;
  readonly maxTrialBytes?: number;
}

/**
 * Whether restacks would go through, tried commit by commit as a restack would do it, and remembered by object ids: what is known of
 * a layer holds as long as its commits and what it is put on are the same.
 */
export class RestackPreviews {
  readonly #spawner: Spawner;
  readonly #git: ReadOnlyGit;
  readonly #objects: ObjectPool;
  readonly #trialsDir: string | undefined;
  readonly #maxKnown: number;
  readonly #stepTimeoutMs: number;
  readonly #maxTrialBytes: number;
  #known = new Map<string, RestackPreview>();

  /** `git` and `objects` read the same repository. */
  constructor(
    spawner: Spawner,
    git: ReadOnlyGit,
    objects: ObjectPool,
    { trialsDir, maxKnown, stepTimeoutMs, maxTrialBytes }: RestackPreviewsOptions,
  ) {
    this.#trialsDir = trialsDir;
    this.#stepTimeoutMs = stepTimeoutMs ?? STEP_TIMEOUT_MS;
    this.#maxTrialBytes = maxTrialBytes ?? MAX_TRIAL_BYTES;
    this.#maxKnown = maxKnown ?? MAX_KNOWN;
    this.#spawner = spawner;
    this.#git = git;
    this.#objects = objects;
  }

  /** The files were exchanged for others: what was missing may be there. */
  forget(): void {
    this.#known.clear();
  }

  /** By branch, as far as that is known by now. */
  known(layers: readonly Restackable[]): ReadonlyMap<string, RestackPreview> {
    const keys = keysOf(layers);
    const previews = new Map<string, RestackPreview>();
    for (const layer of layers) {
      const preview = "reason" in layer ? unknown(layer.reason) : this.#known.get(keys.get(layer.name) ?? "");
      if (preview) previews.set(layer.name, preview);
    }
    return previews;
  }

  /**
   * Tries some of those that are not known yet, with what they stand on. Resolves to whether all are known then. What could not be
   * tried is unknown. @throws {GitError} when the signal aborts, or the system's error
   */
  async learn(layers: readonly Restackable[], signal: AbortSignal): Promise<boolean> {
    const trialsDir = this.#trialsDir;
    if (trialsDir === undefined) return true;
    const keys = keysOf(layers);
    const byName = new Map(layers.map((layer) => [layer.name, layer]));
    const trials = new Map<string, Trial>();
    let left = 0;
    for (const layer of layers) {
      if (!this.#isOpen(layer, keys)) continue;
      if (trials.size >= MAX_AT_ONCE) left++;
      else include(layer, { byName, keys, trials });
    }
    try {
      await this.#try(trials, trialsDir, signal);
    } catch (error) {
      if (reasonIn(error) === undefined) throw error;
      for (const { layer, key } of trials.values()) {
        if (!this.#isOpen(layer, keys)) continue;
        const alone = new Map<string, Trial>();
        include(layer, { byName, keys, trials: alone });
        await this.#try(alone, trialsDir, signal).catch((own: unknown) => {
          const reason = reasonIn(own);
          if (reason === undefined) throw own;
          this.#known.set(key, unknown(reason));
        });
      }
    }
    if (this.#known.size > this.#maxKnown) {
      const used = new Set(keys.values());
      this.#known = new Map([...this.#known].filter(([key]) => used.has(key)));
    }
    return left === 0;
  }

  /** Whether it is left to try: of what stands on something unknown nothing can be said either. */
  #isOpen(layer: Restackable, keys: ReadonlyMap<string, string>): layer is RestackLayer {
    const key = keys.get(layer.name);
    if ("reason" in layer || key === undefined || this.#known.has(key)) return false;
    const below = "layer" in layer.onto ? layer.onto.layer : "";
    const { state } = this.#known.get(keys.get(below) ?? "") ?? {};
    if (state === undefined || state === "clean") return true;
    this.#known.set(key, standsOnUnknown(below));
    return false;
  }

  /** What is known when it fails is remembered too. @throws {GitError} or the system's error */
  async #try(trials: ReadonlyMap<string, Trial>, trialsDir: string, signal: AbortSignal): Promise<void> {
    const [some] = trials.values();
    if (!some) return;
    const objectFormat = some.layer.tip.length === 64 ? "sha256" : "sha1";
    await using merges = await TrialMerges.open(this.#spawner, trialsDir, objectFormat);
    const trees = await this.#treesOf([...trials.values()], signal);
    await this.#bringObjects(merges, trials, trees, signal);
    try {
      await this.#mergeAll(merges, trials, trees, signal);
    } finally {
      for (const { key, preview } of trials.values()) if (preview) this.#known.set(key, preview);
    }
  }

  async #mergeAll(
    merges: TrialMerges,
    trials: ReadonlyMap<string, Trial>,
    trees: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const limits = { signal, timeoutMs: this.#stepTimeoutMs };
    for (;;) {
      const round = [...trials.values()].filter((trial) => isReady(trial, trials, trees));
      if (round.length === 0) break;
      let hasGone = false;
      for (const trial of round) {
        signal.throwIfAborted();
        hasGone = (await goPlainly(merges, trial, trees)) || hasGone;
      }
      // Git is started for what is left, and for all that this may have made ready at once.
      if (hasGone) continue;
      const pairs = await Promise.all(round.map((trial) => nextPair(merges, trial, trees)));
      const answers = await merges.merge(pairs, limits);
      for (const [index, trial] of round.entries()) take(trial, answers[index]);
    }
  }

  /** What merging these layers can come to look at: all in which their trees differ from one another. */
  async #bringObjects(
    merges: TrialMerges,
    trials: ReadonlyMap<string, Trial>,
    trees: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const asked: { readonly trial: Trial; readonly pair: TreePair }[] = [];
    for (const trial of trials.values()) {
      const { base, commits, onto } = trial.layer;
      const ground = "commit" in onto ? onto.commit : trials.get(onto.layer)?.layer.tip;
      const steps = [base, ...commits].map((oid) => trees.get(oid));
      for (const [before, after] of [[steps[0], trees.get(ground ?? "")], ...pairwise(steps)]) {
        if (before === undefined || after === undefined) trial.preview = unknown(NOT_HERE);
        else asked.push({ trial, pair: { before, after } });
      }
    }
    const lists = await listChangedObjects(
      this.#git,
      asked.map(({ pair }) => pair),
      { signal },
    );
    const wanted = new Map<Trial, Set<string>>();
    for (const [index, { trial, pair }] of asked.entries()) {
      const oids = wanted.get(trial) ?? new Set();
      wanted.set(trial, oids);
      for (const oid of [pair.before, pair.after, ...(lists[index] ?? [])]) oids.add(oid);
      if (oids.size > MAX_OBJECTS)
        trial.preview = unknown("It differs in too many files from what it would be put on.");
    }
    const oids = [...new Set([...wanted].flatMap(([{ preview }, all]) => (preview ? [] : [...all])))];
    const attributes = await this.#copy(oids, merges, signal);
    await this.#copy([...attributes], merges, signal);
  }

  /** Resolves to the attributes that lie in folders among these objects. */
  async #copy(oids: readonly string[], merges: TrialMerges, signal: AbortSignal): Promise<Set<string>> {
    const attributes = new Set<string>();
    for (let start = 0; start < oids.length; start += READ_AT_ONCE) {
      const some = oids.slice(start, start + READ_AT_ONCE);
      const objects = await this.#readHeld(some, signal);
      for (const { oid, type, content } of objects.values()) {
        if (!content) continue;
        await merges.put(type, content);
        if (merges.bytes > this.#maxTrialBytes) throw new GitError("too-much-output", { args: ["cat-file"] });
        if (type === "tree") for (const found of attributesIn(oid, content)) attributes.add(found);
      }
    }
    return attributes;
  }

  /** What is not here is absent, also where git stumbles over too many of these, as it may in a partial clone. */
  async #readHeld(oids: readonly string[], signal: AbortSignal): Promise<Map<string, GitObject>> {
    const limits = { signal, maxObjectBytes: MAX_OBJECT_BYTES };
    try {
      return await this.#objects.read(oids, limits);
    } catch (error) {
      if (!(error instanceof GitError && error.failure === "missing-object")) throw error;
      const held = await heldObjects(this.#git, new Set(oids), { signal });
      return this.#objects.read([...held], limits);
    }
  }

  async #treesOf(trials: readonly Trial[], signal: AbortSignal): Promise<Map<string, string>> {
    const commits = trials.flatMap(({ layer: { base, commits: own, onto } }) => [
      base,
      ...own,
      ...("commit" in onto ? [onto.commit] : []),
    ]);
    const objects = await this.#objects.read([...new Set(commits)], { signal });
    return new Map(
      [...objects].flatMap(([oid, { content }]) => {
        const tree = /^tree ([0-9a-f]+)\n/.exec(content?.toString("latin1", 0, 80) ?? "")?.[1];
        return tree === undefined ? [] : [[oid, tree] as const];
      }),
    );
  }
}

/** With all that it stands on, the lowest first: what these have become is needed, and is kept nowhere. */
function include(
  layer: RestackLayer,
  all: {
    readonly byName: ReadonlyMap<string, Restackable>;
    readonly keys: ReadonlyMap<string, string>;
    readonly trials: Map<string, Trial>;
  },
): void {
  const way: RestackLayer[] = [];
  for (let at: Restackable | undefined = layer; at && !("reason" in at) && !all.trials.has(at.name); ) {
    way.push(at);
    at = "layer" in at.onto ? all.byName.get(at.onto.layer) : undefined;
  }
  for (const one of way.toReversed()) {
    const key = all.keys.get(one.name) ?? "";
    all.trials.set(one.name, { layer: one, key, tree: undefined, done: 0, preview: undefined });
  }
}

/** Why what was tried is to blame for it; undefined when something else may be, such as the machine. */
function reasonIn(error: unknown): string | undefined {
  if (!(error instanceof GitError)) return undefined;
  if (error.failure === "timeout") return "To try it takes too long.";
  if (error.failure === "too-much-output") return "Its files are too many or too large to be tried.";
  const isAboutObjects = error.failure === "missing-object" || /corrupt|inflate|unpack/.test(error.stderr);
  return isAboutObjects ? "Git cannot read some of its files." : undefined;
}

function isReady(
  trial: Trial,
  trials: ReadonlyMap<string, Trial>,
  trees: ReadonlyMap<string, string>,
): boolean {
  if (trial.preview) return false;
  if (trial.tree !== undefined) return true;
  const { onto } = trial.layer;
  if ("commit" in onto) {
    trial.tree = trees.get(onto.commit);
    return true;
  }
  const below = trials.get(onto.layer);
  if (below?.preview?.state === "clean") trial.tree = below.tree;
  else if (below?.preview) trial.preview = standsOnUnknown(onto.layer);
  return trial.tree !== undefined;
}

/** The next commit of a layer, what it was made on, and what it is to be put on. */
function nextTrees(
  { layer: { base, commits }, tree = "", done }: Trial,
  trees: ReadonlyMap<string, string>,
): TreesToMerge {
  const [before = "", after = ""] = [base, ...commits].slice(done, done + 2).map((oid) => trees.get(oid));
  return { base: before, ours: tree, theirs: after };
}

/** Puts as many commits of a layer on as that takes no process. Resolves to whether there were any. */
async function goPlainly(
  merges: TrialMerges,
  trial: Trial,
  trees: ReadonlyMap<string, string>,
): Promise<boolean> {
  const before = trial.done;
  while (!trial.preview) {
    const tree = await merges.mergePlainly(nextTrees(trial, trees));
    if (tree === undefined) break;
    take(trial, { kind: "merged", tree });
  }
  return trial.done > before;
}

/** As two commits whose one parent holds what the commit changed. */
async function nextPair(
  merges: TrialMerges,
  trial: Trial,
  trees: ReadonlyMap<string, string>,
): Promise<MergePair> {
  const { base, ours, theirs } = nextTrees(trial, trees);
  const parent = await merges.commit(base);
  return { ours: await merges.commit(ours, parent), theirs: await merges.commit(theirs, parent) };
}

function take(trial: Trial, answer: TrialMerge | undefined): void {
  const commit = trial.layer.commits[trial.done] ?? trial.layer.tip;
  switch (answer?.kind) {
    case "merged":
      trial.tree = answer.tree;
      trial.done++;
      if (trial.done === trial.layer.commits.length) trial.preview = { state: "clean" };
      break;
    case "conflicts":
      trial.preview = { state: "conflicts", commit, files: answer.paths };
      break;
    case "driver":
      trial.preview = unknown(NEEDS_DRIVER);
      break;
    default:
      trial.preview = unknown(NOT_HERE);
  }
}

function* pairwise<T>(items: readonly T[]): Generator<[T | undefined, T | undefined]> {
  for (let index = 1; index < items.length; index++) yield [items[index - 1], items[index]];
}

function standsOnUnknown(below: string): RestackPreview {
  return unknown(`It is not known what becomes of ${below}.`);
}

function unknown(reason: string): RestackPreview {
  return { state: "unknown", reason };
}

/** By branch: what its preview follows from, as one id. Parents come before their children. */
function keysOf(layers: readonly Restackable[]): Map<string, string> {
  const keys = new Map<string, string>();
  for (const layer of layers) {
    if ("reason" in layer) continue;
    const { tip, base, commits, onto } = layer;
    const ground = "commit" in onto ? onto.commit : keys.get(onto.layer);
    if (ground === undefined) continue;
    // A merge is of one commit where a restack of the same may be of several.
    const of = `${tip} ${base} ${ground} ${commits.length}`;
    keys.set(layer.name, createHash("sha1").update(of).digest("base64"));
  }
  return keys;
}
