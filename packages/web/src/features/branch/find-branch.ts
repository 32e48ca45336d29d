import type { Branch, StackDetail, Unstacked, View } from "stackit/contract/view";
import { landedWords } from "../stacks/branch-state.ts";
import { leafFirst } from "../stacks/rail.ts";

export interface BranchPlace {
  branch: Branch;
  stack: StackDetail;
  /** From the trunk: 1 is the root. */
  position: number;
  /** The parent within the stack; undefined for its root. */
  below: Branch | undefined;
  /** The first child. */
  above: Branch | undefined;
}

export function findBranch(view: View, name: string): BranchPlace | undefined {
  for (const stack of view.stacks) {
    const branch = stack.branches.find((candidate) => candidate.name === name);
    if (!branch) continue;
    const ordered = leafFirst(stack.branches);
    return {
      branch,
      stack,
      position: ordered.length - ordered.indexOf(branch),
      below: stack.branches.find((other) => other.name === branch.parent),
      above: stack.branches.find((other) => other.parent === branch.name),
    };
  }
  return undefined;
}

const unstackedWords: Record<Unstacked["reason"], string> = {
  "on-trunk": "has nothing that the trunk does not have.",
  tool: "is a helper branch, which a stacking tool makes for itself.",
  "no-trunk": "stands on no trunk that is known here.",
  "missing-object": "names a commit that is not in this clone.",
};

/** Why there is no place to show; `words` go on from the name of the branch. */
export function absenceWords(view: View, name: string): { title: string; words: string } {
  const inNoStack = "This branch is in no stack";
  if (name === view.repo.trunk) return { title: inNoStack, words: "is the trunk, which stacks stand on." };
  const unstacked = view.unstacked.find((branch) => branch.name === name);
  if (unstacked) return { title: inNoStack, words: unstackedWords[unstacked.reason] };
  const layer = view.stacks.flatMap(({ landed = [] }) => landed).find((one) => one.name === name);
  if (layer)
    return { title: "This branch has landed", words: `was ${landedWords(layer)}, and is gone since.` };
  return { title: "There is no such branch", words: "may have been renamed, merged or deleted." };
}
