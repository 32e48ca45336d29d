import type { Branch, LandedLayer, StackDetail, TrunkCommit, Unstacked } from "stackit/contract/view";
import {
  branchTitle,
  isMerged,
  isMoved,
  type NodeShape,
  type NodeTone,
  nodeShape,
  nodeTone,
} from "./branch-state.ts";
import { type Lane, type LaneFacts, type StackBlock, stackSentence } from "./lanes.ts";
import {
  type LineStyle,
  layoutRail,
  leafFirst,
  linesBelow,
  type RailLine,
  type RailRow,
  railColumns,
} from "./rail.ts";

/** One line of the page. `id` is unique on the page and stays with what it shows. */
export type Row =
  | LaneRow
  | StackRow
  | BranchRow
  | LandedRow
  | MergedRow
  | TrunkRow
  | SectionRow
  | CommitRow
  | PullRow
  | UnstackedRow;

interface Placed {
  id: string;
  height: number;
}
export interface LaneRow extends Placed {
  kind: "lane";
  lane: string;
  name: string;
  owner: string;
  isYou: boolean;
  facts: LaneFacts;
  folded: boolean;
}
export interface StackRow extends Placed {
  kind: "stack";
  lane: string;
  stack: string;
  stackId: string;
  title: string;
  sentence: string;
  branchCount: number;
  shownCount: number;
  folded: boolean;
}
export interface BranchRow extends Placed {
  kind: "branch";
  lane: string;
  stack: string;
  stackId: string;
  stackTitle: string;
  branch: Branch;
  rail: RailRow;
  /** Columns of the whole stack's rail. */
  columns: number;
  shape: NodeShape;
  tone: NodeTone;
  /** From the trunk: 1 is the root. */
  position: number;
  of: number;
  /** Set on a branch that is not the first child of its parent. */
  alsoOn: string | undefined;
}
/** A layer that landed and is no branch any more. */
export interface LandedRow extends Placed {
  kind: "landed";
  lane: string;
  stack: string;
  layer: LandedLayer;
  columns: number;
}
/** Layers next to the trunk that are merged or landed, folded into one line. */
export interface MergedRow extends Placed {
  kind: "merged";
  lane: string;
  stack: string;
  count: number;
  open: boolean;
  columns: number;
}
export interface TrunkRow extends Placed {
  kind: "trunk";
  lane: string;
  stack: string;
  trunk: string;
  /** The lines that come down to it, that of column 0 first; more than one when a filter took the root away. */
  lines: RailLine[];
  columns: number;
}
export interface SectionRow extends Placed {
  kind: "section";
  section: "unstacked" | "merged";
  count: number;
  open: boolean;
  trunk: string;
}
export interface CommitRow extends Placed {
  kind: "commit";
  commit: TrunkCommit;
}
/** One pull request of a stack that was merged as a whole. */
export interface PullRow extends Placed {
  kind: "pull";
  number: number;
  title: string;
}
export interface UnstackedRow extends Placed {
  kind: "unstacked";
  branch: Unstacked;
}

export interface RowHeights {
  lane: number;
  stack: number;
  branch: number;
  merged: number;
  /** With the room below it that separates stacks. */
  trunk: number;
  section: number;
  commit: number;
}

export type Density = "comfortable" | "compact" | "touch";

export const rowHeights: Record<Density, RowHeights> = {
  comfortable: { lane: 52, stack: 36, branch: 44, merged: 32, trunk: 52, section: 48, commit: 32 },
  compact: { lane: 44, stack: 32, branch: 32, merged: 28, trunk: 44, section: 44, commit: 28 },
  touch: { lane: 56, stack: 44, branch: 56, merged: 44, trunk: 56, section: 52, commit: 44 },
};

export interface FlattenOptions {
  trunk: string;
  heights: RowHeights;
  foldedStacks: ReadonlySet<string>;
  foldedLanes: ReadonlySet<string>;
  /** Stacks whose merged layers are shown. */
  openMerged: ReadonlySet<string>;
  anyPr: boolean;
}

export function flattenLanes(
  lanes: readonly Lane[],
  options: FlattenOptions,
  rowsOf: typeof stackRows = stackRows,
): Row[] {
  const { heights } = options;
  const rows: Row[] = [];
  for (const lane of lanes) {
    if (lane.name) {
      const { id, name, owner, isYou, facts } = lane;
      const folded = options.foldedLanes.has(id);
      rows.push({ kind: "lane", id, height: heights.lane, lane: id, name, owner, isYou, facts, folded });
      if (folded) continue;
    }
    for (const block of lane.blocks) rows.push(...rowsOf(lane.id, block, options));
  }
  return rows;
}

export function stackRows(lane: string, block: StackBlock, options: FlattenOptions): Row[] {
  const { heights, trunk } = options;
  const { stack } = block;
  const place = { lane, stack: stack.rootBranch };
  const alone = saysTheSame(stack);
  const folded = !alone && options.foldedStacks.has(stack.rootBranch);
  const rows: Row[] = [];
  if (!alone) {
    rows.push({
      ...place,
      kind: "stack",
      id: `stack:${stack.rootBranch}`,
      height: heights.stack,
      stackId: stack.id,
      title: stack.title,
      sentence: stackSentence(block, options.anyPr),
      branchCount: stack.branches.length,
      shownCount: block.shown.length,
      folded,
    });
  }
  if (folded) return rows;

  const all = leafFirst(stack.branches);
  const positions = new Map(all.map((branch, index) => [branch.name, all.length - index]));
  const merged = mergedLayers(all);
  const mergedOpen = block.filtered || options.openMerged.has(stack.rootBranch);
  const shownNames = new Set(block.shown.map((branch) => branch.name));
  const shown = all.filter((branch) => shownNames.has(branch.name));
  const drawn = mergedOpen ? shown : shown.slice(0, shown.length - merged);
  const rails = layoutRail(railNodes(drawn, stack.branches));
  const columns = railColumns(rails);
  const firstChildren = firstChildOf(stack.branches);
  for (const [index, branch] of drawn.entries()) {
    const rail = rails[index];
    if (!rail) continue;
    rows.push({
      ...place,
      kind: "branch",
      id: `branch:${branch.name}`,
      height: heights.branch,
      stackId: stack.id,
      stackTitle: stack.title,
      branch,
      rail,
      columns,
      shape: nodeShape(branch),
      tone: nodeTone(branch, stack),
      position: positions.get(branch.name) ?? 1,
      of: all.length,
      alsoOn: firstChildren.get(branch.parent ?? "") === branch.name ? undefined : branch.parent,
    });
  }
  const landed = block.filtered ? [] : (stack.landed ?? []).toReversed();
  if (mergedOpen) {
    for (const layer of landed) {
      const id = `landed:${stack.rootBranch}:${layer.name}`;
      rows.push({ ...place, kind: "landed", id, height: heights.merged, layer, columns });
    }
  }
  if (merged + landed.length > 0 && !block.filtered) {
    rows.push({
      ...place,
      kind: "merged",
      id: `merged:${stack.rootBranch}`,
      height: heights.merged,
      count: merged + landed.length,
      open: mergedOpen,
      columns,
    });
  }
  const lines = linesBelow(rails);
  rows.push({
    ...place,
    kind: "trunk",
    id: `trunk:${stack.rootBranch}`,
    height: heights.trunk,
    trunk,
    lines,
    columns,
  });
  return rows;
}

/** Whether a head would only repeat the one branch below it. */
function saysTheSame({ branches, title }: StackDetail): boolean {
  const [only] = branches;
  return branches.length === 1 && only !== undefined && (title === branchTitle(only) || title === only.name);
}

/** The branches with the nearest shown ancestor as parent; the line to one that is not the true parent is dotted. */
function railNodes(drawn: readonly Branch[], all: readonly Branch[]) {
  const byName = new Map(all.map((branch) => [branch.name, branch]));
  const shown = new Set(drawn.map((branch) => branch.name));
  return drawn.map((branch) => {
    let parent = branch.parent;
    let style: LineStyle = isMoved(branch) ? "dashed" : "solid";
    const seen = new Set<string>();
    while (parent !== undefined && byName.has(parent) && !shown.has(parent) && !seen.has(parent)) {
      seen.add(parent);
      const hidden = byName.get(parent);
      if (!hidden || !isMerged(hidden)) style = "dotted";
      parent = hidden?.parent;
    }
    return { name: branch.name, parent, style };
  });
}

/** How many branches next to the trunk are merged, as long as they are a plain chain. */
function mergedLayers(leafFirstBranches: readonly Branch[]): number {
  const rootFirst = leafFirstBranches.toReversed();
  const end = rootFirst.findIndex((branch) => !isMerged(branch) || (branch.children?.length ?? 0) > 1);
  return end < 0 ? rootFirst.length : end;
}

function firstChildOf(branches: readonly Branch[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const { name, parent } of branches) {
    if (parent !== undefined && !first.has(parent)) first.set(parent, name);
  }
  return first;
}

/** Rows below the lanes: branches without a stack, and what was merged lately. */
export function footRows(
  facts: { unstacked: readonly Unstacked[]; recentlyMerged: readonly TrunkCommit[]; trunk: string },
  open: ReadonlySet<SectionRow["section"]>,
  heights: RowHeights,
): Row[] {
  const rows: Row[] = [];
  const head = (section: SectionRow["section"], count: number): SectionRow => ({
    kind: "section",
    id: `section:${section}`,
    height: heights.section,
    section,
    count,
    open: open.has(section),
    trunk: facts.trunk,
  });
  if (facts.recentlyMerged.length > 0) {
    rows.push(head("merged", facts.recentlyMerged.length));
    if (open.has("merged")) {
      for (const commit of facts.recentlyMerged) {
        const { sha, stackPRs = [], stackPRTitles } = commit;
        rows.push({ kind: "commit", id: `commit:${sha}`, height: heights.commit, commit });
        for (const [index, title] of (stackPRTitles ?? []).entries()) {
          const number = stackPRs[index];
          if (number === undefined) continue;
          rows.push({ kind: "pull", id: `pull:${sha}:${number}`, height: heights.commit, number, title });
        }
      }
    }
  }
  if (facts.unstacked.length > 0) {
    rows.push(head("unstacked", facts.unstacked.length));
    if (open.has("unstacked")) {
      for (const branch of facts.unstacked) {
        rows.push({ kind: "unstacked", id: `unstacked:${branch.name}`, height: heights.commit, branch });
      }
    }
  }
  return rows;
}
