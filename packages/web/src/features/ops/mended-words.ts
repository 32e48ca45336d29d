import type { SyncRun } from "stackit/contract/sync-run";
import { count } from "../../lib/words.ts";

/** What a run did to the files of a mirror, when it succeeded. */
export function mendedWords({ repair, recloned }: Pick<SyncRun, "repair" | "recloned">): string {
  if (!repair) return "It was cloned anew, and the new one is in its place.";
  const { leftovers } = repair;
  const found = recloned
    ? "It lacked objects, so it was cloned anew, and the new one is in its place."
    : "Every object was read, and nothing is missing.";
  if (leftovers === 0) return found;
  const were = leftovers === 1 ? "was" : "were";
  return `${found} ${count(leftovers, "file")} that a killed git had left ${were} removed.`;
}
