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

/** A stack with those of its branches that the filter leaves: the same object for the same stack when it leaves all. */
export interface StackBlock {
  stack: StackDetail;
  owner: string;
  shown: Branch[];
  filtered: boolean;
  /** Of what is shown. */
  facts: LaneFacts;
}

export interface Lanes {
  lanes: Lane[];
  /** How many branches each state has, before the state is chosen but after the text filter. */
  counts: StateCounts;
  shownBranches: number;
  shownStacks: number;
}

type StateCounts = Record<StateFilter, number>;

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
  const counts = noCounts();
  const isUnfiltered = isEmptyFilter(filter);
  const mine: StackBlock[] = [];
  const byOwner = new Map<string, StackBlock[]>();
  let shownBranches = 0;
  let shownStacks = 0;

  for (const stack of view.stacks) {
    const isMine = isOf(viewer, stack);
    const found = isUnfiltered ? wholeOf(stack) : foundIn(stack, (one) => matches(filter, one), isMine, now);
    for (const key of stateNames) counts[key] += found.counts[key];
    const block = state === "all" ? found.block : inThatState(found.block, state);
    if (block.shown.length === 0) continue;
    shownBranches += block.shown.length;
    shownStacks += 1;
    const { owner } = block;
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

function noCounts(): StateCounts {
  return { all: 0, ready: 0, blocked: 0, restack: 0, draft: 0 };
}

/** What a filter finds in a stack, and how many of it are in each state. */
interface Found {
  block: StackBlock;
  counts: StateCounts;
}

const wholes = new WeakMap<StackDetail, Found>();

/** A stack with all of its branches. */
export function wholeBlock(stack: StackDetail): StackBlock {
  return wholeOf(stack).block;
}

/** What is found without a filter. Of a stack that stays the same nothing is worked out again. */
function wholeOf(stack: StackDetail): Found {
  const known = wholes.get(stack);
  if (known) return known;
  // Without a filter neither who looks nor when makes a difference.
  const found = foundIn(stack, () => true, false, 0);
  wholes.set(stack, found);
  return found;
}

function foundIn(
  stack: StackDetail,
  isFound: (candidate: Candidate) => boolean,
  isMine: boolean,
  now: number,
): Found {
  const owner = ownerOf(stack);
  const counts = noCounts();
  const shown = stack.branches.filter((branch) => {
    const since = waitingSince(branch);
    const waitingMs = since === undefined ? undefined : now - Date.parse(since);
    const candidate: Candidate = { branch, stack, owner, isMine, waitingMs };
    if (!isFound(candidate)) return false;
    for (const key of stateNames) if (inState(key, candidate)) counts[key] += 1;
    return true;
  });
  return { block: blockOf(stack, shown), counts };
}

function inThatState({ stack, owner, shown }: StackBlock, state: StateFilter): StackBlock {
  const isIn = (branch: Branch) =>
    inState(state, { branch, stack, owner, isMine: false, waitingMs: undefined });
  return blockOf(stack, shown.filter(isIn));
}

function blockOf(stack: StackDetail, shown: Branch[]): StackBlock {
  const filtered = shown.length < stack.branches.length;
  return { stack, owner: ownerOf(stack), shown, filtered, facts: factsOfBranches(stack, shown) };
}

function ownerOf({ owner }: StackDetail): string {
  return owner || UNKNOWN_OWNER;
}

export function factsOf(blocks: readonly StackBlock[]): LaneFacts {
  const facts = noFacts();
  for (const { facts: of } of blocks) {
    facts.stacks += of.stacks;
    facts.branches += of.branches;
    facts.moved += of.moved;
    facts.blocked += of.blocked;
    facts.waitingSince = earlier(facts.waitingSince, of.waitingSince);
    if (of.newestAt > facts.newestAt) facts.newestAt = of.newestAt;
  }
  return facts;
}

function factsOfBranches(stack: StackDetail, shown: readonly Branch[]): LaneFacts {
  const facts = { ...noFacts(), stacks: 1, branches: shown.length };
  for (const branch of shown) {
    if (isMoved(branch)) facts.moved += 1;
    if (nodeTone(branch, stack) === "blocked") facts.blocked += 1;
    facts.waitingSince = earlier(facts.waitingSince, waitingSince(branch));
    if (branch.commitDate > facts.newestAt) facts.newestAt = branch.commitDate;
  }
  return facts;
}

function noFacts(): LaneFacts {
  return { stacks: 0, branches: 0, moved: 0, blocked: 0, newestAt: "", waitingSince: undefined };
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b < a ? b : a;
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

/** Of the whole stack, also where a filter leaves only some of it. */
function newestOf({ stack }: StackBlock): string {
  return wholeBlock(stack).facts.newestAt;
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
