import { objectFormatOf } from "../git/bare-folder.ts";
import { NewObjects } from "../git/new-objects.ts";
import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import { type Committer, rewriteCommit } from "../git/rewrite-commit.ts";
import type { Spawner } from "../git/spawner.ts";
import { TrialMerges } from "../git/trial-merges.ts";
import type { Restackable, RestackLayer } from "../stacks/restack-layers.ts";
import { NOT_HERE, RestackTrial, RestackTrials, reasonIn } from "./restack-trials.ts";

export interface RestackedBranch {
  readonly from: string;
  /** What it is put on, when none of its commits is left. */
  readonly to: string;
  /** Its commits of which everything was there already, oldest first. */
  readonly dropped: readonly string[];
}

export type Restack =
  | {
      readonly kind: "restacked";
      /** All that were asked for, in that order. */
      readonly branches: ReadonlyMap<string, RestackedBranch>;
      /** For the caller to dispose of. */
      readonly objects: NewObjects;
    }
  /** `commit`: the first of the branch's own that conflicts. */
  | {
      readonly kind: "conflict";
      readonly branch: string;
      readonly commit: string;
      readonly files: readonly string[];
    }
  | { readonly kind: "unclear"; readonly branch: string; readonly reason: string };

export interface RestackTools {
  readonly spawner: Spawner;
  /** `git` and `objects` read the same repository. */
  readonly git: ReadOnlyGit;
  readonly objects: ObjectPool;
  /** The folder that the repository keeps its objects below. */
  readonly commonDir: string;
  /** An existing folder. What is made there is removed again, or is below the result's own folder. */
  readonly scratchDir: string;
}

/**
 * The commits that a restack of these branches makes, as `git rebase` would make them one by one, but without a working tree, and with
 * signatures left out. Nothing of the repository is touched. A branch that is put on another one comes after it.
 * A commit that changes nothing any more is dropped; one that never changed anything is not. One that stays where it is keeps its id.
 * @throws {GitError} when the signal aborts, or something else is wrong than what was asked for; or the system's error
 */
export async function restackCommits(
  layers: readonly Restackable[],
  { spawner, git, objects, commonDir, scratchDir }: RestackTools,
  committer: Committer,
  signal: AbortSignal,
): Promise<Restack> {
  const trials = new Map<string, RestackTrial>();
  for (const layer of layers) {
    if ("reason" in layer) return unclear(layer.name, layer.reason);
    trials.set(layer.name, new RestackTrial(layer));
  }
  const objectFormat = objectFormatOf([...trials.values()][0]?.layer.tip ?? "");
  await using merges = await TrialMerges.open(spawner, scratchDir, objectFormat);
  try {
    await new RestackTrials(git, objects).run(merges, trials, signal);
  } catch (error) {
    const reason = reasonIn(error);
    if (reason === undefined) throw error;
    const stuck = [...trials.values()].find(({ outcome }) => outcome?.state !== "clean");
    return unclear(stuck?.layer.name ?? "", reason);
  }
  for (const [branch, { outcome }] of trials) {
    if (outcome?.state === "conflicts")
      return { kind: "conflict", branch, commit: outcome.commit, files: outcome.files };
    if (outcome?.state !== "clean") return unclear(branch, outcome?.reason ?? NOT_HERE);
  }

  const contents = await readCommits(objects, trials.values(), signal);
  const branches = new Map<string, RestackedBranch>();
  for (const [name, { layer, ground, trees }] of trials) {
    const onto = "commit" in layer.onto ? layer.onto.commit : branches.get(layer.onto.layer)?.to;
    const steps = stepsOf(layer, trees, contents);
    if (onto === undefined || ground === undefined || !steps) return unclear(name, NOT_HERE);
    if (steps.some((step) => fieldOf(step.content, "parent") !== step.parent))
      return unclear(name, "Its commits do not follow upon one another.");
    branches.set(name, await put(merges, steps, { from: layer.tip, onto, ground, committer }));
  }
  const made = await merges.madeFor([...branches.values()].map(({ to }) => to));
  return {
    kind: "restacked",
    branches,
    objects: await NewObjects.write(made, { below: scratchDir, commonDir, objectFormat }),
  };
}

function unclear(branch: string, reason: string): Restack {
  return { kind: "unclear", branch, reason };
}

/** Of the layers, and of what they start from. Without those that are not here, or very large. */
async function readCommits(
  objects: ObjectPool,
  trials: Iterable<RestackTrial>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const oids = new Set([...trials].flatMap(({ layer: { base, commits } }) => [base, ...commits]));
  const read = await objects.read([...oids], { signal });
  return new Map([...read].flatMap(([oid, { content }]) => (content ? [[oid, content] as const] : [])));
}

/** A commit that is put on another one. */
interface Step {
  readonly oid: string;
  readonly content: Buffer;
  readonly parent: string;
  /** Its own tree, and that of its parent. */
  readonly was: string;
  readonly wasOn: string;
  /** What its tree has become. */
  readonly tree: string;
}

/** Undefined where they are not all there. */
function stepsOf(
  { base, commits }: RestackLayer,
  trees: readonly string[],
  contents: ReadonlyMap<string, Buffer>,
): Step[] | undefined {
  const steps: Step[] = [];
  for (const [index, oid] of commits.entries()) {
    const parent = commits[index - 1] ?? base;
    const [content, below, tree] = [contents.get(oid), contents.get(parent), trees[index]];
    if (!content || !below || tree === undefined) return undefined;
    steps.push({ oid, content, parent, was: fieldOf(content, "tree"), wasOn: fieldOf(below, "tree"), tree });
  }
  return steps;
}

/** The first one. */
function fieldOf(content: Buffer, name: "tree" | "parent"): string {
  const header = content.toString("latin1", 0, content.indexOf("\n\n"));
  return new RegExp(`^${name} ([0-9a-f]+)$`, "m").exec(header)?.[1] ?? "";
}

/** As `git rebase` does it by default. */
async function put(
  merges: TrialMerges,
  steps: readonly Step[],
  to: {
    readonly from: string;
    readonly onto: string;
    readonly ground: string;
    readonly committer: Committer;
  },
): Promise<RestackedBranch> {
  const dropped: string[] = [];
  let at = to.onto;
  let below = to.ground;
  for (const { oid, content, parent, was, wasOn, tree } of steps) {
    if (tree === below && was !== wasOn) dropped.push(oid);
    else if (parent === at && tree === was) at = oid;
    else
      at = await merges.make("commit", rewriteCommit(content, { tree, parent: at, committer: to.committer }));
    below = tree;
  }
  return { from: to.from, to: at, dropped };
}
