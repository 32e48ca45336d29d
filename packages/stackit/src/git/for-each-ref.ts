import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

// A ref name holds no space, so spaces separate the fields; symref is empty for most refs. `%(worktreepath)` would cost half
// as much again as all the rest.
const FORMAT = "--format=%(objectname) %(refname) %(symref)";

/** The raw listing, sorted by name. Two equal listings mean equal refs. @throws {GitError} */
export async function listRefs(
  git: ReadOnlyGit,
  prefixes: readonly string[],
  options: RunOptions,
): Promise<Buffer> {
  const { stdout } = await git.run("for-each-ref", [FORMAT, "--end-of-options", ...prefixes], options);
  return stdout;
}

/** One line of a listing. */
export interface ListedRef {
  readonly ref: string;
  readonly oid: string;
  readonly target?: string;
}

/** @throws {Error} when git printed something else than was asked for. */
export function parseRefLine(line: string): ListedRef {
  const first = line.indexOf(" ");
  const second = line.indexOf(" ", first + 1);
  if (first < 40 || second < 0) throw new Error(`unexpected for-each-ref line: ${JSON.stringify(line)}`);
  const target = line.slice(second + 1);
  return {
    oid: line.slice(0, first),
    ref: displayName(line.slice(first + 1, second)),
    ...(target !== "" && { target: displayName(target) }),
  };
}

/**
 * A listing that reads on from the one before: only lines that differ are parsed, so that a listing of 20,000 refs in which
 * one moved costs about as much as comparing it.
 */
export class RefListing {
  readonly raw: Buffer;
  readonly lines: ReadonlySet<string>;
  readonly refs: ReadonlyMap<string, string>;
  readonly symbolic: ReadonlyMap<string, string>;

  constructor(raw: Buffer, before?: RefListing) {
    this.raw = raw;
    // One byte, one character: names that are not UTF-8 survive until they are shown.
    const lines = new Set(raw.toString("latin1").split("\n"));
    lines.delete("");
    this.lines = lines;
    const refs = new Map(before?.refs);
    const symbolic = new Map(before?.symbolic);
    const known = before?.lines;
    for (const line of known ?? []) {
      if (lines.has(line)) continue;
      const { ref } = parseRefLine(line);
      refs.delete(ref);
      symbolic.delete(ref);
    }
    for (const line of lines) {
      if (known?.has(line)) continue;
      const { ref, oid, target } = parseRefLine(line);
      refs.set(ref, oid);
      if (target !== undefined) symbolic.set(ref, target);
    }
    this.refs = refs;
    this.symbolic = symbolic;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A ref name given byte by byte, as text: UTF-8 where it is, else with `\xNN` for each byte beyond ASCII. */
export function displayName(latin1: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether all is ASCII
  if (/^[\x00-\x7f]*$/.test(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
}
