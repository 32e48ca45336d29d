import type { Branch, StackDetail, View } from "stackit/contract/view";
import type { Grouping, StateFilter } from "../../routes/location.ts";
import { hasProblem, isMerged, isMoved, nodeTone, waitingSince } from "./branch-state.ts";
import { type Candidate, type Filter, inState, isEmptyFilter, matches } from "./filter.ts";
import { isOf, nameOf, type Viewer } from "./viewer.ts";

export interface Lane {
  id: string;
  /** "You", a name, or empty when stacks are not grouped by owner. */
  name: string;
  owner: string;
  isYou: boolean;
  blocks: StackBlock[];
  facts: LaneFacts;
}

export interface LaneFacts {
  stacks: number;
  branches: number;
  moved: number;
  /** Something other than a parent that moved stands in their way. */
  blocked: number;
  /** The newest commit. */
  newestAt: string;
  /** Since when the one waits that has waited for the longest; absent when all are merged. */
  waitingSince: string | undefined;
}

/** A stack with those of its branches that the filter leaves. */
export interface StackBlock {
  stack: StackDetail;
  owner: string;
  shown: Branch[];
  filtered: boolean;
}

export interface Lanes {
  lanes: Lane[];
  /** How many branches each state has, before the state is chosen but after the text filter. */
  counts: Record<StateFilter, number>;
  shownBranches: number;
  shownStacks: number;
}

const UNKNOWN_OWNER = "Unknown owner";

/** Lanes by owner, yours first, then those that need somebody, then the newest. */
export function buildLanes(
  view: View,
  filter: Filter,
  state: StateFilter,
  group: Grouping,
  now: number,
  viewer: Viewer | undefined,
): Lanes {
  const counts: Record<StateFilter, number> = { all: 0, ready: 0, blocked: 0, restack: 0, draft: 0 };
  const filtering = !isEmptyFilter(filter) || state !== "all";
  const mine: StackBlock[] = [];
  const byOwner = new Map<string, StackBlock[]>();
  let shownBranches = 0;
  let shownStacks = 0;

  for (const stack of view.stacks) {
    const owner = stack.owner || UNKNOWN_OWNER;
    const isMine = isOf(viewer, stack);
    const shown = stack.branches.filter((branch) => {
      const since = waitingSince(branch);
      const waitingMs = since === undefined ? undefined : now - Date.parse(since);
      const candidate: Candidate = { branch, stack, owner, isMine, waitingMs };
      if (!matches(filter, candidate)) return false;
      for (const key of stateNames) if (inState(key, candidate)) counts[key] += 1;
      return inState(state, candidate);
    });
    if (shown.length === 0) continue;
    shownBranches += shown.length;
    shownStacks += 1;
    const block: StackBlock = {
      stack,
      owner,
      shown,
      filtered: filtering && shown.length < stack.branches.length,
    };
    if (group === "owner" && isMine) {
      mine.push(block);
      continue;
    }
    const key = group === "owner" ? owner : "";
    const known = byOwner.get(key);
    if (known) known.push(block);
    else byOwner.set(key, [block]);
  }

  const lanes = [...byOwner].map(([owner, blocks]) =>
    laneOf({ id: `lane:${owner}`, name: owner, owner, isYou: false }, blocks),
  );
  // Somebody else may commit under the name that is your login: theirs is another lane.
  if (viewer && mine.length > 0)
    lanes.push(laneOf({ id: "you:", name: "You", owner: nameOf(viewer), isYou: true }, mine));
  return { lanes: lanes.sort(byAttention), counts, shownBranches, shownStacks };
}

function laneOf(whose: Pick<Lane, "id" | "name" | "owner" | "isYou">, blocks: StackBlock[]): Lane {
  return { ...whose, blocks: blocks.sort(byImportance), facts: factsOf(blocks) };
}

const stateNames: readonly StateFilter[] = ["all", "ready", "blocked", "restack", "draft"];

export function factsOf(blocks: readonly StackBlock[]): LaneFacts {
  const facts: LaneFacts = {
    stacks: blocks.length,
    branches: 0,
    moved: 0,
    blocked: 0,
    newestAt: "",
    waitingSince: undefined,
  };
  for (const { shown, stack } of blocks) {
    for (const branch of shown) {
      facts.branches += 1;
      if (isMoved(branch)) facts.moved += 1;
      if (nodeTone(branch, stack) === "blocked") facts.blocked += 1;
      const since = waitingSince(branch);
      if (since !== undefined && (facts.waitingSince === undefined || since < facts.waitingSince)) {
        facts.waitingSince = since;
      }
      if (branch.commitDate > facts.newestAt) facts.newestAt = branch.commitDate;
    }
  }
  return facts;
}

function byAttention(a: Lane, b: Lane): number {
  if (a.isYou !== b.isYou) return a.isYou ? -1 : 1;
  const needs = (lane: Lane) => Number(lane.facts.moved + lane.facts.blocked > 0);
  return (
    needs(b) - needs(a) || compareText(b.facts.newestAt, a.facts.newestAt) || compareText(a.name, b.name)
  );
}

function byImportance(a: StackBlock, b: StackBlock): number {
  if (a.stack.isCurrent !== b.stack.isCurrent) return a.stack.isCurrent ? -1 : 1;
  return compareText(newestOf(b), newestOf(a)) || compareText(a.stack.rootBranch, b.stack.rootBranch);
}

function newestOf({ stack }: StackBlock): string {
  return stack.branches.reduce((newest, { commitDate }) => (commitDate > newest ? commitDate : newest), "");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether nothing but that stands in the way: a branch has a pull request of which no forge told. */
function isUnseen({ status, branches }: StackDetail): boolean {
  const left = branches.filter((branch) => !isMerged(branch));
  return status === "pending" && left.some(({ ci }) => !ci) && !left.some(isMoved);
}

/** One line about a stack: how far it is, and what stands in the way. */
export function stackSentence({ stack }: StackBlock, anyPr: boolean): string {
  const { branches, status } = stack;
  const merged = branches.filter(isMerged).length;
  const moved = branches.filter(isMoved).length;
  const disputed = branches.filter(hasProblem).length;
  const parts: string[] = [];
  if (anyPr) {
    if (merged === branches.length) parts.push("all merged");
    else if (status === "shippable") parts.push("ready");
    else if (status === "blocked") parts.push("blocked");
    else if (stack.prCount === 0) parts.push("no pull requests");
    else if (stack.prCount < branches.length)
      parts.push(`${stack.prCount} of ${branches.length} have a pull request`);
    else parts.push(isUnseen(stack) ? "checks and reviews are not known" : "waiting");
  }
  if (moved > 0) parts.push(moved === 1 ? "1 parent moved" : `${moved} parents moved`);
  if (disputed > 0) parts.push(disputed === 1 ? "1 with a problem" : `${disputed} with problems`);
  return parts.join(" · ");
}
