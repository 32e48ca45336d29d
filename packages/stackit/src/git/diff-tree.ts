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
    const input = open.map(({ base, head }) => `${head} ${base}\n`).join("");
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
    // Git stops in the pair whose object is missing: its answer may be cut, those before it are whole.
    const good = whole ? answers : answers.slice(0, -1);
    for (const [index, answer] of good.entries()) {
      const pair = open[index];
      if (pair?.head === answer.head) counts.set(pairKey(pair), answer.count);
    }
    open = whole ? [] : open.slice(good.length + 1);
  }
  return counts;
}

/** Pure. One answer for each heading, in the order of the input. */
export function parseNumstat(text: string): { head: string; count: LineCount }[] {
  const answers: { head: string; count: { added: number; deleted: number; files: number } }[] = [];
  for (const line of text.split("\n")) {
    const current = answers.at(-1)?.count;
    if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(line)) {
      answers.push({ head: line, count: { added: 0, deleted: 0, files: 0 } });
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
