import { firstParents, type History, isAncestor, reachable } from "./history.ts";

export type RestackState = "in-sync" | "parent-moved" | "diverged" | "merged" | "unknown";

export interface Standing {
  readonly state: RestackState;
  /** One sentence for a person. */
  readonly reason: string;
  readonly recorded?: string;
  readonly actual?: string;
  /** The commit that the branch's own changes start from; undefined when this clone does not hold it. */
  readonly base?: string;
  /** Whether `base` only follows from what is shared now: the first above it may be the parent's, as they were before it was rewritten. */
  readonly isGuessed?: true;
  /** Commits above `base`, over all parents. */
  readonly commitCount: number;
  readonly hasMerges: boolean;
}

export interface StandingInput {
  readonly tip: string;
  readonly parentName: string;
  /** Undefined when the parent has no commit here. */
  readonly parentTip: string | undefined;
  readonly parentIsTrunk: boolean;
  /** Without one the history knows of no commit but tips. */
  readonly hasTrunk: boolean;
  readonly recorded: string | undefined;
  /** The newest commit below the tip of which all down to the trunk has landed there as other commits. */
  readonly landedGround?: (fork: string | undefined) => string | undefined;
  readonly history: History;
}

const GUESSED: Pick<Standing, "isGuessed"> = { isGuessed: true };

/**
 * How a branch stands to its parent, by ancestry first and the recorded boundary second: a branch that plain git has put
 * on its parent's tip is in sync, whatever a tool wrote down before. A branch on the trunk is in sync however far the
 * trunk has gone on, since it can land as it is.
 */
export function standingOf(input: StandingInput): Standing {
  const { tip, parentName, parentTip, recorded, history } = input;
  const facts = {
    ...(recorded !== undefined && { recorded }),
    ...(parentTip !== undefined && { actual: parentTip }),
  };
  if (history.commit(tip) === undefined) return onTrunk(input, facts);
  const above = (base: string | undefined): Pick<Standing, "base" | "commitCount" | "hasMerges"> => ({
    ...(base !== undefined && { base }),
    ...countAbove(history, tip, base),
  });
  const onParent = (): Standing => ({
    ...facts,
    ...above(parentTip),
    state: "in-sync",
    reason: `It stands on the tip of ${parentName}.`,
  });

  // Before the way to the trunk is walked, which is long in a tall stack.
  if (parentTip !== undefined && !input.parentIsTrunk && isAncestor(history, parentTip, tip))
    return onParent();
  const fork = forkPoint(history, tip);
  const ground = input.landedGround?.(fork) ?? fork;
  if (parentTip === undefined) {
    return {
      ...facts,
      ...above(ground),
      state: "unknown",
      reason: `${parentName} has no commit in this clone.`,
    };
  }
  if (fork === undefined) {
    const reason = `It shares no commit with ${parentName} in this clone.`;
    return { ...facts, ...above(fork), state: "unknown", reason };
  }
  if (input.parentIsTrunk) {
    return { ...facts, ...above(ground), state: "in-sync", reason: `It stands on ${parentName}.` };
  }
  // A parent without commits of its own is on the trunk, as the fork is.
  if (parentTip === fork) return onParent();
  const standsOn = (oid: string): boolean => oid === fork || isAncestor(history, oid, tip);
  if (history.commit(parentTip) === undefined) {
    const isKnown = recorded !== undefined && standsOn(recorded);
    return {
      ...facts,
      ...above(isKnown ? recorded : ground),
      ...(!isKnown && ground === fork && GUESSED),
      state: "parent-moved",
      reason: `${parentName} is part of the trunk now.`,
    };
  }
  if (recorded !== undefined && standsOn(recorded)) {
    const gained = recorded === forkPoint(history, parentTip) || isAncestor(history, recorded, parentTip);
    // A branch that plain git has put on a later tip of its parent.
    const later = gained ? lastShared(history, tip, parentTip) : undefined;
    const isLater =
      later !== undefined &&
      later !== recorded &&
      (recorded === fork || isAncestor(history, recorded, later));
    return {
      ...facts,
      ...above(isLater ? later : recorded),
      ...(isLater && GUESSED),
      state: "parent-moved",
      reason: gained
        ? `${parentName} has commits that this branch does not stand on.`
        : `${parentName} was rewritten after this branch was put on it.`,
    };
  }
  const shared = lastShared(history, tip, parentTip);
  if (shared !== undefined) {
    return {
      ...facts,
      ...above(shared),
      ...GUESSED,
      state: "parent-moved",
      reason: `${parentName} has commits that this branch does not stand on.`,
    };
  }
  if (!input.hasTrunk) {
    const reason = `Without a trunk it is not known what it shares with ${parentName}.`;
    return { ...facts, ...above(ground), state: "unknown", reason };
  }
  return {
    ...facts,
    ...above(ground),
    ...GUESSED,
    state: "diverged",
    reason: `It shares no commit with ${parentName} above the trunk.`,
  };
}

function onTrunk(input: StandingInput, facts: Pick<Standing, "recorded" | "actual">): Standing {
  const { tip, parentName, parentTip, recorded } = input;
  const nothing = { ...facts, base: tip, commitCount: 0, hasMerges: false };
  if (tip === parentTip || tip === recorded) {
    return { ...nothing, state: "in-sync", reason: `It has no commit of its own on ${parentName} yet.` };
  }
  return { ...nothing, state: "merged", reason: "All of its commits are part of the trunk." };
}

/** The commit of the trunk that the first-parent chain comes from; undefined for an unrelated history. */
export function forkPoint(history: History, tip: string): string | undefined {
  let last: string | undefined = tip;
  for (const commit of firstParents(history, tip)) last = commit.parents[0];
  return last;
}

function lastShared(history: History, tip: string, parentTip: string): string | undefined {
  const below = reachable(history, parentTip);
  for (const commit of firstParents(history, tip)) if (below.has(commit.oid)) return commit.oid;
  return undefined;
}

function countAbove(
  history: History,
  tip: string,
  base: string | undefined,
): Pick<Standing, "commitCount" | "hasMerges"> {
  let commitCount = 0;
  for (const commit of firstParents(history, tip)) {
    if (commit.oid === base) return { commitCount, hasMerges: false };
    if (commit.parents.length > 1) {
      const except = base === undefined ? undefined : reachable(history, base);
      return { commitCount: reachable(history, tip, except).size, hasMerges: true };
    }
    commitCount++;
  }
  return { commitCount, hasMerges: false };
}
