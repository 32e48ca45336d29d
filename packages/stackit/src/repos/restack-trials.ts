import { type GitObject, heldObjects } from "../git/cat-file.ts";
import { listChangedObjects, type TreePair } from "../git/diff-tree.ts";
import { GitError } from "../git/git-error.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { TreesToMerge } from "../git/plain-merge.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { attributesIn } from "../git/trial-attributes.ts";
import type { MergePair, TrialMerge, TrialMerges } from "../git/trial-merges.ts";
import type { RestackLayer } from "../stacks/restack-layers.ts";

export type TrialOutcome =
  | { readonly state: "clean" }
  /** `commit`: the first of the branch's own that conflicts. */
  | { readonly state: "conflicts"; readonly commit: string; readonly files: readonly string[] }
  | { readonly state: "unknown"; readonly reason: string };

/** In which one layer may differ from what it is put on. */
const MAX_OBJECTS = 5_000;
const MAX_OBJECT_BYTES = 8 << 20;
export const NOT_HERE = "Some of its files are not in this clone, or are very large.";
const NEEDS_DRIVER = "Some of its files are merged by a program of their own, as .gitattributes says.";
/** For all merges of one step. */
const STEP_TIMEOUT_MS = 30_000;
/** Of all layers that are tried at once. */
const MAX_TRIAL_BYTES = 256 << 20;
/** Objects that are held in memory at once. */
const READ_AT_ONCE = 100;
/** Of what commits may become, beside one step of all layers. */
const MAX_GUESSES = 300;

/** A layer while it is put on what it is to stand on, commit by commit. */
export class RestackTrial {
  readonly layer: RestackLayer;
  /** What it is put on; undefined until that is known. */
  ground: string | undefined;
  /** By commit of the layer, as far as they have been put there: the tree that each has become. */
  readonly trees: string[] = [];
  outcome: TrialOutcome | undefined;

  constructor(layer: RestackLayer) {
    this.layer = layer;
  }

  /** What its commits have become so far; undefined until that on which they are put is known. */
  get tree(): string | undefined {
    return this.trees.at(-1) ?? this.ground;
  }
}

/** By branch; a layer comes after the one that it is put on. */
export type RestackTrialsByName = ReadonlyMap<string, RestackTrial>;

export interface RestackTrialsOptions {
  readonly stepTimeoutMs?: number | undefined;
  readonly maxTrialBytes?: number | undefined;
}

/** Tries restacks of the branches of one repository. */
export class RestackTrials {
  readonly #git: ReadOnlyGit;
  readonly #objects: ObjectPool;
  readonly #stepTimeoutMs: number;
  readonly #maxTrialBytes: number;

  /** `git` and `objects` read the same repository. */
  constructor(
    git: ReadOnlyGit,
    objects: ObjectPool,
    { stepTimeoutMs, maxTrialBytes }: RestackTrialsOptions = {},
  ) {
    this.#git = git;
    this.#objects = objects;
    this.#stepTimeoutMs = stepTimeoutMs ?? STEP_TIMEOUT_MS;
    this.#maxTrialBytes = maxTrialBytes ?? MAX_TRIAL_BYTES;
  }

  /**
   * Each has an outcome when this resolves. When it fails, some have none, and those of the others hold.
   * @throws {GitError} of which `reasonIn` tells whether what was tried is to blame; or the system's error
   */
  async run(merges: TrialMerges, trials: RestackTrialsByName, signal: AbortSignal): Promise<void> {
    const trees = await this.#treesOf([...trials.values()], signal);
    await this.#bringObjects(merges, trials, trees, signal);
    await this.#mergeAll(merges, trials, trees, signal);
  }

  async #mergeAll(
    merges: TrialMerges,
    trials: RestackTrialsByName,
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
      const guesses = round.flatMap((trial) => stepsAfter(trial, trials, trees)).slice(0, MAX_GUESSES);
      const next = await Promise.all(round.map((trial) => pairOf(merges, nextTrees(trial, trees))));
      const guessed = await Promise.all(guesses.map(({ guess }) => pairOf(merges, guess)));
      const answers = await merges.merge([...next, ...guessed], limits);
      for (const [index, trial] of round.entries()) take(trial, answers[index]);
      for (const trial of round) await goPlainly(merges, trial, trees);
      await this.#takeGuessed(merges, guesses, answers.slice(round.length), trials, trees, limits);
    }
  }

  /**
   * A guess at what a commit becomes is what all before it would bring at once. It is right if each is what its commit alone makes of the guess
   * before: which can be asked for all of them at once. So a row of commits takes two processes and not one each, as long as the guesses are right.
   */
  async #takeGuessed(
    merges: TrialMerges,
    guesses: readonly GuessedStep[],
    answers: readonly TrialMerge[],
    trials: RestackTrialsByName,
    trees: ReadonlyMap<string, string>,
    limits: { signal: AbortSignal; timeoutMs: number },
  ): Promise<void> {
    const guessOf = new Map<string, string>();
    for (const [index, { after }] of guesses.entries()) {
      const answer = answers[index];
      if (answer?.kind === "merged") guessOf.set(after, answer.tree);
    }
    const checked = guesses.flatMap((step) => {
      const { trial, before, after, beforeTree: base, afterTree: theirs } = step;
      const { commits } = trial.layer;
      const ahead = commits.indexOf(after) - trial.trees.length;
      if (ahead < 0) return [];
      const ours = isReady(trial, trials, trees) && ahead === 0 ? trial.tree : guessOf.get(before);
      return ours === undefined ? [] : [{ step, trees: { base, ours, theirs } }];
    });
    const pairs = await Promise.all(checked.map((one) => pairOf(merges, one.trees)));
    const made = pairs.length > 0 ? await merges.merge(pairs, limits) : [];
    for (const [index, { step, trees: asked }] of checked.entries()) {
      const { trial, after } = step;
      const isNext = isReady(trial, trials, trees) && trial.layer.commits[trial.trees.length] === after;
      if (isNext && trial.tree === asked.ours) take(trial, made[index]);
    }
  }

  /** What merging these layers can come to look at: all in which their trees differ from one another. */
  async #bringObjects(
    merges: TrialMerges,
    trials: RestackTrialsByName,
    trees: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<void> {
    const asked: { readonly trial: RestackTrial; readonly pair: TreePair }[] = [];
    for (const trial of trials.values()) {
      const { base, commits, onto } = trial.layer;
      const ground = "commit" in onto ? onto.commit : trials.get(onto.layer)?.layer.tip;
      const steps = [base, ...commits].map((oid) => trees.get(oid));
      for (const [before, after] of [[steps[0], trees.get(ground ?? "")], ...pairwise(steps)]) {
        if (ground === undefined && "layer" in onto) trial.outcome = standsOnUnknown(onto.layer);
        else if (before === undefined || after === undefined) trial.outcome = unknown(NOT_HERE);
        else asked.push({ trial, pair: { before, after } });
      }
    }
    const lists = await listChangedObjects(
      this.#git,
      asked.map(({ pair }) => pair),
      { signal },
    );
    const wanted = new Map<RestackTrial, Set<string>>();
    for (const [index, { trial, pair }] of asked.entries()) {
      const oids = wanted.get(trial) ?? new Set();
      wanted.set(trial, oids);
      for (const oid of [pair.before, pair.after, ...(lists[index] ?? [])]) oids.add(oid);
      if (oids.size > MAX_OBJECTS)
        trial.outcome = unknown("It differs in too many files from what it would be put on.");
    }
    const oids = [...new Set([...wanted].flatMap(([{ outcome }, all]) => (outcome ? [] : [...all])))];
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

  async #treesOf(trials: readonly RestackTrial[], signal: AbortSignal): Promise<Map<string, string>> {
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

/** Why what was tried is to blame for it; undefined when something else may be, such as the machine. */
export function reasonIn(error: unknown): string | undefined {
  if (!(error instanceof GitError)) return undefined;
  if (error.failure === "timeout") return "To try it takes too long.";
  if (error.failure === "too-much-output") return "Its files are too many or too large to be tried.";
  const isAboutObjects = error.failure === "missing-object" || /corrupt|inflate|unpack/.test(error.stderr);
  return isAboutObjects ? "Git cannot read some of its files." : undefined;
}

function isReady(
  trial: RestackTrial,
  trials: RestackTrialsByName,
  trees: ReadonlyMap<string, string>,
): boolean {
  if (trial.outcome) return false;
  if (trial.tree !== undefined) return true;
  const { onto } = trial.layer;
  if ("commit" in onto) {
    trial.ground = trees.get(onto.commit);
    return true;
  }
  const below = trials.get(onto.layer);
  if (below?.outcome?.state === "clean") trial.ground = below.tree;
  else if (below?.outcome) trial.outcome = standsOnUnknown(onto.layer);
  return trial.tree !== undefined;
}

/** The next commit of a layer, what it was made on, and what it is to be put on. */
function nextTrees(
  { layer: { base, commits }, tree = "", trees: { length: done } }: RestackTrial,
  trees: ReadonlyMap<string, string>,
): TreesToMerge {
  const [before = "", after = ""] = [base, ...commits].slice(done, done + 2).map((oid) => trees.get(oid));
  return { base: before, ours: tree, theirs: after };
}

/** A commit that comes after the next one of a layer, in that layer or in one that is put on it. */
interface GuessedStep {
  readonly trial: RestackTrial;
  /** The commit before it, and the commit. */
  readonly before: string;
  readonly after: string;
  readonly beforeTree: string;
  readonly afterTree: string;
  /** What brings all at once, from the next commit on. */
  readonly guess: TreesToMerge;
}

/** In their order; of layers that are put on this one, those that stood on its tip. */
function stepsAfter(
  start: RestackTrial,
  trials: RestackTrialsByName,
  trees: ReadonlyMap<string, string>,
): GuessedStep[] {
  const { base, ours } = nextTrees(start, trees);
  const steps: GuessedStep[] = [];
  const add = (trial: RestackTrial, from: number): void => {
    const line = [trial.layer.base, ...trial.layer.commits];
    for (let at = from; at < line.length; at++) {
      const [before = "", after = ""] = line.slice(at - 1, at + 1);
      const [beforeTree, afterTree] = [trees.get(before), trees.get(after)];
      if (beforeTree === undefined || afterTree === undefined) return;
      steps.push({
        trial,
        before,
        after,
        beforeTree,
        afterTree,
        guess: { base, ours, theirs: afterTree },
      });
    }
    for (const child of trials.values()) {
      const { onto, base: standsOn } = child.layer;
      const isOnTip = "layer" in onto && onto.layer === trial.layer.name && standsOn === trial.layer.tip;
      if (isOnTip && !child.outcome) add(child, 1);
    }
  };
  add(start, start.trees.length + 2);
  return steps;
}

/** Puts as many commits of a layer on as that takes no process. Resolves to whether there were any. */
async function goPlainly(
  merges: TrialMerges,
  trial: RestackTrial,
  trees: ReadonlyMap<string, string>,
): Promise<boolean> {
  const before = trial.trees.length;
  while (!trial.outcome) {
    const tree = await merges.mergePlainly(nextTrees(trial, trees));
    if (tree === undefined) break;
    take(trial, { kind: "merged", tree });
  }
  return trial.trees.length > before;
}

/** As two commits whose one parent holds what the commit changed. */
async function pairOf(merges: TrialMerges, { base, ours, theirs }: TreesToMerge): Promise<MergePair> {
  const parent = await merges.commit(base);
  return { ours: await merges.commit(ours, parent), theirs: await merges.commit(theirs, parent) };
}

function take(trial: RestackTrial, answer: TrialMerge | undefined): void {
  const { commits, tip } = trial.layer;
  const commit = commits[trial.trees.length] ?? tip;
  switch (answer?.kind) {
    case "merged":
      trial.trees.push(answer.tree);
      if (trial.trees.length === commits.length) trial.outcome = { state: "clean" };
      break;
    case "conflicts":
      trial.outcome = { state: "conflicts", commit, files: answer.paths };
      break;
    case "driver":
      trial.outcome = unknown(NEEDS_DRIVER);
      break;
    default:
      trial.outcome = unknown(NOT_HERE);
  }
}

function* pairwise<T>(items: readonly T[]): Generator<[T | undefined, T | undefined]> {
  for (let index = 1; index < items.length; index++) yield [items[index - 1], items[index]];
}

export function standsOnUnknown(below: string): TrialOutcome {
  return unknown(`It is not known what becomes of ${below}.`);
}

export function unknown(reason: string): TrialOutcome {
  return { state: "unknown", reason };
}
