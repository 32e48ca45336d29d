import { Problem } from "../contract/problem-error.ts";
import { objectFacts, readBlob } from "../git/blob.ts";
import { type CommitPair, listObjectsOf } from "../git/diff-tree.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { ChangedFileOptions } from "./served-repo.ts";

/**
 * The content of a file as it was before or after a change. Whatever does not differ between the two commits is not found, whether the
 * repository holds it or not.
 * @throws {Problem} `file/not-found`, `file/too-large`, `diff/unavailable` when an object is not there, {GitError}
 */
export async function readChangedFile(
  git: ReadOnlyGit,
  { base, head }: CommitPair,
  { blob, maxBytes, signal }: ChangedFileOptions,
): Promise<Buffer> {
  const [changed] = await listObjectsOf(git, [`${head} ${base}`], { signal });
  if (!changed) throw missing();
  if (!changed.includes(blob)) throw notFound();
  const facts = (await objectFacts(git, [blob], { signal })).get(blob);
  if (!facts) throw missing();
  if (facts.type !== "blob") throw notFound();
  if (facts.size > maxBytes) {
    throw new Problem("file/too-large", `It has ${facts.size} bytes, and ${maxBytes} are shown at most.`);
  }
  return readBlob(git, blob, { signal, maxBytes });
}

function notFound(): Problem {
  return new Problem("file/not-found", "No file that this diff changes has such a content.");
}

function missing(): Problem {
  return new Problem("diff/unavailable", "This clone does not hold all objects of the diff.");
}
