import type { RefChanges } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";

/** What a sync would do now: "3 branches to read, 1 to remove". Of a mirror that was never read, all that its remote has. */
export function probeWords(wouldChange: RefChanges): string {
  const { toRead, toRemove, one, many } = amounts(wouldChange);
  if (toRead + toRemove === 0) return "Nothing to read: what is here is what is there";
  const read = toRead > 0 ? [`${count(toRead, one, many)} to read`] : [];
  const remove = toRemove > 0 ? [`${read.length > 0 ? toRemove : count(toRemove, one, many)} to remove`] : [];
  return [...read, ...remove].join(", ");
}

/** Of branches alone, where all changes are listed and one of them is of a branch. */
function amounts({ created, updated, deleted, changes, truncated }: RefChanges) {
  const ofBranches = changes.filter(({ ref }) => ref.startsWith("refs/heads/"));
  if (truncated || ofBranches.length === 0) {
    return { toRead: created + updated, toRemove: deleted, one: "ref", many: "refs" };
  }
  const toRemove = ofBranches.filter(({ kind }) => kind === "deleted").length;
  return { toRead: ofBranches.length - toRemove, toRemove, one: "branch", many: "branches" };
}
