import { refBytes } from "./ref-name.ts";

/** A ref that a transaction has moved, made (`old` absent) or deleted (`new` absent). */
export interface RefMove {
  readonly ref: string;
  readonly old?: string | undefined;
  readonly new?: string | undefined;
}

/**
 * The raw listing that `listRefs` would give after the moves, each of another ref. No moved ref stands for another one.
 * @throws {Error} when the listing is not what was there before the moves
 */
export function listingAfter(raw: Buffer, moves: readonly RefMove[]): Buffer {
  const edits = moves.map((move) => editOf(raw, move)).sort((a, b) => a.from - b.from || compare(a, b));
  const parts: Buffer[] = [];
  let done = 0;
  for (const { from, to, line } of edits) {
    parts.push(raw.subarray(done, from), line);
    done = to;
  }
  return Buffer.concat([...parts, raw.subarray(done)]);
}

interface Edit {
  readonly name: Buffer;
  /** What is replaced: a whole line, or nothing where one is put in. */
  readonly from: number;
  readonly to: number;
  readonly line: Buffer;
}

function editOf(raw: Buffer, { ref, old, new: now }: RefMove): Edit {
  const name = refBytes(ref);
  const from = firstNotBefore(raw, name);
  const there = from < raw.length ? nameAt(raw, from) : undefined;
  const isThere = there?.equals(name) ?? false;
  if (
    isThere !== (old !== undefined) ||
    (old !== undefined && !raw.subarray(from).toString("latin1", 0, old.length).startsWith(old))
  ) {
    throw new Error(`the listing does not hold ${JSON.stringify(ref)} as it was`);
  }
  const line = now === undefined ? [] : [Buffer.from(`${now} `), name, Buffer.from(" \n")];
  return { name, from, to: isThere ? endOfLine(raw, from) : from, line: Buffer.concat(line) };
}

/** Where the first line begins whose name is not before this one. Lines are sorted by the bytes of their names. */
function firstNotBefore(raw: Buffer, name: Buffer): number {
  let [low, high] = [0, raw.length];
  while (low < high) {
    const line = raw.lastIndexOf(0x0a, ((low + high) >> 1) - 1) + 1;
    const start = line < low ? low : line;
    if (Buffer.compare(nameAt(raw, start), name) < 0) low = endOfLine(raw, start);
    else high = start;
  }
  return low;
}

function nameAt(raw: Buffer, line: number): Buffer {
  const start = raw.indexOf(0x20, line) + 1;
  return raw.subarray(start, raw.indexOf(0x20, start));
}

function endOfLine(raw: Buffer, line: number): number {
  const end = raw.indexOf(0x0a, line);
  return end < 0 ? raw.length : end + 1;
}

function compare(a: Edit, b: Edit): number {
  return Buffer.compare(a.name, b.name);
}
