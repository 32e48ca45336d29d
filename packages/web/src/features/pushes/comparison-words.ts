import type { ComparedCommit, PushComparison } from "stackit/contract/pushes";
import { count, formatNumber, listed } from "../../lib/words.ts";
import { messageParts } from "./inner-diff.ts";

/** As in "4 commits: 2 same, 1 changed, 1 new, 0 dropped". */
export function summaryOf({ counts, commits, rebasedOver, truncated }: PushComparison): string {
  const parts = [
    `${formatNumber(counts.same)} same`,
    `${formatNumber(counts.changed)} changed`,
    `${formatNumber(counts.new)} new`,
    `${formatNumber(counts.dropped)} dropped`,
  ];
  const first = truncated ? "The first " : "";
  const over = rebasedOver === 0 ? "" : ` · rebased over ${count(rebasedOver, "commit")}`;
  return `${first}${count(commits.length, "commit")}: ${parts.join(", ")}${over}`;
}

/** What all of it comes to, where one sentence says that. */
export function verdictOf({ commits, truncated }: PushComparison): string | undefined {
  if (truncated) return undefined;
  if (commits.length === 0) return "Neither of these pushes has commits of its own";
  if (commits.some(({ state }) => state !== "same")) return undefined;
  return commits.some(({ moved }) => moved)
    ? "Only the order of the commits changed"
    : "The patch is identical";
}

/** Then commit by commit there is nothing to be compared. */
export function hasNothingInCommon({ counts, commits, truncated }: PushComparison): boolean {
  return !truncated && commits.length > 0 && counts.same + counts.changed === 0;
}

/** Whether the comparison ended within this commit. */
export function isCutIn({ commits, truncated }: PushComparison, commit: ComparedCommit): boolean {
  return truncated && commits.at(-1) === commit;
}

/** What of a changed commit is another now. */
export function changeOf({ messageDiff, patchDiff }: ComparedCommit, isCut: boolean): string {
  const { author, message } = messageParts(messageDiff);
  const parts = [
    author.length > 0 && "author",
    message.length > 0 && "message",
    patchDiff !== "" && "patch",
  ].filter((part) => part !== false);
  if (isCut) return "Cut at the size limit: what changed is not all here";
  if (parts.length === 1) return `Only the ${parts.join("")} changed`;
  return parts.length === 0 ? "Changed" : `The ${listed(parts)} changed`;
}
