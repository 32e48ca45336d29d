import type { LaneRow, Row, StackRow } from "./rows.ts";

/** The rows to draw, put back into the lanes and stacks they belong to: the page's structure is the document's. */
export interface DrawnLane {
  id: string;
  head: Placed<LaneRow> | undefined;
  blocks: DrawnBlock[];
}
export interface DrawnBlock {
  /** The root branch of a stack; undefined for the foot rows. */
  stack: string | undefined;
  head: Placed<StackRow> | undefined;
  items: Placed<Row>[];
}
/** `gap`: room above it for rows that are not drawn. */
export interface Placed<R extends Row> {
  row: R;
  gap: number;
}

const FOOT = "foot";

/**
 * Nests the rows with these indices, given in rising order. The head of a lane is drawn with any of its rows, so that it
 * can stick to the top while the lane is seen.
 */
export function nestRows(
  rows: readonly Row[],
  offsets: Float64Array,
  indices: readonly number[],
): DrawnLane[] {
  const lanes: DrawnLane[] = [];
  let cursor = 0;
  let lane: DrawnLane | undefined;
  let block: DrawnBlock | undefined;

  const place = <R extends Row>(row: R, index: number): Placed<R> => {
    const gap = (offsets[index] ?? 0) - cursor;
    cursor = offsets[index + 1] ?? cursor;
    return { row, gap };
  };

  for (const index of indices) {
    const row = rows[index];
    if (!row) continue;
    const laneId = "lane" in row ? row.lane : FOOT;
    if (lane?.id !== laneId) {
      lane = { id: laneId, head: undefined, blocks: [] };
      block = undefined;
      lanes.push(lane);
      const headIndex = row.kind === "lane" ? -1 : laneHeadBefore(rows, index, laneId);
      const head = rows[headIndex];
      if (head?.kind === "lane") lane.head = place(head, headIndex);
    }
    if (row.kind === "lane") {
      lane.head = place(row, index);
      continue;
    }
    const stack = "stack" in row ? row.stack : undefined;
    if (!block || block.stack !== stack) {
      block = { stack, head: undefined, items: [] };
      lane.blocks.push(block);
    }
    if (row.kind === "stack") block.head = place(row, index);
    else block.items.push(place(row, index));
  }
  return lanes;
}

function laneHeadBefore(rows: readonly Row[], from: number, laneId: string): number {
  for (let index = from; index >= 0; index -= 1) {
    const row = rows[index];
    if (!row || !("lane" in row) || row.lane !== laneId) return -1;
    if (row.kind === "lane") return index;
  }
  return -1;
}

/** The indices of a range, with one more that must stay although it is out of sight, because it has the focus. */
export function withKept(range: { start: number; end: number }, kept: number): number[] {
  const indices = Array.from({ length: range.end - range.start }, (_, i) => range.start + i);
  if (kept < 0 || (kept >= range.start && kept < range.end)) return indices;
  return kept < range.start ? [kept, ...indices] : [...indices, kept];
}
