import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { CheckoutRefusedError } from "./checkout-refusal.ts";

/** A clone whose files say that it has its repository for itself. */
export interface FoundCheckout {
  /** Without symbolic links. */
  readonly top: string;
  /** Its `.git`. */
  readonly gitDir: string;
}

/** What is there while somebody's git has not finished, and how a person finishes it. */
const UNFINISHED: readonly (readonly [name: string, what: string])[] = [
  ["rebase-merge", "a rebase"],
  ["rebase-apply", "a rebase, or patches that are being applied"],
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
  ["sequencer", "a cherry-pick or revert of several commits"],
  ["BISECT_LOG", "a bisection"],
];

/** The parts that another folder could share by a symbolic link, as `git-new-workdir` does. */
const OWN_PARTS = ["HEAD", "config", "objects", "refs", "refs/heads", "packed-refs", "index", "logs"];

/**
 * Looks at files only; runs no process and changes nothing.
 * @throws {CheckoutRefusedError} {Error} the system's
 */
export async function findCheckout(folder: string): Promise<FoundCheckout> {
  const top = await realpath(folder).catch(() => {
    throw new CheckoutRefusedError(
      "Its folder does not exist or may not be entered.",
      "Check the path and its permissions.",
    );
  });
  const gitDir = join(top, ".git");
  await refuseOtherShapes(top, gitDir);
  await refuseSharing(gitDir);
  for (const [name, what] of UNFINISHED) {
    if (await kindOf(join(gitDir, name))) {
      throw new CheckoutRefusedError(`It is in the middle of ${what}.`, "Finish or abort that.");
    }
  }
  for (const name of ["index.lock", "HEAD.lock"]) {
    if (!(await kindOf(join(gitDir, name)))) continue;
    throw new CheckoutRefusedError(
      `A git is at work in it, or was killed: there is a file ${name} in its .git folder.`,
      "Let it finish; when none runs, remove that file.",
      { passes: true },
    );
  }
  return { top, gitDir };
}

async function refuseOtherShapes(top: string, gitDir: string): Promise<void> {
  const kind = await kindOf(gitDir);
  if (kind === "file") {
    throw new CheckoutRefusedError(
      "It is a linked worktree or a submodule: it shares its repository with another folder.",
      "Hand over a clone of its own.",
    );
  }
  if (kind === undefined && (await kindOf(join(top, "HEAD"))) && (await kindOf(join(top, "objects")))) {
    throw new CheckoutRefusedError(
      "It is a bare repository.",
      "Give the remote's url instead: the server then makes a mirror of its own.",
    );
  }
  const parts = await Promise.all(["HEAD", "objects", "refs"].map((name) => kindOf(join(gitDir, name))));
  if (kind === undefined || !parts.every(Boolean)) {
    throw new CheckoutRefusedError(
      "It is no clone: there is no Git repository in its .git folder.",
      "Name the top folder of a clone.",
    );
  }
  const { uid } = await lstat(gitDir);
  if (process.getuid && uid !== process.getuid()) {
    throw new CheckoutRefusedError(
      "It belongs to another user than the one that runs the server, who could no longer use what the server writes.",
      "Give the folder and all in it to the server's user, with chown -R.",
    );
  }
}

async function refuseSharing(gitDir: string): Promise<void> {
  const kinds = await Promise.all(["", ...OWN_PARTS].map((name) => kindOf(join(gitDir, name))));
  if (kinds.includes("link") || (await kindOf(join(gitDir, "commondir")))) {
    throw new CheckoutRefusedError(
      "Parts of its .git folder are those of another repository, by symbolic links.",
      "Hand over a clone of its own.",
    );
  }
  if ((await readdir(join(gitDir, "worktrees")).catch(() => [])).length > 0) {
    throw new CheckoutRefusedError(
      "It has linked worktrees, whose branches would move under them.",
      "Remove them with `git worktree remove`, and those that are gone with `git worktree prune`.",
    );
  }
  if ((await lstat(join(gitDir, "shallow")).catch(() => undefined))?.size) {
    throw new CheckoutRefusedError(
      "It is a shallow clone: the beginning of its history is missing.",
      "Run `git fetch --unshallow` in it.",
    );
  }
  if ((await lstat(join(gitDir, "objects", "info", "alternates")).catch(() => undefined))?.size) {
    throw new CheckoutRefusedError(
      "It borrows objects from another repository, which may remove them.",
      "Run `git repack -a -d` in it and remove .git/objects/info/alternates.",
    );
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | "link" | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return;
    throw error;
  });
  if (found === undefined) return undefined;
  return found.isSymbolicLink() ? "link" : found.isDirectory() ? "folder" : "file";
}
