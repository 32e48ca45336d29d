import { type History, isAncestor } from "./history.ts";

export interface Inferred {
  readonly source: "ancestry" | "remembered-tip";
  /** Undefined: the walk came to the trunk without meeting a branch. */
  readonly parent?: string;
  /** The first few branches that would have been as good an answer, by name. */
  readonly ties: readonly string[];
  /** The remembered tip that the branch stands on. */
  readonly boundary?: string;
}

/** Branches by a commit that was their tip once. */
export type RememberedTips = ReadonlyMap<string, readonly string[]>;

export interface InferenceInput {
  readonly tips: ReadonlyMap<string, string>;
  readonly history: History;
  readonly remembered: RememberedTips;
}

export interface Inference {
  readonly parents: ReadonlyMap<string, Inferred>;
  readonly tips: TipIndex;
}

export interface MovedTip {
  readonly name: string;
  readonly old: string;
  readonly new: string;
}

/**
 * The parent of each branch by commit ancestry: the first other branch tip on its way down first parents to the trunk, or the
 * first commit that was another branch's tip before that branch moved on.
 * Of several branches on that one commit the first by name is taken and some others are kept as ties. Branches that share a
 * tip are siblings. A branch that has gone on upwards from this one is above it, whatever its tip was before. Costs the commits between a branch and its parent; the order of `tips` never matters.
 */
export function inferParents(input: InferenceInput): Inference {
  const tips = indexTips(input.tips);
  const parents = new Map<string, Inferred>();
  for (const [name, tip] of input.tips) parents.set(name, inferParent(name, tip, tips, input));
  return { parents, tips };
}

/** The same for an input in which only these tips have moved. Costs the branches whose walk came by where they were or are. */
export function reinferParents(
  before: Inference,
  input: InferenceInput,
  moved: readonly MovedTip[],
): { readonly inference: Inference; readonly affected: ReadonlySet<string> } {
  const tips = before.tips.fork();
  const affected = new Set<string>();
  for (const tip of moved) {
    affected.add(tip.name);
    tips.remove(tip.old, tip.name);
    tips.add(tip.new, tip.name);
  }
  for (const tip of moved) {
    for (const oid of [tip.old, tip.new]) {
      for (const name of tips.branchesAt(oid)) affected.add(name);
      for (const name of tips.walkersOf(oid)) affected.add(name);
    }
  }
  const parents = new Map(before.parents);
  for (const name of affected) {
    const tip = input.tips.get(name);
    if (tip === undefined) parents.delete(name);
    else parents.set(name, inferParent(name, tip, tips, input));
  }
  return { inference: { parents, tips }, affected };
}

function inferParent(name: string, tip: string, tips: TipIndex, input: InferenceInput): Inferred {
  const { history, remembered } = input;
  const twins = fewOf(tips.branchesAt(tip), name);
  const canCarry = (other: string): boolean => {
    const otherTip = input.tips.get(other);
    if (other === name || otherTip === undefined) return false;
    // The answer depends on where that branch is, so it is asked again when that branch moves.
    tips.passed(otherTip, name);
    return !isAncestor(history, tip, otherTip);
  };
  for (let commit = history.commit(tip); commit; ) {
    const { oid } = commit;
    if (oid !== tip) {
      tips.passed(oid, name);
      const there = tips.branchesAt(oid);
      const [parent] = there;
      if (parent !== undefined)
        return { source: "ancestry", parent, ties: [...fewOf(there, parent), ...twins] };
    }
    const once = remembered.get(oid);
    if (once) {
      const there = once.filter(canCarry);
      const [parent] = there;
      if (parent !== undefined) {
        const ties = [...fewOf(there, parent), ...twins];
        return { source: "remembered-tip", parent, ties, boundary: oid };
      }
    }
    const below = commit.parents[0];
    commit = below === undefined ? undefined : history.commit(below);
  }
  return { source: "ancestry", ties: twins };
}

const NOBODY: readonly string[] = [];

/** Ties are for a person to read: of ten thousand branches on one commit the first few tell as much. */
const FEW = 8;

function fewOf(names: readonly string[], except: string): readonly string[] {
  if (names.length < 2) return NOBODY;
  return names
    .slice(0, FEW + 1)
    .filter((name) => name !== except)
    .slice(0, FEW);
}

function indexTips(tips: ReadonlyMap<string, string>): TipIndex {
  const at = new Map<string, string[]>();
  for (const [name, oid] of tips) {
    const there = at.get(oid);
    if (there) there.push(name);
    else at.set(oid, [name]);
  }
  for (const names of at.values()) names.sort();
  return new TipIndex(at);
}

/**
 * Which branches are at a commit, by name, and whose walks came by it. Walkers are only ever added, also by forks: one too
 * many costs a walk, one too few would be wrong.
 */
export class TipIndex {
  readonly #at: Map<string, readonly string[]>;
  readonly #walkers: Map<string, Set<string>>;

  constructor(at: Iterable<readonly [string, readonly string[]]>, walkers = new Map<string, Set<string>>()) {
    this.#at = new Map(at);
    this.#walkers = walkers;
  }

  fork(): TipIndex {
    return new TipIndex(this.#at, this.#walkers);
  }

  branchesAt(oid: string): readonly string[] {
    return this.#at.get(oid) ?? NOBODY;
  }

  walkersOf(oid: string): Iterable<string> {
    return this.#walkers.get(oid) ?? NOBODY;
  }

  add(oid: string, name: string): void {
    const there = this.#at.get(oid);
    this.#at.set(oid, there ? [...there, name].sort() : [name]);
  }

  remove(oid: string, name: string): void {
    const left = this.branchesAt(oid).filter((other) => other !== name);
    if (left.length > 0) this.#at.set(oid, left);
    else this.#at.delete(oid);
  }

  passed(oid: string, name: string): void {
    const walkers = this.#walkers.get(oid);
    if (walkers) walkers.add(name);
    else this.#walkers.set(oid, new Set([name]));
  }
}
