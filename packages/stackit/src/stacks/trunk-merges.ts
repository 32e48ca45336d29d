import type { StackGraph } from "./build-graph.ts";
import type { History } from "./history.ts";
import type { RestackLayer } from "./restack-layers.ts";

/** Of more, those with the newest commits. */
const MAX_BRANCHES = 100;

/**
 * Branches that stand directly on the trunk, which has gone on since, as layers of one commit: the whole branch. To put such a layer on is
 * to merge the branch. What merges of its own brought it, cannot be told so. `onto`: the trunk's tip that they are for.
 */
export function trunkMerges(
  { nodes, trunk }: StackGraph,
  history: History,
  onto: string,
): readonly RestackLayer[] {
  const found: { name: string; tip: string; base: string; atMs: number }[] = [];
  for (const { name, tip, parent, standing } of nodes.values()) {
    const { state, base, hasMerges } = standing;
    if (state !== "in-sync" || base === undefined || base === onto || base === tip || hasMerges) continue;
    const below = parent === trunk?.name ? undefined : nodes.get(parent);
    const isOnTrunk = below === undefined || history.commit(below.tip) === undefined;
    if (isOnTrunk) found.push({ name, tip, base, atMs: history.commit(tip)?.committedAtMs ?? 0 });
  }
  if (found.length > MAX_BRANCHES) found.sort((a, b) => b.atMs - a.atMs).length = MAX_BRANCHES;
  return found.map(({ name, tip, base }) => {
    return { name, tip, base, commits: [tip], movedCount: 1, onto: { commit: onto } };
  });
}
