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

export interface Absence {
  title: string;
  /** They go on from the name of the branch. */
  words: string;
  /** The stack that it was a layer of. */
  stack?: StackDetail;
  /** Whether nobody here knows what became of it. */
  isUnknown?: true;
}

/** Why there is no place to show. */
export function absenceOf(view: View, name: string): Absence {
  const inNoStack = "This branch is in no stack";
  if (name === view.repo.trunk) return { title: inNoStack, words: "is the trunk, which stacks stand on." };
  const unstacked = view.unstacked.find((branch) => branch.name === name);
  if (unstacked) return { title: inNoStack, words: unstackedWords[unstacked.reason] };
  for (const stack of view.stacks) {
    const layer = stack.landed?.find((one) => one.name === name);
    if (!layer) continue;
    return { title: "This branch has landed", words: `was ${landedWords(layer)}, and is gone since.`, stack };
  }
  return {
    title: "There is no such branch",
    words: "may have been renamed, merged or deleted.",
    isUnknown: true,
  };
}
