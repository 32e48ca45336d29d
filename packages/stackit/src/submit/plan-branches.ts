import type { PlannedBranch, SubmitReasonCode } from "../contract/submit.ts";

/** Why a branch cannot be submitted. */
export interface Obstacle {
  readonly code: SubmitReasonCode;
  readonly detail: string;
  readonly files?: readonly string[];
  readonly command?: string;
}

export interface KnownPullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly base: string;
  readonly headOid: string;
  readonly title: string;
  readonly body: string;
  readonly isDraft: boolean;
  /** Whether its text is the person's who submits, or tells of the stack by our hand already. */
  readonly mayTellOfStack: boolean;
}

/** A branch of the stack with all that decides what becomes of it. */
export interface SubmittedState {
  readonly name: string;
  readonly tip: string;
  /** The nearest below that has not landed, or the trunk. */
  readonly parent: string;
  /** Its tip after a restack; the same where nothing is to be restacked, and where it cannot be. */
  readonly becomes: string;
  readonly restack: boolean;
  /** Commits of its own, those that a restack would drop not counted. */
  readonly commitCount: number;
  /** Undefined: the remote has no such branch. */
  readonly remoteTip: string | undefined;
  /** What stands in the way of this branch itself. */
  readonly obstacle: Obstacle | undefined;
  readonly pr: KnownPullRequest | undefined;
  /** Of a pull request that would be created. */
  readonly text: { readonly title: string; readonly body: string };
}

export interface StackState {
  readonly trunk: string;
  readonly hasTrunkOnRemote: boolean;
  /** A parent comes before its children. */
  readonly branches: readonly SubmittedState[];
  /** Of an open pull request whose number is known: its body as it would be, were all numbers known. */
  readonly bodyWithStack: (name: string) => string;
  /** Whether new pull requests are drafts. */
  readonly draft: boolean;
  /** Whether drafts that are there are said to be ready for review. */
  readonly ready: boolean;
}

/** What a submit of all these branches would do. Follows from its input alone. */
export function planBranches(stack: StackState): PlannedBranch[] {
  const planned = new Map<string, PlannedBranch>();
  const states = new Map(stack.branches.map((state) => [state.name, state]));
  for (const state of stack.branches) {
    const below = planned.get(state.parent);
    const belowState = states.get(state.parent);
    const ground = below && belowState ? groundOf(below, belowState) : trunkGround(stack);
    planned.set(state.name, planBranch(state, ground, stack));
  }
  const hasNew = planned.values().some(({ action }) => action === "create");
  return [...planned.values()].map((branch) => withStackNote(branch, states.get(branch.name), hasNew, stack));
}

/** What is wrong with what a branch stands on, for the branch. */
type Ground = Obstacle | undefined;

function groundOf({ name, action }: PlannedBranch, { tip, restack, remoteTip }: SubmittedState): Ground {
  const isThereAsItIs = remoteTip === tip && !restack;
  if (action !== "cannot" || isThereAsItIs) return undefined;
  return {
    code: "below",
    detail: `It stands on ${name}, which cannot be submitted. What is said there has to be mended first.`,
  };
}

function trunkGround({ trunk, hasTrunkOnRemote }: StackState): Ground {
  if (hasTrunkOnRemote) return undefined;
  return {
    code: "unborn-parent",
    detail: `${trunk} is not on the remote, and pull requests go into it. Push it first.`,
    command: `git push origin ${trunk}`,
  };
}

function planBranch(state: SubmittedState, ground: Ground, stack: StackState): PlannedBranch {
  const { name, tip, parent, becomes, restack, remoteTip, pr, text, commitCount } = state;
  const open = pr?.state === "open" ? pr : undefined;
  const push = remoteTip !== becomes;
  const isRetargeted = open !== undefined && open.base !== parent;
  const isMadeReady = stack.ready && open?.isDraft === true;
  const isMerged = pr?.state === "merged" && pr.headOid === tip;
  const creates = !open && !isMerged;
  const wants = (push && !isMerged) || creates || isRetargeted || isMadeReady;
  const isEmpty = creates && commitCount === 0;
  const obstacle = wants ? obstacleOf(state, ground, isEmpty) : undefined;
  const shown = open ?? (isMerged ? pr : undefined);
  const common = {
    name,
    base: parent,
    revision: tip,
    restack,
    ...(shown && { pr: { number: shown.number, url: shown.url } }),
    title: shown?.title ?? text.title,
    body: shown?.body ?? text.body,
    draft: isMadeReady ? false : (shown?.isDraft ?? stack.draft),
  };
  if (obstacle) {
    const { files, ...reason } = obstacle;
    return {
      ...common,
      action: "cannot",
      push: false,
      changes: [],
      reason: { ...reason, ...(files && { files: [...files] }) },
    };
  }
  const changes = [
    ...(open && push ? (["head"] as const) : []),
    ...(isRetargeted ? (["base"] as const) : []),
    ...(isMadeReady ? (["ready"] as const) : []),
  ];
  const isUpdated = isRetargeted || isMadeReady;
  const action = !wants ? "nothing" : creates ? "create" : isUpdated ? "update" : "push";
  return { ...common, action, push: push && !isMerged, changes };
}

function obstacleOf({ obstacle }: SubmittedState, ground: Ground, isEmpty: boolean): Obstacle | undefined {
  // What becomes of a branch is not known where it is not known of what it stands on: that is what has to be mended.
  if (obstacle && !(obstacle.code === "unclear" && ground)) return obstacle;
  return ground ?? (isEmpty ? NOTHING_TO_REVIEW : undefined);
}

const NOTHING_TO_REVIEW: Obstacle = {
  code: "empty",
  detail: "It has no commits of its own, so there is nothing to review. Commit something, or delete it.",
};

/** The text of an open pull request tells of all branches of the stack, so new ones change it. */
function withStackNote(
  branch: PlannedBranch,
  state: SubmittedState | undefined,
  hasNew: boolean,
  { bodyWithStack }: StackState,
): PlannedBranch {
  const open = state?.pr?.state === "open" && state.pr.mayTellOfStack ? state.pr : undefined;
  if (!open || branch.action === "cannot") return branch;
  if (!hasNew && bodyWithStack(branch.name) === open.body) return branch;
  return { ...branch, action: "update", changes: [...branch.changes, "stack"] };
}

/** A branch that cannot be submitted without the one that it stands on, which is not among `wanted`; undefined where there is none. */
export function lacksGround(
  planned: readonly PlannedBranch[],
  wanted: ReadonlySet<string>,
): { readonly branch: string; readonly needs: string } | undefined {
  const byName = new Map(planned.map((branch) => [branch.name, branch]));
  for (const { name, base } of planned) {
    const below = byName.get(base);
    if (!wanted.has(name) || !below || wanted.has(base)) continue;
    const isThere = !below.push && (below.pr !== undefined || below.action === "nothing");
    if (!isThere) return { branch: name, needs: base };
  }
  return undefined;
}
