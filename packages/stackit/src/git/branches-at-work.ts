import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readCheckedOut } from "./heads.ts";
import { displayName } from "./ref-name.ts";

/** What a rebase, by either of its two backends, or a bisection will check out again when it ends. */
const RETURNS_TO = ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"];
/** Branches that a rebase moves along when it ends. */
const UPDATES = "rebase-merge/update-refs";

/**
 * Full names of the branches that a worktree has checked out, or that a rebase or a bisection at work there stands for. To move one of them
 * would pull it away under a person: `git branch -f` refuses the same.
 */
export async function checkedOutOrAtWork(commonDir: string): Promise<Set<string>> {
  const linked = await readdir(join(commonDir, "worktrees")).catch(() => []);
  const folders = [commonDir, ...linked.map((name) => join(commonDir, "worktrees", name))];
  const found = await readCheckedOut(commonDir);
  for (const folder of folders) {
    for (const file of RETURNS_TO) {
      const name = (await read(folder, file)).split("\n")[0] ?? "";
      if (name !== "") found.add(displayName(name.startsWith("refs/") ? name : `refs/heads/${name}`));
    }
    // Of each three lines, the first is a ref.
    for (const line of (await read(folder, UPDATES)).split("\n")) {
      if (line.startsWith("refs/heads/")) found.add(displayName(line));
    }
  }
  return found;
}

async function read(folder: string, file: string): Promise<string> {
  return readFile(join(folder, file), "latin1").catch(() => "");
}
