import type { BranchMetadata } from "./branch-metadata.ts";
import type { BranchNode, StackGraph } from "./build-graph.ts";

export interface PlacedBranch {
  readonly node: BranchNode;
  /** 1 for a root. */
  readonly depth: number;
  /** By name, the one that leads to the current branch first. */
  readonly children: readonly string[];
  /** The root of its stack. */
  readonly root: string;
  /** Inherited from the nearest branch towards the trunk that names one. */
  readonly scope: string | undefined;
}

export interface PlacedStack {
  readonly root: string;
  /** Depth first from the root: a parent comes before its children. */
  readonly members: readonly PlacedBranch[];
  readonly hasWorktree: boolean;
}

/**
 * The graph as ordered trees. Each child of the trunk is a root. A worktree anchor, which Stackit puts below the stack of a
 * linked worktree, is not shown: its children are roots. Never recursive, so no stack is too tall.
 */
export function orderStacks(graph: StackGraph, currentBranch: string): PlacedStack[] {
  const children = new Map<string, string[]>();
  for (const node of graph.nodes.values()) {
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node.name);
    else children.set(node.parent, [node.name]);
  }
  const leading = pathToTrunk(graph, currentBranch);
  const rank = (name: string): number => (leading.has(name) ? 0 : 1);
  for (const names of children.values()) {
    if (names.length > 1) names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }
  const roots = (graph.trunk && children.get(graph.trunk.name)) ?? [];
  return roots.flatMap((root) => {
    const metadata = graph.nodes.get(root)?.metadata;
    if (metadata?.kind !== "worktree-anchor") return [placeStack(root, false, undefined)];
    const inherited = scopeFrom(metadata, undefined);
    return (children.get(root) ?? []).map((name) => placeStack(name, true, inherited));
  });

  function placeStack(root: string, hasWorktree: boolean, inherited: string | undefined): PlacedStack {
    const members: PlacedBranch[] = [];
    const open: { name: string; depth: number; scope: string | undefined }[] = [
      { name: root, depth: 1, scope: inherited },
    ];
    for (let next = open.pop(); next; next = open.pop()) {
      const node = graph.nodes.get(next.name);
      if (!node) continue;
      const scope = scopeFrom(node.metadata, next.scope);
      const below = children.get(next.name) ?? NONE;
      members.push({ node, depth: next.depth, children: below, root, scope });
      for (let index = below.length - 1; index >= 0; index--) {
        const name = below[index];
        if (name !== undefined) open.push({ name, depth: next.depth + 1, scope });
      }
    }
    return { root, members, hasWorktree };
  }
}

/**
 * The same after these nodes changed. Undefined when their place may be another one. Stacks without any of them are the same
 * objects as before.
 */
export function reorderStacks(
  before: readonly PlacedStack[],
  old: StackGraph,
  graph: StackGraph,
  changed: ReadonlySet<string>,
): PlacedStack[] | undefined {
  const roots = new Set<string>();
  for (const name of changed) {
    const [was, is] = [old.nodes.get(name), graph.nodes.get(name)];
    if (!was || !is || was.parent !== is.parent) return undefined;
    if (was.metadata?.scope !== is.metadata?.scope || was.metadata?.kind !== is.metadata?.kind)
      return undefined;
    for (let node: BranchNode | undefined = is; node; node = graph.nodes.get(node.parent))
      roots.add(node.name);
  }
  return before.map((stack) => {
    if (!roots.has(stack.root)) return stack;
    const members = stack.members.map((placed) => {
      const node = graph.nodes.get(placed.node.name);
      return node && node !== placed.node ? { ...placed, node } : placed;
    });
    return { ...stack, members };
  });
}

const NONE: readonly string[] = [];

/** The scope that holds for a branch and, where they name none, for those above it. */
function scopeFrom(metadata: BranchMetadata | undefined, inherited: string | undefined): string | undefined {
  const own = metadata?.scope;
  if (own === undefined) return inherited;
  return own === "none" || own === "clear" ? undefined : own;
}

function pathToTrunk(graph: StackGraph, from: string): Set<string> {
  const path = new Set<string>();
  for (let node = graph.nodes.get(from); node; node = graph.nodes.get(node.parent)) path.add(node.name);
  return path;
}
