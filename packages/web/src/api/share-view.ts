import type { Branch, StackDetail, View, ViewChanges } from "stackit/contract/view";
import { reuse, reuseByKey, sameData } from "../lib/reuse.ts";

/** The new view, with the old objects wherever they still hold: a row whose branch is the same object is not drawn again. */
export function shareView(previous: View | undefined, next: View): View {
  if (!previous) return next;
  return {
    generation: next.generation,
    repo: reuse(previous.repo, next.repo),
    stacks: reuseByKey(previous.stacks, next.stacks, (stack) => stack.rootBranch, shareStack),
    recentlyMerged: reuseByKey(previous.recentlyMerged, next.recentlyMerged, (commit) => commit.sha),
    unstacked: reuseByKey(previous.unstacked, next.unstacked, (branch) => branch.name),
  };
}

/** The view as it is now, with the old objects of all that did not change. */
export function withChanges(known: View, changes: ViewChanges): View {
  const { generation, repo, order, stacks, recentlyMerged, unstacked, isWhole } = changes;
  const byRoot = new Map((isWhole ? [] : known.stacks).map((stack) => [stack.rootBranch, stack]));
  for (const stack of stacks) byRoot.set(stack.rootBranch, stack);
  return {
    generation,
    repo,
    stacks: order ? order.flatMap((root) => byRoot.get(root) ?? []) : [...byRoot.values()],
    recentlyMerged: recentlyMerged ?? known.recentlyMerged,
    unstacked: unstacked ?? known.unstacked,
  };
}

function shareStack(previous: StackDetail | undefined, next: StackDetail): StackDetail {
  if (!previous || previous === next) return next;
  return reuse(previous, {
    ...next,
    branches: reuseByKey(previous.branches, next.branches, (branch) => branch.name, shareBranch),
  });
}

/** When a source was last heard saying the same is no change that a reader of the list could see. */
function shareBranch(previous: Branch | undefined, next: Branch): Branch {
  return previous && sameData(withoutTimes(previous), withoutTimes(next)) ? previous : next;
}

function withoutTimes({ edge, ...branch }: Branch) {
  const sources = edge.sources.map(({ source, parent }) => ({ source, parent }));
  return { ...branch, ...edge, sources };
}

export interface BranchChanges {
  created: string[];
  updated: string[];
  removed: string[];
}

/** The branches that differ between two views which share what is equal. */
export function changedBranches(previous: View, next: View): BranchChanges {
  // A stack that is the same has nothing that differs.
  const before = branchesByName(without(previous.stacks, next.stacks));
  const changes: BranchChanges = { created: [], updated: [], removed: [] };
  for (const [name, branch] of branchesByName(without(next.stacks, previous.stacks))) {
    const old = before.get(name);
    if (!old) changes.created.push(name);
    else if (old !== branch && looksDifferent(old, branch)) changes.updated.push(name);
    before.delete(name);
  }
  changes.removed.push(...before.keys());
  return changes;
}

function without(stacks: readonly StackDetail[], others: readonly StackDetail[]): StackDetail[] {
  const known = new Set(others);
  return stacks.filter((stack) => !known.has(stack));
}

function branchesByName(stacks: readonly StackDetail[]): Map<string, Branch> {
  return new Map(stacks.flatMap((stack) => stack.branches.map((branch) => [branch.name, branch])));
}

/** Whether the row says something else; that somebody switched to a branch is said by its own mark. */
function looksDifferent(a: Branch, b: Branch): boolean {
  return (
    a.revision !== b.revision ||
    a.parent !== b.parent ||
    a.restack.state !== b.restack.state ||
    a.pr?.state !== b.pr?.state ||
    a.pr?.number !== b.pr?.number
  );
}
