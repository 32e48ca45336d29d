import type { Branch, StackDetail } from "stackit/contract/view";
import type { Grouping, SortColumn, Sorting } from "../../routes/location.ts";
import { branchTitle, chipsOf, type NodeTone, nodeTone, waitingSince } from "../stacks/branch-state.ts";
import { factsOf, type Lane, type LaneFacts, type StackBlock } from "../stacks/lanes.ts";
import { leafFirst } from "../stacks/rail.ts";
import { reviewWords } from "../stacks/review-state.ts";

export interface TableGroup {
  kind: "group";
  id: string;
  height: number;
  title: string;
  facts: LaneFacts;
  /** Set where the group is a stack. */
  stackId: string | undefined;
  rows: TableBranch[];
}

export interface TableBranch {
  kind: "branch";
  id: string;
  height: number;
  branch: Branch;
  owner: string;
  /** The root of its stack. */
  stack: string;
  stackId: string;
  stackTitle: string;
  /** From the trunk: 1 is the root. */
  position: number;
  of: number;
  tone: NodeTone;
  /** What is wrong with it, else how far it is. */
  state: string;
}

const toneWords: Record<NodeTone, string> = {
  waiting: "waiting",
  ready: "ready",
  running: "checks running",
  blocked: "blocked",
  merged: "merged",
  moved: "parent moved",
};
const toneRanks: readonly NodeTone[] = ["blocked", "moved", "running", "waiting", "ready", "merged"];

/** The branches of all lanes in groups, each sorted. The groups stay in the order of the lanes. */
export function tableGroups(
  lanes: readonly Lane[],
  group: Grouping,
  sort: Sorting,
  height: number,
): TableGroup[] {
  const made = (id: string, title: string, blocks: StackBlock[], stackId?: string): TableGroup => ({
    kind: "group",
    id,
    height: 44,
    title,
    facts: factsOf(blocks),
    stackId,
    rows: blocks.flatMap((block) => branchesOf(block, height)).sort(comparing(sort)),
  });
  if (group === "stack") {
    return lanes.flatMap(({ blocks }) =>
      blocks.map((block) => {
        const { rootBranch, title, id } = block.stack;
        return made(`stack:${rootBranch}`, title, [block], id);
      }),
    );
  }
  if (group === "none") {
    const blocks = lanes.flatMap((lane) => lane.blocks);
    return blocks.length === 0 ? [] : [made("all", "", blocks)];
  }
  return lanes.map(({ id, name, blocks }) => made(id, name, blocks));
}

function branchesOf({ stack, shown, owner }: StackBlock, height: number): TableBranch[] {
  const positions = positionsIn(stack);
  return shown.map((branch) => {
    const tone = nodeTone(branch, stack);
    const wrong = chipsOf(branch).find(({ tone }) => tone === "bad" || tone === "warn" || tone === "merged");
    return {
      kind: "branch",
      id: `branch:${branch.name}`,
      height,
      branch,
      owner,
      stack: stack.rootBranch,
      stackId: stack.id,
      stackTitle: stack.title,
      position: positions.get(branch.name) ?? 1,
      of: stack.branches.length,
      tone,
      state: wrong?.text ?? toneWords[tone],
    };
  });
}

function positionsIn({ branches }: StackDetail): Map<string, number> {
  const all = leafFirst(branches);
  return new Map(all.map(({ name }, index) => [name, all.length - index]));
}

type Sortable = string | number | undefined;

const sortables: Record<SortColumn, (row: TableBranch) => Sortable> = {
  branch: ({ branch }) => branchTitle(branch).toLowerCase(),
  stack: ({ stackTitle }) => stackTitle.toLowerCase(),
  owner: ({ owner }) => owner.toLowerCase(),
  state: ({ tone }) => toneRanks.indexOf(tone),
  review: ({ branch }) => reviewWords(branch),
  pr: ({ branch }) => branch.pr?.number,
  lines: ({ branch: { linesAdded, linesDeleted } }) =>
    linesAdded === undefined ? undefined : linesAdded + (linesDeleted ?? 0),
  // The longer it waits, the more it has of it.
  waiting: ({ branch }) => {
    const since = waitingSince(branch);
    return since === undefined ? undefined : -Date.parse(since);
  },
};

/** What has no value comes last, whichever way it is sorted; what is equal, by stack and from the leaf down. */
function comparing({ by, down }: Sorting) {
  const sortable = sortables[by];
  return (a: TableBranch, b: TableBranch): number => {
    const [x, y] = [sortable(a), sortable(b)];
    if (x !== undefined && y !== undefined && x !== y) return x < y === down ? 1 : -1;
    if (x !== y) return x === undefined ? 1 : -1;
    if (a.stack !== b.stack) return a.stack < b.stack ? -1 : 1;
    return b.position - a.position;
  };
}
