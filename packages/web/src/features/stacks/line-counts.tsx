import { formatNumber } from "../../lib/words.ts";

/** "+120 −14", with a true minus; nothing while it is not counted. */
export function LineCounts({ added, deleted }: { added: number | undefined; deleted: number | undefined }) {
  if (added === undefined || deleted === undefined) return null;
  return (
    <span className="line-counts">
      <span className={added > 0 ? "added" : "subtle"}>+{formatNumber(added)}</span>{" "}
      <span className={deleted > 0 ? "deleted" : "subtle"}>−{formatNumber(deleted)}</span>
    </span>
  );
}
