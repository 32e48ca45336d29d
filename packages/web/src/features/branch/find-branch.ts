import type { Branch, StackDetail, View } from "stackit/contract/view";
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
