import type { BranchNode, StackGraph } from "./build-graph.ts";
import { firstParents, type History } from "./history.ts";

/** A branch whose commits would be put on something else by a restack. */
export interface RestackLayer {
  readonly name: string;
  readonly tip: string;
  /** The commit that its own commits start from. */
  readonly base: string;
  /** The oldest first; at least one. */
  readonly commits: readonly string[];
  /** Commits that are moved before it and with it. */
  readonly movedCount: number;
  /** A commit as it is, or what becomes of another layer. */
  readonly onto: { readonly commit: string } | { readonly layer: string };
}

/** A restack that nobody should be told about in advance, and why. */
export interface UnclearRestack {
  readonly name: string;
  readonly reason: string;
}

export type Restackable = RestackLayer | UnclearRestack;

/** A branch of more commits is one that a restack is not made for. */
const MAX_COMMITS = 100;
/** What a layer stands on is tried with it. */
const MAX_MOVED = 500;

/**
 * What a restack of these branches, which are all where none are named, would move: those whose parent has moved, and those that stand on
 * these. A parent comes before its children, and is there as well.
 */
export function restackLayers(
  { nodes, trunk }: StackGraph,
  history: History,
  branches: Iterable<BranchNode> = nodes.values(),
): readonly Restackable[] {
  const layers = new Map<string, Restackable | undefined>();
  const visit = (node: BranchNode): Restackable | undefined => {
    if (layers.has(node.name)) return layers.get(node.name);
    const parent = standingParent(node, nodes);
    const below = parent && visit(parent);
    const isOnOther = parent?.name !== nodes.get(node.parent)?.name;
    const ground = isOnOther ? (parent?.tip ?? trunk?.tip) : node.standing.actual;
    const layer = layerOf(node, ground, below, history);
    layers.set(node.name, layer);
    return layer;
  };
  // A tall stack is visited from below, so that no call goes deeper than one step.
  for (const node of branches) {
    const way: BranchNode[] = [];
    for (let at: BranchNode | undefined = node; at && !layers.has(at.name); at = nodes.get(at.parent))
      way.push(at);
    for (const one of way.toReversed()) visit(one);
  }
  return [...layers.values()].filter((layer) => layer !== undefined);
}

/** The nearest below that has not landed: what has is put nowhere any more. Undefined when that is the trunk. */
export function standingParent(
  { parent }: BranchNode,
  nodes: ReadonlyMap<string, BranchNode>,
): BranchNode | undefined {
  let at = nodes.get(parent);
  while (at?.standing.state === "merged") at = nodes.get(at.parent);
  return at;
}

function layerOf(
  { name, tip, parent, standing }: BranchNode,
  ground: string | undefined,
  below: Restackable | undefined,
  history: History,
): Restackable | undefined {
  const { state, base, hasMerges, isGuessed } = standing;
  const isMoved = state === "parent-moved" || state === "diverged";
  if (!isMoved && !(below && state === "in-sync")) return undefined;
  if (hasMerges) return { name, reason: "It has merge commits of its own, which a restack would not keep." };
  if (base === undefined || ground === undefined) return undefined;
  if (below && "reason" in below) return { name, reason: `It is not known what becomes of ${below.name}.` };
  const commits: string[] = [];
  for (const { oid } of firstParents(history, tip)) {
    if (oid === base) break;
    if (commits.length === MAX_COMMITS)
      return { name, reason: `It has more than ${MAX_COMMITS} commits of its own.` };
    commits.unshift(oid);
  }
  if (commits.length === 0) return undefined;
  // The only one is its own.
  if (isGuessed && commits.length > 1)
    return {
      name,
      reason: `Which of its commits are not ${parent}'s is not known: nothing says what it was put on.`,
    };
  const movedCount = commits.length + (below?.movedCount ?? 0);
  if (movedCount > MAX_MOVED)
    return { name, reason: `More than ${MAX_MOVED} commits would be moved up to its tip.` };
  return { name, tip, base, commits, movedCount, onto: below ? { layer: below.name } : { commit: ground } };
}
