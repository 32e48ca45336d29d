import { blobsOf, type DiffLine, type FileDiff, type Hunk } from "./parse-patch.ts";

/** Lines that a patch leaves out, before its first hunk, between two, or behind the last. */
export interface Gap {
  /** The index of the hunk below it in the patch, which stays while the gap shrinks. */
  index: number;
  place: "top" | "between" | "bottom";
  /** The first and last of them, by their new numbers; `end` is undefined where the length of the file is not known. */
  start: number;
  end: number | undefined;
  /** What makes an old number of a new one; undefined where white space that is ignored lies between. */
  shift: number | undefined;
}

/** What was read of a file as it is after the change, by line number. */
export interface KnownLines {
  lines: ReadonlyMap<number, DiffLine>;
  lineCount: number | undefined;
  /** Why the last attempt to read more failed. */
  failure: string | undefined;
}

export interface FileWithGaps {
  hunks: readonly Hunk[];
  /** One before each hunk and one behind the last. */
  gaps: readonly (Gap | undefined)[];
}

/** As many lines as git shows around a change. With fewer the file ends. */
const CONTEXT_LINES = 3;

/** The hunks with the lines around them that are known; those that meet become one. */
export function withKnownLines(file: FileDiff, known: KnownLines | undefined): FileWithGaps {
  if (!hasGaps(file)) return { hunks: file.hunks, gaps: [] };
  const lines = known?.lines ?? new Map<number, DiffLine>();
  const hunks: Hunk[] = [];
  const gaps: (Gap | undefined)[] = [];
  let old = 1;
  let next = 1;
  for (const [index, hunk] of file.hunks.entries()) {
    const edges = edgesOf(hunk);
    const above = hunks.at(-1);
    const [start, end] = [next, edges.newFirst - 1];
    const shift = edges.oldFirst - old === edges.newFirst - next ? old - next : undefined;
    const upper = above ? knownFrom(lines, start, end) : [];
    const lower = knownUpTo(lines, end, start + upper.length);
    const hidden = { start: start + upper.length, end: end - lower.length };
    above?.lines.push(...upper);
    if (above && hidden.start > hidden.end) {
      above.lines.push(...lower, ...hunk.lines);
    } else {
      const isOpen = hidden.start <= hidden.end;
      gaps.push(isOpen ? { index, place: above ? "between" : "top", ...hidden, shift } : undefined);
      hunks.push(extendedUp(hunk, lower));
    }
    old = edges.oldEnd;
    next = edges.newEnd;
  }
  const below = knownFrom(lines, next, Number.POSITIVE_INFINITY);
  hunks.at(-1)?.lines.push(...below);
  const start = next + below.length;
  const isEnd = known?.lineCount === undefined ? endsFile(file) : start > known.lineCount;
  gaps.push(
    isEnd
      ? undefined
      : { index: file.hunks.length, place: "bottom", start, end: known?.lineCount, shift: old - next },
  );
  return { hunks, gaps };
}

/** Files that are all new or all gone are whole in the patch. */
function hasGaps(file: FileDiff): boolean {
  const isText = !file.binary && file.newMode !== "160000" && file.newMode !== "120000";
  const isWhole = file.kind === "added" || file.kind === "deleted";
  return isText && !isWhole && file.hunks.length > 0 && blobsOf(file).after !== undefined;
}

/** A hunk without lines on one side names the line before it there. */
function edgesOf({ oldStart, newStart, lines }: Hunk) {
  const olds = lines.filter(({ kind }) => kind !== "add").length;
  const news = lines.filter(({ kind }) => kind !== "del").length;
  const oldFirst = olds > 0 ? oldStart : oldStart + 1;
  const newFirst = news > 0 ? newStart : newStart + 1;
  return { oldFirst, newFirst, oldEnd: oldFirst + olds, newEnd: newFirst + news };
}

function extendedUp(hunk: Hunk, lines: readonly DiffLine[]): Hunk {
  const [first] = lines;
  if (!first) return { ...hunk, lines: [...hunk.lines] };
  // What the hunk was in may now be among its lines.
  return { ...hunk, context: "", newStart: first.new, lines: [...lines, ...hunk.lines] };
}

function endsFile({ hunks }: FileDiff): boolean {
  const lines = hunks.at(-1)?.lines ?? [];
  const lastChange = lines.findLastIndex(({ kind }) => kind !== "same");
  return lines.length - 1 - lastChange < CONTEXT_LINES || lines.at(-1)?.noNewline === true;
}

function knownFrom(lines: ReadonlyMap<number, DiffLine>, start: number, end: number): DiffLine[] {
  const found: DiffLine[] = [];
  for (let at = start; at <= end; at += 1) {
    const line = lines.get(at);
    if (!line) break;
    found.push(line);
  }
  return found;
}

function knownUpTo(lines: ReadonlyMap<number, DiffLine>, end: number, start: number): DiffLine[] {
  const found: DiffLine[] = [];
  for (let at = end; at >= start; at -= 1) {
    const line = lines.get(at);
    if (!line) break;
    found.push(line);
  }
  return found.reverse();
}
