import { firstParents, type History } from "./history.ts";

export interface Inferred {
  /** Undefined: the walk came to the trunk without meeting a branch. */
  readonly parent?: string;
  /** Branches that would have been as good an answer, by name. */
  readonly ties: readonly string[];
}

/**
 * The parent of each branch by commit ancestry: the first other branch tip on its way down first parents to the trunk.
 * Of several branches on that one commit the first by name is taken and the others are kept as ties. Branches that share a
 * tip are siblings. Costs the commits between a branch and its parent; the order of `tips` never matters.
 */
export function inferParents(
  tips: ReadonlyMap<string, string>,
  history: History,
  wanted: Iterable<string> = tips.keys(),
): Map<string, Inferred> {
  const branchesAt = new Map<string, string | string[]>();
  for (const [name, oid] of tips) {
    const there = branchesAt.get(oid);
    if (there === undefined) branchesAt.set(oid, name);
    else if (typeof there === "string") branchesAt.set(oid, [there, name]);
    else there.push(name);
  }
  const inferred = new Map<string, Inferred>();
  for (const name of wanted) {
    const tip = tips.get(name);
    if (tip !== undefined) inferred.set(name, parentOf(name, tip));
  }
  return inferred;

  function parentOf(name: string, tip: string): Inferred {
    const twins = namesAt(tip).filter((other) => other !== name);
    for (const commit of firstParents(history, tip)) {
      if (commit.oid === tip) continue;
      const [first, ...others] = namesAt(commit.oid);
      if (first !== undefined) return { parent: first, ties: [...others, ...twins] };
    }
    return { ties: twins };
  }

  function namesAt(oid: string): string[] {
    const there = branchesAt.get(oid);
    if (there === undefined) return [];
    return typeof there === "string" ? [there] : there.sort();
  }
}
