import { relative, sep } from "node:path";

/** Folders of a Git folder that hold nothing we show; not watching them saves most of the watches. */
export const UNWATCHED = [
  "objects",
  "logs",
  "hooks",
  "info",
  "lfs",
  "modules",
  "rr-cache",
  "annex",
  "branches",
];

/**
 * Whether a changed file below the common folder can change what is shown: HEADs, refs in either storage, remotes and trunk
 * in the configuration. Lock files come and go beside each of them.
 */
export function concernsRefs(commonDir: string, path: string): boolean {
  const parts = relative(commonDir, path).split(sep);
  const name = parts.at(-1) ?? "";
  if (name.endsWith(".lock") || parts[0] === "..") return false;
  switch (parts[0]) {
    case "refs":
    case "reftable":
      return true;
    case "worktrees":
      // A worktree's folder that comes or goes, its HEAD, and its own refs.
      return parts.length <= 2 || name === "HEAD" || parts[2] === "refs" || parts[2] === "reftable";
    default:
      return (
        parts.length === 1 &&
        ["HEAD", "packed-refs", "config", "config.worktree", "shallow", ".graphite_repo_config"].includes(
          name,
        )
      );
  }
}
