import { offsetsOf, rowAt } from "../../lib/window.ts";
import {
  columnsOf,
  type DiffRow,
  FILE_GAP,
  HEAD_HEIGHT,
  type Layout,
  NOTE_HEIGHT,
  rowHeight,
  rowsOf,
} from "./diff-rows.ts";
import type { SurfaceFile } from "./diff-surface.ts";

/** Where a file and its rows lie, in pixels. */
export interface PlacedFile {
  file: SurfaceFile;
  open: boolean;
  top: number;
  height: number;
  rows: readonly DiffRow[];
  /** Of the rows, within the body. One longer than `rows`. */
  offsets: Float64Array;
  /** Columns of the longest line; what is longer than the view scrolls sideways within the file. */
  columns: number;
}

/** Room for a horizontal scroll bar below a file that needs one. */
const SCROLLBAR = 12;

export interface SurfaceOptions {
  layout: Layout;
  /** Columns after which a line wraps; undefined: it does not. */
  wrapAt: number | undefined;
  /** Columns that fit without scrolling. */
  fits: number;
  isOpen: (file: SurfaceFile) => boolean;
}

/** Makes a layout, keeping what it computed for files that are laid out the same way again. */
export function createSurfaceLayout() {
  const rowsByFile = new Map<Layout, WeakMap<SurfaceFile, readonly DiffRow[]>>([
    ["unified", new WeakMap()],
    ["split", new WeakMap()],
  ]);
  const columnsByFile = new WeakMap<SurfaceFile, number>();

  function rowsFor(file: SurfaceFile, layout: Layout): readonly DiffRow[] {
    const known = rowsByFile.get(layout);
    const rows = known?.get(file) ?? rowsOf(file, layout);
    known?.set(file, rows);
    return rows;
  }

  function columnsFor(file: SurfaceFile): number {
    const known = columnsByFile.get(file);
    if (known !== undefined) return known;
    let columns = 0;
    for (const hunk of file.hunks)
      for (const line of hunk.lines) columns = Math.max(columns, columnsOf(line.text));
    columnsByFile.set(file, columns);
    return columns;
  }

  return (
    files: readonly SurfaceFile[],
    options: SurfaceOptions,
  ): { placed: PlacedFile[]; height: number } => {
    let top = 0;
    const placed = files.map((file): PlacedFile => {
      const open = options.isOpen(file);
      const rows = open ? rowsFor(file, options.layout) : [];
      const offsets = offsetsOf(rows.map((row) => rowHeight(row, options.wrapAt)));
      const columns = open && options.wrapAt === undefined ? columnsFor(file) : 0;
      const body = open
        ? (offsets.at(-1) ?? 0) + (columns > options.fits ? SCROLLBAR : 0)
        : foldedHeight(file);
      const height = HEAD_HEIGHT + body;
      const at = top;
      top += height + FILE_GAP;
      return { file, open, top: at, height, rows, offsets, columns };
    });
    return { placed, height: top };
  };
}

function foldedHeight(file: SurfaceFile): number {
  return file.foldReason === undefined ? 0 : NOTE_HEIGHT;
}

/** The rows of a file that lie between `top` and `bottom` of the surface; none when the file is elsewhere. */
export function visibleRows(placed: PlacedFile, top: number, bottom: number): { start: number; end: number } {
  const bodyTop = placed.top + HEAD_HEIGHT;
  if (placed.rows.length === 0 || bottom < bodyTop || top > placed.top + placed.height)
    return { start: 0, end: 0 };
  return {
    start: rowAt(placed.offsets, top - bodyTop),
    end: rowAt(placed.offsets, bottom - bodyTop) + 1,
  };
}

/** The file that is at `top`, or the last one above it. */
export function fileAt(placed: readonly PlacedFile[], top: number): number {
  let index = 0;
  for (const [at, file] of placed.entries()) {
    if (file.top > top) break;
    index = at;
  }
  return index;
}
