import { type Ref, type RefObject, useMemo, useRef } from "react";
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
import type { BranchRow as BranchRowModel, Row, SectionRow } from "./rows.ts";
import { type StackListHandle, useRowFocus } from "./use-row-focus.ts";

export interface ListActions {
  toggleStack(stack: string): void;
  toggleLane(lane: string): void;
  toggleMerged(stack: string): void;
  toggleSection(section: SectionRow["section"]): void;
}

export function StackList({
  ref,
  rows,
  stickyHeight,
  openBranch,
  markedStack,
  hrefOf,
  hrefOfStack,
  actions,
}: {
  ref: Ref<StackListHandle>;
  rows: readonly Row[];
  /** What covers the top of the scroller. */
  stickyHeight: RefObject<number>;
  openBranch: string | undefined;
  /** The root of the stack that the address names. */
  markedStack: string | undefined;
  hrefOf: (branch: string) => string;
  hrefOfStack: (id: string) => string;
  actions: ListActions;
}) {
  const list = useRef<HTMLDivElement>(null);
  const offsets = useMemo(() => offsetsOf(rows.map((row) => row.height)), [rows]);
  const range = useWindow(list, offsets);
  const laneHeight = rows[0]?.kind === "lane" ? rows[0].height : 0;
  const { currentId, kept, onFocus } = useRowFocus(ref, {
    rows,
    offsets,
    list,
    covered: () => stickyHeight.current + laneHeight,
    openBranch,
  });
  const indices = useMemo(() => withKept(range, kept), [range, kept]);
  const lanes = nestRows(rows, offsets, indices);

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
        <LaneHead row={head} gap={lane.head?.gap ?? 0} onToggle={actions.toggleLane} />
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
