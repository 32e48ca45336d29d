import { reuse, reuseByKey } from "../../lib/reuse.ts";
import type { Lane, StackBlock } from "./lanes.ts";
import { type FlattenOptions, flattenLanes, type Row, stackRows } from "./rows.ts";

interface Kept {
  lane: string;
  block: StackBlock;
  folded: boolean;
  mergedOpen: boolean;
  rows: Row[];
}

/** The rows of a list that is drawn again and again: those that say the same stay the same objects, and those of a stack to which nothing happened are not worked out anew. */
export class RowMemo {
  #options: FlattenOptions | undefined;
  /** By root branch. */
  #stacks: ReadonlyMap<string, Kept> = new Map();
  /** Rows that belong to no stack, by id. */
  #others: ReadonlyMap<string, Row> = new Map();
  #rows: readonly Row[] = [];

  /** `foot`: rows below the lanes. */
  flatten(lanes: readonly Lane[], foot: readonly Row[], options: FlattenOptions): readonly Row[] {
    const stacks = new Map<string, Kept>();
    const isSame = this.#options !== undefined && sameForAll(this.#options, options);
    const flat = flattenLanes(lanes, options, (lane, block) => {
      const root = block.stack.rootBranch;
      const folded = options.foldedStacks.has(root);
      const mergedOpen = options.openMerged.has(root);
      const known = this.#stacks.get(root);
      const holds =
        isSame &&
        known?.lane === lane &&
        known.folded === folded &&
        known.mergedOpen === mergedOpen &&
        sameBlock(known.block, block);
      const rows = holds
        ? known.rows
        : reuseByKey(known?.rows, stackRows(lane, block, options), (row) => row.id);
      stacks.set(root, { lane, block, folded, mergedOpen, rows });
      return rows;
    });
    const others = new Map<string, Row>();
    const rows = [...flat, ...foot].map((row) => {
      if ("stack" in row) return row;
      const other = reuse(this.#others.get(row.id), row);
      others.set(row.id, other);
      return other;
    });
    this.#options = options;
    this.#stacks = stacks;
    this.#others = others;
    if (!sameItems(rows, this.#rows)) this.#rows = rows;
    return this.#rows;
  }
}

function sameForAll(a: FlattenOptions, b: FlattenOptions): boolean {
  return a.trunk === b.trunk && a.heights === b.heights && a.anyPr === b.anyPr;
}

function sameBlock(a: StackBlock, b: StackBlock): boolean {
  return a === b || (a.stack === b.stack && a.filtered === b.filtered && sameItems(a.shown, b.shown));
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
