import type { SurfaceFile } from "./diff-surface.ts";
import type { Gap } from "./file-context.ts";
import { fileSentences } from "./file-facts.ts";
import type { DiffLine, FileDiff } from "./parse-patch.ts";
import type { Picture } from "./picture.ts";

/** One line of the screen inside a file. */
export type DiffRow =
  | { kind: "note"; text: string }
  | { kind: "picture"; picture: Picture }
  | { kind: "hunk"; text: string; gap: Gap | undefined }
  /** `pair`: the other version of the line, to compare the words with. */
  | { kind: "line"; line: DiffLine; pair: DiffLine | undefined }
  | { kind: "pair"; left: DiffLine | undefined; right: DiffLine | undefined };

export type Layout = "unified" | "split";

export const NOTE_HEIGHT = 36;
const PICTURE_HEIGHT = 400;
const SINGLE_PICTURE_HEIGHT = 280;
export const HUNK_HEIGHT = 28;
export const LINE_HEIGHT = 20;
export const HEAD_HEIGHT = 40;
export const FILE_GAP = 12;

export function rowsOf(
  file: FileDiff & Partial<Pick<SurfaceFile, "gaps" | "gapFailure" | "sizes" | "picture">>,
  layout: Layout,
): DiffRow[] {
  const rows: DiffRow[] = fileSentences(file, file.sizes).map((text) => ({ kind: "note", text }));
  if (file.picture) rows.push({ kind: "picture", picture: file.picture });
  if (file.newMode === "160000" || file.oldMode === "160000") return rows;
  const failure = file.gapFailure ? `${file.gapFailure}. ` : "";
  for (const [index, hunk] of file.hunks.entries()) {
    const at = `Line ${Math.max(1, hunk.newStart)}`;
    const gap = file.gaps?.[index];
    const text = hunk.context ? `${at} · ${hunk.context}` : at;
    rows.push({ kind: "hunk", text: gap ? failure + text : text, gap });
    if (layout === "split") pushPairs(rows, hunk.lines);
    else pushLines(rows, hunk.lines);
  }
  const last = file.gaps?.[file.hunks.length];
  if (last) rows.push({ kind: "hunk", text: file.gapFailure ?? "", gap: last });
  return rows;
}

function pushLines(rows: DiffRow[], lines: readonly DiffLine[]): void {
  for (const block of blocksOf(lines)) {
    const paired = block.deleted.length === block.added.length;
    for (const [index, line] of block.deleted.entries()) {
      rows.push({ kind: "line", line, pair: paired ? block.added[index] : undefined });
    }
    for (const [index, line] of block.added.entries()) {
      rows.push({ kind: "line", line, pair: paired ? block.deleted[index] : undefined });
    }
    if (block.same) rows.push({ kind: "line", line: block.same, pair: undefined });
  }
}

function pushPairs(rows: DiffRow[], lines: readonly DiffLine[]): void {
  for (const { deleted, added, same } of blocksOf(lines)) {
    for (let index = 0; index < Math.max(deleted.length, added.length); index += 1) {
      rows.push({ kind: "pair", left: deleted[index], right: added[index] });
    }
    if (same) rows.push({ kind: "pair", left: same, right: same });
  }
}

/** A run of deleted lines with the run of added lines after it, closed by a line that stayed or by the end. */
function* blocksOf(lines: readonly DiffLine[]) {
  let deleted: DiffLine[] = [];
  let added: DiffLine[] = [];
  for (const line of lines) {
    if (line.kind === "del" && added.length > 0) {
      yield { deleted, added, same: undefined };
      deleted = [];
      added = [];
    }
    if (line.kind === "del") deleted.push(line);
    else if (line.kind === "add") added.push(line);
    else {
      yield { deleted, added, same: line };
      deleted = [];
      added = [];
    }
  }
  if (deleted.length > 0 || added.length > 0) yield { deleted, added, same: undefined };
}

/** How many columns a line takes in a monospaced font: tabs reach to the next stop, wide letters take two. */
export function columnsOf(text: string, tabSize = 4): number {
  let columns = 0;
  for (const letter of text) {
    if (letter === "\t") columns += tabSize - (columns % tabSize);
    else columns += isWide(letter) ? 2 : 1;
  }
  return columns;
}

function isWide(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x1100) return false;
  return (
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    code >= 0x1f300
  );
}

/** The height of a row when a line wraps after so many columns; without wrapping every line is one line. */
export function rowHeight(row: DiffRow, wrapAt: number | undefined): number {
  if (row.kind === "note") return NOTE_HEIGHT;
  if (row.kind === "picture") {
    return row.picture.before && row.picture.after ? PICTURE_HEIGHT : SINGLE_PICTURE_HEIGHT;
  }
  if (row.kind === "hunk") return HUNK_HEIGHT;
  if (wrapAt === undefined) return LINE_HEIGHT;
  const texts = row.kind === "line" ? [row.line.text] : [row.left?.text ?? "", row.right?.text ?? ""];
  const lines = texts.map((text) => Math.max(1, Math.ceil(columnsOf(text) / wrapAt)));
  return LINE_HEIGHT * Math.max(...lines);
}
