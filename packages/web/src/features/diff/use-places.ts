import { type RefObject, useLayoutEffect, useReducer, useRef } from "react";
import { rowAt } from "../../lib/window.ts";
import { type DiffRow, HEAD_HEIGHT } from "./diff-rows.ts";
import { isCalled, type LinePlace, lineName, type SurfaceFile } from "./diff-surface.ts";
import type { DiffLine } from "./parse-patch.ts";
import { fileAt, type PlacedFile } from "./surface-layout.ts";

interface Goal {
  path: string;
  /** The line to show; undefined: the head of the file. */
  line: ((line: DiffLine) => boolean) | undefined;
  takesFocus: boolean;
}

/** Where the reader is: it stays under the eyes when what is above it grows or shrinks, or when the diff is another one. */
interface Anchor {
  path: string;
  offset: number;
  line: DiffLine | undefined;
  /** How much of the line is already above the edge. */
  above: number;
}

/** Moves a surface to files and lines, and holds it where it is in between. */
export function usePlaces(
  scroller: RefObject<HTMLElement | null>,
  placed: readonly PlacedFile[],
  {
    onOpen,
    onVisibleFile,
  }: { onOpen: (file: SurfaceFile) => void; onVisibleFile: ((path: string) => void) | undefined },
) {
  const goal = useRef<Goal>(undefined);
  const anchor = useRef<Anchor>(undefined);
  /** Where it was last moved to; void once the reader scrolls on. */
  const cursor = useRef({ path: "", scrollTop: -1, y: 0 });
  const [asked, ask] = useReducer((times: number) => times + 1, 0);

  function current(): number {
    const scrollTop = scroller.current?.scrollTop ?? 0;
    const { path, scrollTop: movedTo } = cursor.current;
    const moved = Math.abs(scrollTop - movedTo) < 2 ? indexOf(placed, path) : -1;
    return moved >= 0 ? moved : fileAt(placed, scrollTop);
  }

  function remember(): void {
    const file = placed[fileAt(placed, scroller.current?.scrollTop ?? 0)];
    if (!file) return;
    const offset = (scroller.current?.scrollTop ?? 0) - file.top;
    const row = rowAt(file.offsets, offset);
    const line = offset > 0 ? lineOf(file.rows[row]) : undefined;
    anchor.current = { path: file.file.path, offset, line, above: offset - (file.offsets[row] ?? 0) };
    const shown = placed[current()];
    if (shown) onVisibleFile?.(shown.file.path);
  }

  function reach(element: HTMLElement, { path, line, takesFocus }: Goal): void {
    const target = placed[indexOf(placed, path)];
    if (target && line && !target.open) {
      onOpen(target.file);
      return;
    }
    goal.current = undefined;
    if (!target) return;
    const row = line ? target.rows.findIndex((one) => linesOf(one).some(line)) : -1;
    const y = row < 0 ? target.top : target.top + HEAD_HEIGHT + (target.offsets[row] ?? 0);
    element.scrollTop = row < 0 ? y : Math.max(target.top, y - element.clientHeight / 3);
    cursor.current = { path, scrollTop: element.scrollTop, y };
    if (!takesFocus) return;
    requestAnimationFrame(() => {
      const heading = element.querySelector<HTMLElement>(`[data-file="${CSS.escape(path)}"] h3`);
      heading?.focus({ preventScroll: true });
    });
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for is reached once it is laid out.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    if (goal.current) reach(element, goal.current);
    else if (anchor.current) hold(element, anchor.current, placed);
    remember();
  }, [placed, asked]);

  function go(next: Goal): boolean {
    if (indexOf(placed, next.path) < 0) return false;
    goal.current = next;
    ask();
    return true;
  }

  function changes(): { place: LinePlace; line: DiffLine; y: number }[] {
    return placed.flatMap(({ file, rows, offsets, top }) =>
      rows.flatMap((row, index) => {
        const line = changedLineOf(row);
        if (!line || changedLineOf(rows[index - 1])) return [];
        const y = top + HEAD_HEIGHT + (offsets[index] ?? 0);
        return [{ place: { path: file.path, line: lineName(line) }, line, y }];
      }),
    );
  }

  return {
    remember,
    scrollTo: (path: string, line?: string) =>
      go({ path, line: line === undefined ? undefined : (one) => isCalled(one, line), takesFocus: true }),
    reveal: (path: string, line: DiffLine) =>
      void go({ path, line: (one) => one === line, takesFocus: false }),
    step(by: 1 | -1): string | undefined {
      const scrollTop = scroller.current?.scrollTop ?? 0;
      const now = current();
      const isInside = cursor.current.scrollTop !== scrollTop && scrollTop - (placed[now]?.top ?? 0) > 2;
      const target = placed[by < 0 && isInside ? now : now + by]?.file.path;
      return target !== undefined && go({ path: target, line: undefined, takesFocus: true })
        ? target
        : undefined;
    },
    stepChange(by: 1 | -1): LinePlace | undefined {
      const scrollTop = scroller.current?.scrollTop ?? 0;
      const here = Math.abs(scrollTop - cursor.current.scrollTop) < 2 ? cursor.current.y : scrollTop;
      const all = changes();
      const target = by > 0 ? all.find(({ y }) => y > here + 1) : all.findLast(({ y }) => y < here - 1);
      if (target) go({ path: target.place.path, line: (one) => one === target.line, takesFocus: false });
      return target?.place;
    },
  };
}

function indexOf(placed: readonly PlacedFile[], path: string): number {
  return placed.findIndex(({ file }) => file.path === path);
}

function hold(
  element: HTMLElement,
  { path, offset, line, above }: Anchor,
  placed: readonly PlacedFile[],
): void {
  const target = placed[indexOf(placed, path)];
  if (!target) return;
  const row = line ? rowOf(target.rows, line) : -1;
  const kept = row < 0 ? Math.min(offset, target.height) : (target.offsets[row] ?? 0) + above;
  const scrollTop = target.top + (target.open ? kept : 0);
  if (Math.abs(element.scrollTop - scrollTop) > 1) element.scrollTop = scrollTop;
}

/** The row of a line, or in another diff that of the line with its name. */
function rowOf(rows: readonly DiffRow[], line: DiffLine): number {
  const exact = rows.findIndex((row) => linesOf(row).includes(line));
  return exact >= 0
    ? exact
    : rows.findIndex((row) => linesOf(row).some((one) => lineName(one) === lineName(line)));
}

function linesOf(row: DiffRow): DiffLine[] {
  if (row.kind === "line") return [row.line];
  return row.kind === "pair" ? [row.left, row.right].filter((line) => line !== undefined) : [];
}

function lineOf(row: DiffRow | undefined): DiffLine | undefined {
  return row && linesOf(row).at(-1);
}

function changedLineOf(row: DiffRow | undefined): DiffLine | undefined {
  return row && linesOf(row).findLast(({ kind }) => kind !== "same");
}
