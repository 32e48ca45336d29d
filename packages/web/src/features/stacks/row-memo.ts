import { reuseByKey } from "../../lib/reuse.ts";
import type { Lane, StackBlock } from "./lanes.ts";
import { type FlattenOptions, flattenLanes, type Row, stackRows } from "./rows.ts";

interface Kept {
  /** All that the rows follow from. */
  from: readonly unknown[];
  rows: Row[];
}

/** The rows of a list that is drawn again and again: of a stack to which nothing happened they stay, and are not worked out anew. */
export class RowMemo {
  #kept: ReadonlyMap<string, Kept> = new Map();

  flatten(lanes: readonly Lane[], options: FlattenOptions): Row[] {
    const next = new Map<string, Kept>();
    const rows = flattenLanes(lanes, options, (lane, block) => {
      const root = block.stack.rootBranch;
      const kept = this.#kept.get(root);
      const from = sourcesOf(lane, block, options);
      const rows =
        kept && sameItems(kept.from, from)
          ? kept.rows
          : reuseByKey(kept?.rows, stackRows(lane, block, options), (row) => row.id);
      next.set(root, { from, rows });
      return rows;
    });
    this.#kept = next;
    return rows;
  }
}

function sourcesOf(lane: string, { stack, shown, filtered }: StackBlock, options: FlattenOptions): unknown[] {
  const { trunk, heights, anyPr, foldedStacks, openMerged } = options;
  const root = stack.rootBranch;
  return [
    lane,
    stack,
    filtered,
    trunk,
    heights,
    anyPr,
    foldedStacks.has(root),
    openMerged.has(root),
    ...shown,
  ];
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
