import { Problem } from "../contract/problem-error.ts";
import { type CommitPair, diffPatch } from "../git/diff-tree.ts";
import { GitError } from "../git/git-error.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { DiffOptions } from "./served-repo.ts";

const MAX_PATCH_BYTES = 32 * 1024 * 1024;

/** @throws {Problem} `diff/unavailable` when an object is not there, {GitError} */
export async function readPatch(
  git: ReadOnlyGit,
  range: CommitPair,
  { ignoreWhitespace, signal }: DiffOptions,
): Promise<{ patch: string; truncated: boolean }> {
  try {
    const options = { signal, ignoreWhitespace, maxBytes: MAX_PATCH_BYTES };
    const { patch, truncated } = await diffPatch(git, range, options);
    return { patch: patch.toString("utf8"), truncated };
  } catch (error) {
    if (!(error instanceof GitError) || error.failure !== "missing-object") throw error;
    const detail = "This clone does not hold all objects of the diff.";
    throw new Problem("diff/unavailable", detail, { cause: error });
  }
}
