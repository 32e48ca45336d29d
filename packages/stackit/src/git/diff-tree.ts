import { failureOf, GitError } from "./git-error.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

export interface CommitPair {
  readonly base: string;
  readonly head: string;
}

export interface LineCount {
  readonly added: number;
  readonly deleted: number;
  readonly files: number;
}

const SAFE = ["--no-ext-diff", "--no-textconv", "--no-color"];

export const pairKey = ({ base, head }: CommitPair): string => `${base} ${head}`;

/** Git repeats a line that is no pair, which tells a whole answer from one that was cut. */
const END = "end";

/** A clone that misses many objects is a partial one, and not worth a process for each pair. */
const MAX_PROCESSES = 4;

/**
 * Lines added and deleted between the commits of each pair, in one process. Binary files count as files without lines.
 * Pairs whose objects this clone does not hold are absent from the answer.
 * @throws {GitError} for anything else.
 */
export async function countLines(
  git: ReadOnlyGit,
  pairs: readonly CommitPair[],
  options: RunOptions,
): Promise<Map<string, LineCount>> {
  const counts = new Map<string, LineCount>();
  let open = pairs;
  for (let processes = 0; open.length > 0 && processes < MAX_PROCESSES; processes++) {
    // "<commit> <parent>" compares a commit with the parent that we name.
    const input = open.map(({ base, head }) => `${head} ${base}\n${END}\n`).join("");
    const args = ["--stdin", "-r", "-M", "--numstat", "--always", ...SAFE];
    const { stdout, stderr, exitCode } = await git.run("diff-tree", args, {
      ...options,
      input,
      okExitCodes: [128],
    });
    const answers = parseNumstat(stdout.toString("utf8"));
    const whole = exitCode === 0;
    if (whole ? answers.length !== open.length : failureOf(stderr) !== "missing-object") {
      throw new GitError("failed", { args: ["diff-tree", ...args], exitCode, stderr });
    }
    for (const [index, count] of answers.entries()) {
      const pair = open[index];
      if (pair && count) counts.set(pairKey(pair), count);
    }
    // Git stops in a pair whose objects are missing, and is started again behind it.
    open = whole ? [] : open.slice(answers.length + 1);
  }
  return counts;
}

/** Pure. One answer for each pair that git came to the end of; undefined where it does not hold the head. */
export function parseNumstat(text: string): (LineCount | undefined)[] {
  const answers: (LineCount | undefined)[] = [];
  let current: { added: number; deleted: number; files: number } | undefined;
  for (const line of text.split("\n")) {
    if (line === END) {
      answers.push(current);
      current = undefined;
    } else if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(line)) {
      current = { added: 0, deleted: 0, files: 0 };
    } else if (line !== "" && current) {
      const [added = "", deleted = ""] = line.split("\t", 2);
      current.files++;
      if (added !== "-") {
        current.added += Number(added);
        current.deleted += Number(deleted);
      }
    }
  }
  return answers;
}

/**
 * The objects in which the trees of each pair differ, on both sides, folders and files alike; without submodules, whose commits lie
 * elsewhere. Undefined for a pair that git cannot compare, as when objects are not here, and for those behind too many such ones.
 * @throws {GitError} for anything else.
 */
export function listChangedObjects(
  git: ReadOnlyGit,
  pairs: readonly TreePair[],
  options: RunOptions,
): Promise<(readonly string[] | undefined)[]> {
  return listObjectsOf(
    git,
    pairs.map(({ before, after }) => `${before} ${after}`),
    options,
  );
}

/** The same for whatever lines of object ids git compares. @throws {GitError} */
export async function listObjectsOf(
  git: ReadOnlyGit,
  pairs: readonly string[],
  options: RunOptions,
): Promise<(readonly string[] | undefined)[]> {
  const lists: (readonly string[] | undefined)[] = [];
  for (let processes = 0; lists.length < pairs.length && processes < MAX_PROCESSES; processes++) {
    const open = pairs.slice(lists.length);
    const input = open.map((pair) => `${pair}\n${END}\n`).join("");
    const args = ["--stdin", "-r", "-t", "--raw", ...SAFE];
    const { stdout, stderr, exitCode } = await git.run("diff-tree", args, {
      ...options,
      input,
      okExitCodes: [128],
    });
    const answers = parseRaw(stdout.toString("latin1"));
    if (exitCode !== 0 && failureOf(stderr) !== "missing-object") {
      throw new GitError("failed", { args: ["diff-tree", ...args], exitCode, stderr });
    }
    lists.push(...answers);
    if (answers.length < open.length) lists.push(undefined);
  }
  return pairs.map((_, index) => lists[index]);
}

export interface TreePair {
  readonly before: string;
  readonly after: string;
}

/** Pure. One answer for each pair that git came to the end of. */
export function parseRaw(text: string): string[][] {
  const answers: string[][] = [];
  let current: string[] = [];
  for (const line of text.split("\n")) {
    if (line === END) {
      answers.push(current);
      current = [];
    }
    const [, modes = "", oids = ""] = /^:(\d{6} \d{6}) ([0-9a-f]+ [0-9a-f]+) /.exec(line) ?? [];
    for (const [side, oid] of oids.split(" ").entries()) {
      const mode = modes.split(" ")[side];
      if (mode !== undefined && mode !== "000000" && mode !== "160000" && oid !== "") current.push(oid);
    }
  }
  return answers;
}

/** Unified diff between two commits, cut at `maxBytes`. @throws {GitError} `missing-object` */
export async function diffPatch(
  git: ReadOnlyGit,
  pair: CommitPair,
  options: RunOptions & { readonly maxBytes: number; readonly ignoreWhitespace: boolean },
): Promise<{ patch: Buffer; truncated: boolean }> {
  const whitespace = options.ignoreWhitespace ? ["-w", "--ignore-blank-lines"] : [];
  const args = [
    "-r",
    "-p",
    "-M",
    "--full-index",
    "--no-commit-id",
    ...SAFE,
    ...whitespace,
    "--end-of-options",
    pair.base,
    pair.head,
  ];
  const { stdout, cut } = await git.run("diff-tree", args, {
    ...options,
    maxOutputBytes: options.maxBytes,
    onTooMuch: "cut",
  });
  return { patch: stdout, truncated: cut };
}
