import { heldObjects } from "./cat-file.ts";
import { listObjectsOf } from "./diff-tree.ts";
import { failureOf, GitError } from "./git-error.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";
import { killGroup } from "./spawner.ts";

/** A commit's change to its parent, or the one between two commits. A merge has none of its own. */
export interface Change {
  readonly head: string;
  readonly base?: string;
}

type Options = Pick<RunOptions, "signal" | "timeoutMs">;

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

/** Changes at which git stumbles though their objects are there, as damaged ones are: so many ends of it are borne. */
const MAX_STUMBLES = 8;

/**
 * Names for what changes do to files, in the order of the changes, by two processes: equal names, equal patches, wherever in
 * their files they apply. A change that is empty has an empty one. Undefined when it cannot be told, since objects are missing or
 * damaged; then more processes are started for the others, but not without end.
 * @throws {GitError}
 */
export async function patchIds(
  git: ReadOnlyGit,
  changes: readonly Change[],
  options: Options,
): Promise<(string | undefined)[]> {
  const ids = new Map<Change, string>();
  // Git remembers the base that it was told as the commit's parent: what is to be compared with the true one comes first.
  let open = changes.toSorted((a, b) => Number(a.base !== undefined) - Number(b.base !== undefined));
  for (let stumbles = 0; open.length > 0 && stumbles <= MAX_STUMBLES; stumbles++) {
    const told = await idsOfFirst(git, open, options);
    for (const [index, id] of told.entries()) {
      const change = open[index];
      if (change) ids.set(change, id);
    }
    open = open.slice(told.length + 1);
    if (stumbles === 0) open = await heldChanges(git, open, options);
  }
  return changes.map((change) => ids.get(change));
}

/** Those of the changes that git came to the end of. */
async function idsOfFirst(git: ReadOnlyGit, changes: readonly Change[], options: Options): Promise<string[]> {
  const width = changes[0]?.head.length ?? 0;
  // Git repeats a line that is no commit, and takes the number in it for the id of the patch that follows.
  const numbered = (index: number): string => `commit ${index.toString(16).padStart(width, "0")}`;
  const diffs = await git.start("diff-tree", DIFF);
  diffs.stdin?.end(changes.map((change, index) => `${numbered(index)}\n${lineOf(change)}\n`).join(""));
  const begun = new LastNumber(width);
  let stdout: Buffer;
  try {
    ({ stdout } = await git.run("patch-id", IDS, { ...options, input: begun.watch(diffs.stdout) }));
  } catch (error) {
    killGroup(diffs.pid);
    diffs.stdout.destroy();
    await diffs.exited;
    throw error;
  }
  const { code, stderr } = await diffs.exited;
  if (code === null || (code !== 0 && begun.last === undefined))
    throw new GitError(failureOf(stderr), { args: ["diff-tree", ...DIFF], exitCode: code, stderr });
  const ids = new Array<string>(code === 0 ? changes.length : (begun.last ?? 0)).fill("");
  for (const line of stdout.toString("latin1").split("\n")) {
    const [id = "", number = ""] = line.split(" ");
    const index = Number.parseInt(number, 16);
    if (index < ids.length) ids[index] = id;
  }
  return ids;
}

const lineOf = ({ head, base }: Change): string => (base === undefined ? head : `${head} ${base}`);

/** The last of the numbered lines in a stream, where no other line begins as these do. */
class LastNumber {
  last: number | undefined;
  readonly #width: number;

  constructor(width: number) {
    this.#width = width;
  }

  async *watch(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    const length = MARK.length + this.#width;
    let before = Buffer.from("\n");
    for await (const chunk of stream) {
      const seen = Buffer.concat([before, chunk]);
      const at = seen.length < length ? -1 : seen.lastIndexOf(MARK, seen.length - length);
      if (at >= 0) this.last = Number.parseInt(seen.toString("latin1", at + MARK.length, at + length), 16);
      before = seen.subarray(-length);
      yield chunk;
    }
  }
}

const MARK = "\ncommit ";

/** Those whose files are all in this repository. */
async function heldChanges(
  git: ReadOnlyGit,
  changes: readonly Change[],
  options: Options,
): Promise<Change[]> {
  if (changes.length === 0) return [];
  const lists = await listObjectsOf(git, changes.map(lineOf), options);
  const held = await heldObjects(git, new Set(lists.flatMap((list) => list ?? [])), options);
  return changes.filter((_, index) => lists[index]?.every((oid) => held.has(oid)));
}
