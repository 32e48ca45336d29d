import type { ReadOnlyGit } from "./read-only-git.ts";
import { displayName } from "./ref-name.ts";
import type { RunOptions } from "./run-git.ts";

// A ref name holds no space, so spaces separate the fields; symref is empty for most refs. `%(worktreepath)` would cost half
// as much again as all the rest.
const FORMAT = "--format=%(objectname) %(refname) %(symref)";

/**
 * The raw listing, sorted by name. Two equal listings mean equal refs. Refs whose files are broken are not in it.
 * @throws {GitError}
 */
export async function listRefs(
  git: ReadOnlyGit,
  prefixes: readonly string[],
  options: RunOptions,
): Promise<{ listing: Buffer; hasBroken: boolean }> {
  const args = [FORMAT, "--end-of-options", ...prefixes];
  const { stdout, stderr } = await git.run("for-each-ref", args, options);
  return { listing: stdout, hasBroken: stderr.includes("ignoring broken ref") };
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
 * A listing that reads on from the one before: equal stretches are compared as bytes and only the lines that differ are parsed,
 * so that a listing of 20,000 refs in which two moved costs little more than comparing it. Never changes.
 */
export class RefListing {
  readonly raw: Buffer;
  readonly refs: ReadonlyMap<string, string>;
  /** Refs that stand for another one. */
  readonly symbolic: ReadonlyMap<string, string>;
  /** Against the listing before, in the order of git's listing. */
  readonly deltas: readonly ListedDelta[];

  constructor(raw: Buffer, before?: RefListing) {
    this.raw = raw;
    const refs = new Map(before?.refs);
    const symbolic = new Map(before?.symbolic);
    const deltas: ListedDelta[] = [];
    for (const { gone, come } of differingLines(before?.raw ?? Buffer.alloc(0), raw)) {
      const old = gone === undefined ? undefined : parseRefLine(gone);
      const now = come === undefined ? undefined : parseRefLine(come);
      if (old && !now) {
        refs.delete(old.ref);
        symbolic.delete(old.ref);
        deltas.push({ ref: old.ref, old: old.oid });
      } else if (now) {
        refs.set(now.ref, now.oid);
        if (now.target === undefined) symbolic.delete(now.ref);
        else symbolic.set(now.ref, now.target);
        if (old?.oid !== now.oid) deltas.push({ ref: now.ref, ...(old && { old: old.oid }), new: now.oid });
      }
    }
    this.refs = refs;
    this.symbolic = symbolic;
    this.deltas = deltas;
  }
}

interface LinePair {
  readonly gone?: string;
  readonly come?: string;
}

/**
 * The lines of two sorted listings that are not in both. Lines about one ref come as a pair. One byte is one character here:
 * names that are not UTF-8 survive until they are shown.
 */
export function* differingLines(before: Buffer, after: Buffer): Generator<LinePair> {
  let [old, now] = [0, 0];
  for (;;) {
    const same = sameLength(before, old, after, now);
    // Back to where the line begins that holds the first difference.
    const line = same === 0 ? 0 : after.subarray(now, now + same).lastIndexOf(0x0a) + 1;
    old += line;
    now += line;
    const [gone, come] = [lineAt(before, old), lineAt(after, now)];
    if (gone === undefined && come === undefined) return;
    const order = compareRefs(gone, come);
    if (order <= 0 && gone !== undefined) old += gone.length + 1;
    if (order >= 0 && come !== undefined) now += come.length + 1;
    yield {
      ...(order <= 0 && gone !== undefined && { gone }),
      ...(order >= 0 && come !== undefined && { come }),
    };
  }
}

const BLOCK_BYTES = 4096;

/** How many bytes are the same from both places on. */
function sameLength(a: Buffer, aStart: number, b: Buffer, bStart: number): number {
  const most = Math.min(a.length - aStart, b.length - bStart);
  let length = 0;
  while (length + BLOCK_BYTES <= most) {
    const [from, to] = [aStart + length, bStart + length];
    if (a.compare(b, to, to + BLOCK_BYTES, from, from + BLOCK_BYTES) !== 0) break;
    length += BLOCK_BYTES;
  }
  while (length < most && a[aStart + length] === b[bStart + length]) length++;
  return length;
}

/** Without its end; undefined at the end of the listing. */
function lineAt(data: Buffer, start: number): string | undefined {
  if (start >= data.length) return undefined;
  const end = data.indexOf(0x0a, start);
  return data.toString("latin1", start, end < 0 ? data.length : end);
}

/** In the order of git's listing; what is not there comes last. */
function compareRefs(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const [x, y] = [nameIn(a), nameIn(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function nameIn(line: string): string {
  const start = line.indexOf(" ") + 1;
  return line.slice(start, line.indexOf(" ", start));
}
