import type { StackDetail, TrunkCommit, View } from "stackit/contract/view";

/** The stack that is here under a name. What a stack was called before only the server knows. */
export function stackNamed(view: View, name: string): StackDetail | undefined {
  return (
    view.stacks.find(({ id }) => id === name) ?? view.stacks.find(({ rootBranch }) => rootBranch === name)
  );
}

export type PullTarget =
  | { kind: "branch"; name: string }
  /** It landed, and no branch of a stack stands for it any more. */
  | { kind: "commit"; commit: TrunkCommit }
  | { kind: "unknown" };

/** Where a pull request is: its branch, else the landed layer that it was, else the commit that it came to the trunk with. */
export function pullTarget({ stacks, recentlyMerged }: View, number: number): PullTarget {
  const branch = stacks.flatMap(({ branches }) => branches).find(({ pr }) => pr?.number === number);
  const commit = recentlyMerged.find(
    ({ prNumber, stackPRs }) => prNumber === number || stackPRs?.includes(number),
  );
  // Of a layer that was squashed the trunk's commit may know the number, and nobody else.
  const landedAs = commit?.prNumber === number ? commit.sha : undefined;
  const layer = stacks
    .flatMap(({ landed = [] }) => landed)
    .find((one) => one.prNumber === number || (landedAs !== undefined && one.commit.startsWith(landedAs)));
  const name = branch?.name ?? layer?.name;
  if (name !== undefined) return { kind: "branch", name };
  return commit ? { kind: "commit", commit } : { kind: "unknown" };
}
