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
import { offsetsOf } from "../../lib/window.ts";
import { count } from "../../lib/words.ts";
import { useWindow } from "../../ui/use-window.ts";
import { BranchRow } from "./branch-row.tsx";
import {
  CommitLine,
  LandedLine,
  LaneHead,
  MergedLine,
  PullLine,
  SectionHead,
  StackHead,
  TrunkFoot,
  UnstackedLine,
} from "./fixed-rows.tsx";
import { type DrawnBlock, type DrawnLane, nestRows, type Placed, withKept } from "./nest-rows.ts";
import type { BranchRow as BranchRowModel, Row, SectionRow, StackRow as StackRowModel } from "./rows.ts";

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

export interface ListActions {
  toggleStack(stack: string): void;
  toggleLane(lane: string): void;
  toggleMerged(stack: string): void;
  toggleSection(section: SectionRow["section"]): void;
}

export function StackList({
  ref,
  rows,
  scroller,
  stickyHeight,
  openBranch,
  markedStack,
  hrefOf,
  hrefOfStack,
  actions,
}: {
  ref: Ref<StackListHandle>;
  rows: readonly Row[];
  scroller: RefObject<HTMLElement | null>;
  /** What covers the top of the scroller. */
  stickyHeight: number;
  openBranch: string | undefined;
  /** The root of the stack that the address names. */
  markedStack: string | undefined;
  hrefOf: (branch: string) => string;
  hrefOfStack: (id: string) => string;
  actions: ListActions;
}) {
  const list = useRef<HTMLDivElement>(null);
  const offsets = useMemo(() => offsetsOf(rows.map((row) => row.height)), [rows]);
  const indexById = useMemo(() => new Map(rows.map((row, index) => [row.id, index])), [rows]);
  const range = useWindow(scroller, list, offsets);
  const [activeId, setActiveId] = useState<string>();
  const wantsFocus = useRef<string>(undefined);

  const openId = openBranch === undefined ? undefined : `branch:${openBranch}`;
  const currentId = openId ?? activeId;
  const kept = indexById.get(activeId ?? openId ?? "") ?? -1;
  const indices = useMemo(() => withKept(range, kept), [range, kept]);
  const lanes = nestRows(rows, offsets, indices);
  const onFocus = useCallback((id: string) => setActiveId(id), []);

  /** Where a row is in what scrolls, and how much of the top is covered by what sticks there. */
  function placeOf(index: number) {
    const row = rows[index];
    const element = scroller.current;
    if (!row || !element || !list.current) return undefined;
    const listTop =
      list.current.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop;
    const top = listTop + (offsets[index] ?? 0);
    const covered = stickyHeight + (rows[0]?.kind === "lane" ? rows[0].height : 0);
    return { row, element, top, covered };
  }

  function goTo(index: number): void {
    const place = placeOf(index);
    if (!place) return;
    const { row, element, top, covered } = place;
    if (top - covered < element.scrollTop) element.scrollTop = top - covered - 8;
    else if (top + row.height > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + row.height - element.clientHeight + 24;
    }
    wantsFocus.current = row.id;
    setActiveId(row.id);
    focusWanted();
  }

  function showStack(root: string): void {
    const place = placeOf(rows.findIndex((row) => "stack" in row && row.stack === root));
    if (!place) return;
    const { element, top, covered } = place;
    const isSeen = top >= element.scrollTop + covered && top < element.scrollTop + element.clientHeight / 2;
    if (!isSeen) element.scrollTop = top - covered - 8;
  }

  /** To the nearest branch beyond `start`. */
  function moveFrom(start: number, step: 1 | -1): string | undefined {
    let index = start + step;
    while (index >= 0 && index < rows.length && rows[index]?.kind !== "branch") index += step;
    const row = rows[index];
    if (row?.kind !== "branch") return undefined;
    goTo(index);
    return row.branch.name;
  }

  function moveStack(
    step: 1 | -1,
    root?: string,
  ): { stackId: string; branch: string | undefined } | undefined {
    const firsts = firstRows(rows);
    const here = rows[indexById.get(activeId ?? currentId ?? "") ?? -1];
    const stack = root ?? (here && "stack" in here ? here.stack : undefined);
    const from = firsts.findIndex(({ row }) => row.stack === stack);
    const next = from < 0 ? firsts.at(step > 0 ? 0 : -1) : firsts[from + step];
    if (!next) return undefined;
    goTo(next.index);
    const { row } = next;
    return { stackId: row.stackId, branch: row.kind === "branch" ? row.branch.name : undefined };
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

  function drawItem({ row, gap }: Placed<Row>) {
    switch (row.kind) {
      case "branch":
        return (
          <BranchRow
            key={row.id}
            row={row}
            gap={gap}
            href={hrefOf(row.branch.name)}
            isCurrent={row.id === currentId}
            onFocus={onFocus}
          />
        );
      case "landed":
        return <LandedLine key={row.id} row={row} gap={gap} />;
      case "merged":
        return <MergedLine key={row.id} row={row} gap={gap} onToggle={actions.toggleMerged} />;
      case "trunk":
        return <TrunkFoot key={row.id} row={row} gap={gap} />;
      case "section":
        return <SectionHead key={row.id} row={row} gap={gap} onToggle={actions.toggleSection} />;
      case "commit":
        return <CommitLine key={row.id} row={row} gap={gap} />;
      case "pull":
        return <PullLine key={row.id} row={row} gap={gap} />;
      case "unstacked":
        return <UnstackedLine key={row.id} row={row} gap={gap} />;
      default:
        return null;
    }
  }

  function drawBlock(block: DrawnBlock) {
    if (block.stack === undefined) return block.items.map(drawItem);
    const branches = block.items.filter((item) => item.row.kind === "branch");
    const rest = block.items.filter((item) => item.row.kind !== "branch");
    const first = branches[0]?.row;
    const isMarked = block.stack === markedStack;
    return (
      <div key={block.stack} className="stack" data-marked={isMarked || undefined}>
        {block.head && (
          <StackHead
            row={block.head.row}
            gap={block.head.gap}
            href={hrefOfStack(block.head.row.stackId)}
            isMarked={isMarked}
            onFocus={onFocus}
            onToggle={actions.toggleStack}
          />
        )}
        {branches.length > 0 && (
          // biome-ignore lint/a11y/noRedundantRoles: without list marks some browsers no longer call it a list.
          <ol role="list" aria-label={first?.kind === "branch" ? stackName(first) : block.stack}>
            {branches.map(drawItem)}
          </ol>
        )}
        {rest.map(drawItem)}
      </div>
    );
  }

  function drawLane(lane: DrawnLane) {
    const head = lane.head?.row;
    const content = lane.blocks.map(drawBlock);
    if (!head) {
      return (
        <div key={lane.id} className="lane">
          {content}
        </div>
      );
    }
    return (
      <section key={lane.id} className="lane" aria-label={head.name}>
        <LaneHead
          row={head}
          gap={lane.head?.gap ?? 0}
          stickyTop={stickyHeight}
          onToggle={actions.toggleLane}
        />
        {content}
      </section>
    );
  }

  return (
    <div ref={list} className="stack-list" style={{ height: offsets.at(-1) ?? 0 }}>
      {lanes.map(drawLane)}
    </div>
  );
}

function stackName({ stackTitle, of }: BranchRowModel): string {
  return `Stack ${stackTitle}, ${count(of, "branch", "branches")}, top first`;
}

/** Where each stack begins for the keys: at its uppermost branch, or at its head while it is folded. */
function firstRows(rows: readonly Row[]) {
  const firsts = new Map<string, { row: StackRowModel | BranchRowModel; index: number }>();
  for (const [index, row] of rows.entries()) {
    if (row.kind !== "stack" && row.kind !== "branch") continue;
    if (!firsts.has(row.stack) || (row.kind === "branch" && firsts.get(row.stack)?.row.kind === "stack")) {
      firsts.set(row.stack, { row, index });
    }
  }
  return [...firsts.values()];
}
