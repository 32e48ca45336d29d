import { Type } from "typebox";
import { Problem } from "../contract/problem-error.ts";
import type { Snapshot } from "../repos/served-repo.ts";
import { noSuchBranch } from "./repo-lookup.ts";

export const Against = Type.Optional(
  Type.Enum(["parent", "trunk"], {
    description: "What to compare with: the parent branch, which is the default, or the trunk.",
  }),
);

export const BlobId = Type.String({
  pattern: "^([0-9a-f]{40}|[0-9a-f]{64})$",
  description: "Which file of the diff, before or after: one of the two ids in its `index` line.",
});

/**
 * The two commits whose difference is shown of a branch.
 * @throws {Problem} `branch/not-found`, `diff/unavailable`
 */
export function diffRangeOf(
  snapshot: Snapshot,
  branch: string,
  against: "parent" | "trunk",
): { readonly base: string; readonly head: string } {
  const range = snapshot.diffRange(branch, against);
  if (range) return range;
  if (!snapshot.branch(branch)) throw noSuchBranch();
  throw new Problem("diff/unavailable", `This branch has no ${against} to be compared with.`);
}
