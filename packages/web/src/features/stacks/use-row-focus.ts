import {
  type Ref,
  type RefObject,
  useCallback,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { scrollerOf } from "../../ui/use-window.ts";

export interface StackListHandle {
  /** Moves to the next (1) or previous (−1) branch in visual order, never around the ends. Gives its name. */
  move(step: 1 | -1): string | undefined;
  /** Moves to the first (1) or last (−1) branch. Gives its name. */
  moveToEnd(step: 1 | -1): string | undefined;
  /**
   * To the beginning of the next or the previous stack, from `root` on, else from the branch that has the focus. Gives its
   * id, and the branch that has the focus then, unless the stack is folded.
   */
  moveStack(step: 1 | -1, root?: string): { stackId: string; branch: string | undefined } | undefined;
  /** Brings a branch into view and gives it the focus. False when it is not in the list. */
  focusBranch(name: string): boolean;
  focusedBranch(): string | undefined;
  /** Brings a stack, named by its root, to the top of what is seen, unless its beginning is seen already. */
  showStack(root: string): void;
  /** The same, with the focus on its head; that of a stack without a head on its branch. */
  focusStack(root: string): void;
}

/** A row of a list, as far as the keys care. */
interface FocusRow {
  id: string;
  /** `branch` where the focus may go, under the id `branch:` and its name. */
  kind: string;
  height: number;
  /** The root of the stack that it belongs to. */
  stack?: string;
  stackId?: string | undefined;
}

/** The focus among rows of which only some are drawn. Where it goes, the element with that `data-row` gets it. */
export function useRowFocus(
  ref: Ref<StackListHandle>,
  {
    rows,
    offsets,
    list,
    covered,
    openBranch,
  }: {
    rows: readonly FocusRow[];
    offsets: Float64Array;
    list: RefObject<HTMLElement | null>;
    /** How much of the top is covered by what sticks there. */
    covered: () => number;
    openBranch: string | undefined;
  },
) {
  const indexById = useMemo(() => new Map(rows.map((row, index) => [row.id, index])), [rows]);
  const [activeId, setActiveId] = useState<string>();
  const wantsFocus = useRef<string>(undefined);
  const openId = openBranch === undefined ? undefined : `branch:${openBranch}`;
  const currentId = openId ?? activeId;
  const onFocus = useCallback((id: string) => setActiveId(id), []);

  /** Where a row is in what scrolls. */
  function placeOf(index: number) {
    const row = rows[index];
    const element = scrollerOf(list.current);
    if (!row || !element || !list.current) return undefined;
    const listTop =
      list.current.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;
    return { row, element, top: listTop + (offsets[index] ?? 0) };
  }

  function goTo(index: number): void {
    const place = placeOf(index);
    if (!place) return;
    const { row, element, top } = place;
    const seenTop = top - covered();
    if (seenTop < element.scrollTop) element.scrollTop = seenTop - 8;
    else if (top + row.height > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + row.height - element.clientHeight + 24;
    }
    wantsFocus.current = row.id;
    setActiveId(row.id);
    focusWanted();
  }

  function showStack(root: string): void {
    const place = placeOf(rows.findIndex(({ stack }) => stack === root));
    if (!place) return;
    const { element, top } = place;
    const seenTop = top - covered();
    const isSeen = seenTop >= element.scrollTop && top < element.scrollTop + element.clientHeight / 2;
    if (!isSeen) element.scrollTop = seenTop - 8;
  }

  /** To the nearest branch beyond `start`. */
  function moveFrom(start: number, step: 1 | -1): string | undefined {
    let index = start + step;
    while (index >= 0 && index < rows.length && rows[index]?.kind !== "branch") index += step;
    const name = branchOf(rows[index]);
    if (name !== undefined) goTo(index);
    return name;
  }

  function moveStack(step: 1 | -1, root?: string) {
    const firsts = firstRows(rows);
    const stack = root ?? rows[indexById.get(activeId ?? currentId ?? "") ?? -1]?.stack;
    const from = firsts.findIndex(({ row }) => row.stack === stack);
    const next = from < 0 ? firsts.at(step > 0 ? 0 : -1) : firsts[from + step];
    if (next?.row.stackId === undefined) return undefined;
    goTo(next.index);
    return { stackId: next.row.stackId, branch: branchOf(next.row) };
  }

  function focusWanted(): void {
    const id = wantsFocus.current;
    if (id === undefined) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);
    if (!link) return;
    wantsFocus.current = undefined;
    link.focus({ preventScroll: true });
  }

  useLayoutEffect(focusWanted);

  useImperativeHandle(ref, () => ({
    move: (step) =>
      moveFrom(indexById.get(activeId ?? currentId ?? "") ?? (step > 0 ? -1 : rows.length), step),
    moveToEnd: (step) => moveFrom(step > 0 ? -1 : rows.length, step),
    moveStack,
    focusBranch(name) {
      const index = indexById.get(`branch:${name}`);
      if (index === undefined) return false;
      goTo(index);
      return true;
    },
    showStack,
    focusStack(root) {
      const index = indexById.get(`stack:${root}`) ?? indexById.get(`branch:${root}`);
      if (index !== undefined) goTo(index);
    },
    focusedBranch: () => (activeId?.startsWith("branch:") ? activeId.slice(7) : undefined),
  }));

  /** `kept`: the row that stays drawn although it is out of sight, because it has the focus. */
  return { currentId, kept: indexById.get(activeId ?? openId ?? "") ?? -1, onFocus };
}

function branchOf(row: FocusRow | undefined): string | undefined {
  return row?.kind === "branch" ? row.id.slice("branch:".length) : undefined;
}

/** Where each stack begins for the keys: at its uppermost branch, or at its head while it is folded. */
function firstRows(rows: readonly FocusRow[]) {
  const firsts = new Map<string, { row: FocusRow; index: number }>();
  for (const [index, row] of rows.entries()) {
    if (row.stack === undefined || (row.kind !== "stack" && row.kind !== "branch")) continue;
    const known = firsts.get(row.stack);
    if (!known || (row.kind === "branch" && known.row.kind === "stack"))
      firsts.set(row.stack, { row, index });
  }
  return [...firsts.values()];
}
