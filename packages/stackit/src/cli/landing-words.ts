import type { Branch, LandedBranch } from "../contract/view.ts";
import { printable } from "./printable.ts";

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
  const { files = [], fileCount = files.length } = preview;
  const named = files.slice(0, namedFiles).map(printable);
  const others = fileCount - named.length;
  return `a restack would conflict in ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}
