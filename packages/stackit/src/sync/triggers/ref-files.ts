import { join, relative, sep } from "node:path";
import { SETTINGS_FILES } from "../../repos/ref-reader.ts";
import { READ_PREFIXES } from "../../stacks/ref-reading.ts";

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
 * in the configuration, what stacking tools keep. Lock files come and go beside each of them.
 */
export function concernsRefs(commonDir: string, path: string): boolean {
  const parts = relative(commonDir, path).split(sep);
  const name = parts.at(-1) ?? "";
  if (name.endsWith(".lock") || parts[0] === "..") return false;
  switch (parts[0]) {
    case "refs":
      return isReadRef(`${parts.join("/")}/`);
    case "reftable":
      return true;
    case "worktrees":
      // A worktree's folder that comes or goes, and its HEAD in either storage. Its own refs are not shown.
      return parts.length <= 2 || (parts.length === 3 && name === "HEAD") || parts[2] === "reftable";
    default:
      return parts.length === 1 && (name === "HEAD" || name === "packed-refs") ? true : isSettings(parts);
  }
}

/** Also for a folder that such a file lies in. */
function isSettings(parts: readonly string[]): boolean {
  return SETTINGS_FILES.some((file) => `${file}/`.startsWith(`${parts.join("/")}/`));
}

/** Also for a folder that such refs lie below. */
function isReadRef(path: string): boolean {
  return READ_PREFIXES.some((prefix) => path.startsWith(prefix) || prefix.startsWith(path));
}

/** The common folder, or what makes it one: when it is deleted, so is the repository. */
export function isFolderItself(commonDir: string, path: string): boolean {
  return path === commonDir || path === join(commonDir, "HEAD");
}
