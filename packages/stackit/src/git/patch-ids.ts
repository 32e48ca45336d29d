import { failureOf, GitError } from "./git-error.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";
import { killGroup } from "./spawner.ts";

/** A commit's change to its parent, or the one between two commits. A merge has none of its own. */
export interface Change {
  readonly head: string;
  readonly base?: string;
}

const DIFF = [
  "--stdin",
  "-r",
  "-p",
  "--full-index",
  "--no-commit-id",
  "--no-ext-diff",
  "--no-textconv",
  "--no-color",
];
/** White space counts: a branch that only indents lines is not any other that does. */
const IDS = ["--verbatim"];

/**
 * Names for what changes do to files, in the order of the changes, by two processes: equal names, equal patches, wherever in
 * their files they apply. A change that is empty has none.
 * @throws {GitError} also when objects of one of them are missing
 */
export async function patchIds(
  git: ReadOnlyGit,
  changes: readonly Change[],
  options: Pick<RunOptions, "signal" | "timeoutMs">,
): Promise<(string | undefined)[]> {
  const [first] = changes;
  if (!first) return [];
  // Git repeats a line that is no commit, and takes the number in it for the id of the patch that follows.
  const numbered = (index: number): string => `commit ${index.toString(16).padStart(first.head.length, "0")}`;
  const lines = changes.map(({ head, base }, index) => {
    return `${numbered(index)}\n${base === undefined ? head : `${head} ${base}`}\n`;
  });
  // Git remembers the base that it was told as the commit's parent: what is to be compared with the true one comes first.
  const ownFirst = [...lines].sort((a, b) => a.length - b.length);
  const diffs = await git.start("diff-tree", DIFF);
  diffs.stdin?.end(ownFirst.join(""));
  let stdout: Buffer;
  try {
    ({ stdout } = await git.run("patch-id", IDS, { ...options, input: diffs.stdout }));
  } catch (error) {
    killGroup(diffs.pid);
    diffs.stdout.destroy();
    await diffs.exited;
    throw error;
  }
  const { code, stderr } = await diffs.exited;
  if (code !== 0)
    throw new GitError(failureOf(stderr), { args: ["diff-tree", ...DIFF], exitCode: code, stderr });
  const ids = new Array<string | undefined>(changes.length).fill(undefined);
  for (const line of stdout.toString("latin1").split("\n")) {
    const [id, index] = line.split(" ");
    if (index !== undefined) ids[Number.parseInt(index, 16)] = id;
  }
  return ids;
}
