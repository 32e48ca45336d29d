import type { CommitPair } from "./diff-tree.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

export interface RangePair {
  readonly state: "same" | "changed" | "new" | "dropped";
  /** Whether others that are in both ranges stand before it in the one and after it in the other. */
  readonly moved: boolean;
  /** Abbreviated by git. */
  readonly old?: string;
  readonly new?: string;
  readonly title: string;
  /** Lines with two markers: what happened to the line, and what the line is in its patch. */
  readonly messageDiff: string;
  readonly patchDiff: string;
}

/**
 * How the patches of one range of commits became those of another. Merges are left out.
 * @throws {GitError} `missing-object` when one is not in this clone.
 */
export async function rangeDiff(
  git: ReadOnlyGit,
  from: CommitPair,
  to: CommitPair,
  options: RunOptions,
): Promise<{ pairs: RangePair[]; truncated: boolean }> {
  const ranges = [from, to].map(({ base, head }) => `${base}..${head}`);
  const args = ["--no-color", "--no-notes", PAIRING, ...ranges];
  const { stdout, cut } = await git.run("range-diff", args, options);
  return { pairs: parseRangeDiff(stdout.toString("utf8")), truncated: cut };
}

/** Indented by less than what follows it, as long as there are fewer than 10,000 commits. */
const HEAD = /^ *(?:(\d+)|-): +(?:([0-9a-f]+)|-+) ([=!<>]) +(?:(\d+)|-): +(?:([0-9a-f]+)|-+) (.*)$/;
const STATES = { "=": "same", "!": "changed", "<": "dropped", ">": "new" } as const;
/** Of a small commit most may change before it counts as another one; by default git soon gives up on it. */
const PAIRING = "--creation-factor=90";
const INDENT = "    ";

interface Parsed extends Omit<RangePair, "moved" | "messageDiff" | "patchDiff"> {
  readonly oldAt?: number;
  readonly body: string[];
}

export function parseRangeDiff(text: string): RangePair[] {
  const parsed: Parsed[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith(INDENT)) {
      parsed.at(-1)?.body.push(line.slice(INDENT.length));
      continue;
    }
    const [, oldAt, old, sign, , now, title = ""] = HEAD.exec(line) ?? [];
    if (sign === undefined) continue;
    parsed.push({
      state: STATES[sign as keyof typeof STATES],
      ...(old !== undefined && { old, oldAt: Number(oldAt) }),
      ...(now !== undefined && { new: now }),
      title,
      body: [],
    });
  }
  const inOrder = longestRising(
    parsed.flatMap(({ oldAt, new: now }) => (oldAt === undefined || now === undefined ? [] : [oldAt])),
  );
  return parsed.map(({ body, oldAt, ...pair }) => ({
    ...pair,
    moved: oldAt !== undefined && pair.new !== undefined && !inOrder.has(oldAt),
    ...partsOf(body),
  }));
}

/** Message and author come first, then the files: once a file began, no line can be of the message. */
function partsOf(body: readonly string[]): { messageDiff: string; patchDiff: string } {
  const message: string[] = [];
  const patch: string[] = [];
  let isPatch = false;
  for (const line of body) {
    const section = /^@@ (.+)$/.exec(line)?.[1] ?? /^[ +-] ## (.+) ##$/.exec(line)?.[1];
    if (section !== undefined && section !== "Metadata" && section !== "Commit message") isPatch = true;
    (isPatch ? patch : message).push(line);
  }
  return { messageDiff: withChanges(message), patchDiff: withChanges(patch) };
}

/** What surrounds a change of the other part is no change of this one. */
function withChanges(lines: readonly string[]): string {
  return lines.some((line) => /^[+-]/.test(line)) ? lines.join("\n") : "";
}

/** The most of these different numbers that rise from first to last. */
function longestRising(numbers: readonly number[]): Set<number> {
  const best: { length: number; before: number }[] = [];
  let last = -1;
  for (const [at, number] of numbers.entries()) {
    const here = { length: 1, before: -1 };
    for (const [before, { length }] of best.entries()) {
      if ((numbers[before] ?? 0) < number && length >= here.length) {
        Object.assign(here, { length: length + 1, before });
      }
    }
    best.push(here);
    if (last < 0 || here.length > (best[last]?.length ?? 0)) last = at;
  }
  const rising = new Set<number>();
  for (let at = last; at >= 0; at = best[at]?.before ?? -1) rising.add(numbers[at] ?? 0);
  return rising;
}
