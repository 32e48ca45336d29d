import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readHeadFile } from "../git/heads.ts";

/** Changed by whatever git does there: it writes a lock beside each file that it replaces. */
const WATCHED = [".", "config", "config.worktree", "index", "packed-refs", "objects/info", "worktrees"];
const REF_FOLDERS = ["refs/heads", "refs/stackit"];

/**
 * Differs when somebody's git has changed HEAD, the index, the configuration or the branches of a checkout since. Costs no
 * process. Files that were edited since do not change it. Undefined when HEAD is not detached.
 */
export async function stampOfCheckout(gitDir: string): Promise<string | undefined> {
  const folders = await Promise.all(REF_FOLDERS.map((name) => foldersBelow(gitDir, name)));
  const names = [...WATCHED, "refs", ...folders.flat()];
  const stamps = await Promise.all(names.map((name) => stampOf(join(gitDir, name))));
  const head = await readHeadFile(gitDir).catch(() => undefined);
  if (head?.kind !== "oid") return undefined;
  return JSON.stringify([head.oid, ...names.map((name, index) => [name, stamps[index]])]);
}

async function foldersBelow(gitDir: string, name: string): Promise<string[]> {
  const entries = await readdir(join(gitDir, name), { recursive: true, withFileTypes: true }).catch(() => []);
  const below = entries.flatMap((entry) => (entry.isDirectory() ? [join(entry.parentPath, entry.name)] : []));
  return [name, ...below.map((path) => path.slice(gitDir.length + 1)).sort()];
}

async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.mtimeNs}:${found.size}:${found.ino}` : "-";
}
