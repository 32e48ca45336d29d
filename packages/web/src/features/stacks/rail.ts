/**
 * Where the rail runs through a row. Columns count from the left; a line is solid where the child stands on its parent,
 * dashed where the parent moved, dotted where branches between were filtered away.
 */
export type LineStyle = "solid" | "dashed" | "dotted";

export interface RailLine {
  column: number;
  style: LineStyle;
}

export interface RailRow {
  column: number;
  /** The line from the child above in the same column. */
  up: LineStyle | undefined;
  /** The line to the parent, or to the trunk, below. */
  down: LineStyle;
  /** Lines of other branches that only pass. */
  passes: RailLine[];
  /** Children in other columns, which come in from the right. */
  joins: RailLine[];
}

export interface RailNode {
  name: string;
  parent: string | undefined;
  /** How the branch stands on its parent. */
  style: LineStyle;
}

/** With more columns than this, the last one is shared and the words "also on" say what the lines no longer can. */
export const MAX_COLUMNS = 6;

/** Orders a tree so that every branch stands above its parent, and its first child's chain above the others'. */
export function leafFirst<T extends { name: string; parent?: string | undefined }>(nodes: readonly T[]): T[] {
  const children = new Map<string, T[]>();
  const names = new Set(nodes.map((node) => node.name));
  const roots: T[] = [];
  for (const node of nodes) {
    if (node.parent === undefined || !names.has(node.parent)) roots.push(node);
    else {
      const siblings = children.get(node.parent);
      if (siblings) siblings.push(node);
      else children.set(node.parent, [node]);
    }
  }
  const ordered: T[] = [];
  const seen = new Set<string>();
  // Root first with the last child's subtree next; reversed, that is leaf first with the first child's chain on top.
  // What no root leads to stands in a circle, and is shown all the same.
  for (const start of [...roots.toReversed(), ...nodes]) {
    const stack = [start];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (seen.has(node.name)) continue;
      seen.add(node.name);
      ordered.push(node);
      for (const child of children.get(node.name) ?? []) stack.push(child);
    }
  }
  return ordered.reverse();
}

/** Lays the rail through rows that are in `leafFirst` order. */
export function layoutRail(rows: readonly RailNode[]): RailRow[] {
  const names = new Set(rows.map((row) => row.name));
  /** Columns in use, each with the parent that its line runs down to. */
  const lines = new Map<number, { parent: string | undefined; style: LineStyle }>();
  return rows.map((row) => {
    const own = [...lines].filter(([, line]) => line.parent === row.name).sort(([a], [b]) => a - b);
    const column = own[0]?.[0] ?? firstFree(lines);
    for (const [taken] of own) lines.delete(taken);
    const passes = [...lines].map(([passing, { style }]) => ({ column: passing, style })).sort(byColumn);
    const parent = row.parent !== undefined && names.has(row.parent) ? row.parent : undefined;
    lines.set(column, { parent, style: row.style });
    return {
      column,
      up: own[0]?.[1].style,
      down: row.style,
      passes: passes.filter((pass) => pass.column !== column),
      joins: own.slice(1).map(([joining, { style }]) => ({ column: joining, style })),
    };
  });
}

/** How many columns the rows need together. */
export function railColumns(rails: readonly RailRow[]): number {
  let columns = 1;
  for (const { column, passes } of rails) {
    columns = Math.max(columns, column + 1, (passes.at(-1)?.column ?? 0) + 1);
  }
  return columns;
}

/** The lines that run on below the last row, from left to right. */
export function linesBelow(rails: readonly RailRow[]): RailLine[] {
  const last = rails.at(-1);
  if (!last) return [{ column: 0, style: "solid" }];
  return [...last.passes, { column: last.column, style: last.down }].sort(byColumn);
}

function firstFree(lines: ReadonlyMap<number, unknown>): number {
  let column = 0;
  while (lines.has(column) && column < MAX_COLUMNS - 1) column += 1;
  return column;
}

function byColumn(a: { column: number }, b: { column: number }): number {
  return a.column - b.column;
}
