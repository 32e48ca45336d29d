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

/** What differs between two listings. */
export interface ListedDelta {
  readonly ref: string;
  readonly old?: string;
  readonly new?: string;
}

/**
 * A listing that reads on from the one before: only what lies between the first and the last difference is parsed, so that a
 * listing of 20,000 refs in which one moved costs little more than comparing it. Never changes.
 */
export class RefListing {
  readonly raw: Buffer;
  readonly refs: ReadonlyMap<string, string>;
  /** Refs that stand for another one. */
  readonly symbolic: ReadonlyMap<string, string>;
  /** Against the listing before, in the order of git's listing, the lost ones last. */
  readonly deltas: readonly ListedDelta[];

  constructor(raw: Buffer, before?: RefListing) {
    this.raw = raw;
    const { start, oldEnd, newEnd } = differingLines(before?.raw ?? Buffer.alloc(0), raw);
    const gone = new Map<string, ListedRef>();
    // One byte, one character: names that are not UTF-8 survive until they are shown.
    for (const line of before?.raw.toString("latin1", start, oldEnd).split("\n") ?? []) {
      if (line !== "") {
        const listed = parseRefLine(line);
        gone.set(listed.ref, listed);
      }
    }
    const refs = new Map(before?.refs);
    const symbolic = new Map(before?.symbolic);
    const deltas: ListedDelta[] = [];
    for (const line of raw.toString("latin1", start, newEnd).split("\n")) {
      if (line === "") continue;
      const { ref, oid, target } = parseRefLine(line);
      const old = gone.get(ref);
      gone.delete(ref);
      if (old?.oid === oid && old.target === target) continue;
      refs.set(ref, oid);
      if (target === undefined) symbolic.delete(ref);
      else symbolic.set(ref, target);
      if (old?.oid !== oid) deltas.push({ ref, ...(old && { old: old.oid }), new: oid });
    }
    for (const { ref, oid } of gone.values()) {
      refs.delete(ref);
      symbolic.delete(ref);
      deltas.push({ ref, old: oid });
    }
    this.refs = refs;
    this.symbolic = symbolic;
    this.deltas = deltas;
  }
}

const BLOCK_BYTES = 4096;

/** The whole lines between the first and the last difference. */
export function differingLines(
  before: Buffer,
  after: Buffer,
): { start: number; oldEnd: number; newEnd: number } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start + BLOCK_BYTES <= shorter && equalAt(before, start, after, start, BLOCK_BYTES))
    start += BLOCK_BYTES;
  while (start < shorter && before[start] === after[start]) start++;
  start = after.subarray(0, start).lastIndexOf(0x0a) + 1;

  const most = shorter - start;
  let same = 0;
  while (
    same + BLOCK_BYTES <= most &&
    equalAt(before, before.length - same - BLOCK_BYTES, after, after.length - same - BLOCK_BYTES, BLOCK_BYTES)
  ) {
    same += BLOCK_BYTES;
  }
  while (same < most && before[before.length - same - 1] === after[after.length - same - 1]) same++;
  // From here on both are equal; only whole lines may be left out.
  const lineEnd = after.indexOf(0x0a, after.length - same);
  const tail = same === 0 || lineEnd < 0 ? 0 : after.length - lineEnd - 1;
  return { start, oldEnd: before.length - tail, newEnd: after.length - tail };
}

function equalAt(a: Buffer, aStart: number, b: Buffer, bStart: number, length: number): boolean {
  return a.compare(b, bStart, bStart + length, aStart, aStart + length) === 0;
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
