import { firstParents, type History } from "./history.ts";

export interface Inferred {
  readonly source: "ancestry" | "remembered-tip";
  /** Undefined: the walk came to the trunk without meeting a branch. */
  readonly parent?: string;
  /** Branches that would have been as good an answer, by name. */
  readonly ties: readonly string[];
  /** The remembered tip that the branch stands on. */
  readonly boundary?: string;
}

/** Branches by a commit that was their tip once. */
export type RememberedTips = ReadonlyMap<string, readonly string[]>;

/**
 * The parent of each branch by commit ancestry: the first other branch tip on its way down first parents to the trunk, or the
 * first commit that was another branch's tip before that branch moved on.
 * Of several branches on that one commit the first by name is taken and the others are kept as ties. Branches that share a
 * tip are siblings. Costs the commits between a branch and its parent; the order of `tips` never matters.
 */
export function inferParents(
  tips: ReadonlyMap<string, string>,
  history: History,
  remembered: RememberedTips = new Map(),
): Map<string, Inferred> {
  const branchesAt = new Map<string, string | string[]>();
  for (const [name, oid] of tips) {
    const there = branchesAt.get(oid);
    if (there === undefined) branchesAt.set(oid, name);
    else if (typeof there === "string") branchesAt.set(oid, [there, name]);
    else there.push(name);
  }
  const inferred = new Map<string, Inferred>();
  for (const [name, tip] of tips) inferred.set(name, parentOf(name, tip));
  return inferred;

  function parentOf(name: string, tip: string): Inferred {
    const twins = namesAt(tip).filter((other) => other !== name);
    for (const { oid } of firstParents(history, tip)) {
      const [now, ...others] = oid === tip ? [] : namesAt(oid);
      if (now !== undefined) return { source: "ancestry", parent: now, ties: [...others, ...twins] };
      const [once, ...more] =
        remembered.get(oid)?.filter((other) => other !== name && tips.get(other) !== tip) ?? [];
      if (once !== undefined) {
        return { source: "remembered-tip", parent: once, ties: [...more, ...twins], boundary: oid };
      }
    }
    return { source: "ancestry", ties: twins };
  }

  function namesAt(oid: string): string[] {
    const there = branchesAt.get(oid);
    if (there === undefined) return [];
    return typeof there === "string" ? [there] : there.sort();
  }
}
