import { Problem } from "../contract/problem-error.ts";
import { objectFacts, readBlob } from "../git/blob.ts";
import { type CommitPair, diffPatch } from "../git/diff-tree.ts";
import { GitError } from "../git/git-error.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { DiffOptions, Patch } from "./served-repo.ts";

const MAX_PATCH_BYTES = 32 * 1024 * 1024;
const MAX_ATTRIBUTES_BYTES = 64 * 1024;
const MAX_RULES = 200;

/** @throws {Problem} `diff/unavailable` when an object is not there, {GitError} */
export async function readPatch(
  git: ReadOnlyGit,
  range: CommitPair,
  { ignoreWhitespace, signal }: DiffOptions,
): Promise<Patch> {
  try {
    const options = { signal, ignoreWhitespace, maxBytes: MAX_PATCH_BYTES };
    const { patch: bytes, truncated } = await diffPatch(git, range, options);
    const patch = bytes.toString("utf8");
    const facts = await objectFacts(git, binariesIn(patch), { signal });
    const binaries = [...facts].map(([blob, { size }]) => ({ blob, bytes: size }));
    return { patch, truncated, binaries, generatedRules: await generatedRules(git, range.head, signal) };
  } catch (error) {
    if (!(error instanceof GitError) || error.failure !== "missing-object") throw error;
    const detail = "This clone does not hold all objects of the diff.";
    throw new Problem("diff/unavailable", detail, { cause: error });
  }
}

/** The object ids of the files, before and after, of which a patch says only that they differ. No line of a file begins like these. */
function binariesIn(patch: string): string[] {
  const heads = patch.matchAll(/\nindex ([0-9a-f]+)\.\.([0-9a-f]+)(?: \d+)?\nBinary files /g);
  const oids = [...heads].flatMap(([, before = "", after = ""]) => [before, after]);
  return [...new Set(oids)].filter((oid) => !/^0+$/.test(oid));
}

async function generatedRules(git: ReadOnlyGit, head: string, signal: AbortSignal): Promise<string[]> {
  const [attributes] = await objectFacts(git, [`${head}:.gitattributes`], { signal });
  const [oid, { type, size } = { type: "", size: 0 }] = attributes ?? [];
  if (oid === undefined || type !== "blob" || size > MAX_ATTRIBUTES_BYTES) return [];
  const content = await readBlob(git, oid, { signal, maxBytes: MAX_ATTRIBUTES_BYTES });
  const lines = content.toString("utf8").split("\n");
  return lines.filter((line) => line.includes("linguist-generated")).slice(0, MAX_RULES);
}
