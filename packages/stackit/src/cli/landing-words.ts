import type { Branch, LandedBranch } from "../contract/view.ts";
import { printable } from "./printable.ts";

type Merge = NonNullable<Branch["restack"]["trunkMerge"]>;
type Preview = NonNullable<Branch["restack"]["preview"]>;

const VERBS = { merge: "merged by", squash: "squashed as", rebase: "rebased as" } as const;

/** Such as `squashed as 1a2b3c4 on 2026-01-05`. */
export function landedWords({ how, commit, date }: LandedBranch): string {
  return `${VERBS[how]} ${commit.slice(0, 7)} on ${date.slice(0, 10)}`;
}

/** What a restack would do; at most so many of the files in conflict are named. */
export function previewWords(preview: Preview | undefined, namedFiles: number): string {
  if (!preview) return "a restack was not tried yet";
  if (preview.state === "clean") return "a restack would apply cleanly";
  if (preview.state === "unknown")
    return `whether a restack would apply is not known: ${printable(preview.reason ?? "").replace(/\.$/, "")}`;
  return `a restack would conflict in ${filesOf(preview, namedFiles)}`;
}

/** What a merge into the trunk would do. */
export function mergeWords(merge: Merge, namedFiles: number): string {
  if (merge.state === "clean") return `it would still merge into the trunk`;
  if (merge.state === "unknown")
    return `whether it would still merge into the trunk is not known: ${printable(merge.reason ?? "").replace(/\.$/, "")}`;
  return `a merge into the trunk would conflict in ${filesOf(merge, namedFiles)}`;
}

function filesOf({ files = [], fileCount = files.length }: Merge, namedFiles: number): string {
  const named = files.slice(0, namedFiles).map(printable);
  const others = fileCount - named.length;
  return `${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}
