import type { StackGraph } from "./build-graph.ts";
import { firstParents, type History, reachable } from "./history.ts";
import { type LandedTips, landedAs } from "./landed.ts";

/** Whether the changes from `base` to `tip` are in the trunk. */
export interface LandingQuestion {
  readonly tip: string;
  readonly base: string;
  /** Newest first; none where merges make them no series of patches. */
  readonly commits: readonly string[];
  /** Commits of the trunk that it stands on: what was there before them proves nothing. */
  readonly grounds: readonly string[];
}

/**
 * What is not known to have landed: each branch as a whole, and the part below it that was recorded as somebody else's, since
 * the branch that it belonged to may be gone. `asked`: those of earlier calls with the same history, which are the same.
 */
export function landingQuestions(
  graph: StackGraph,
  landed: LandedTips,
  history: History,
  asked: Map<string, LandingQuestion | undefined>,
): LandingQuestion[] {
  const questions = new Set<LandingQuestion>();
  const trunk = graph.trunk?.name;
  if (trunk === undefined) return [];
  const ask = (tip: string, base: string): void => {
    if (tip === base || landedAs(landed, { tip, base, trunk }, history)) return;
    const key = `${base} ${tip}`;
    if (!asked.has(key)) asked.set(key, landingQuestion(tip, base, history));
    const question = asked.get(key);
    if (question) questions.add(question);
  };
  for (const { tip, standing, metadata } of graph.nodes.values()) {
    const { base } = standing;
    if (base === undefined || history.commit(tip) === undefined) continue;
    ask(tip, base);
    const recorded = metadata?.parentRevision;
    if (recorded !== undefined && recorded !== tip && isOwn(history, tip, base, recorded))
      ask(recorded, base);
  }
  return [...questions];
}

function isOwn(history: History, tip: string, base: string, oid: string): boolean {
  if (history.commit(oid) === undefined) return false;
  for (const commit of firstParents(history, tip)) {
    if (commit.oid === base) return false;
    if (commit.oid === oid) return true;
  }
  return false;
}

/** Undefined when there are no commits between the two, or none that it stands on. */
export function landingQuestion(tip: string, base: string, history: History): LandingQuestion | undefined {
  const commits: string[] = [];
  let hasMerges = false;
  for (const { oid, parents } of firstParents(history, tip)) {
    if (oid === base) break;
    commits.push(oid);
    hasMerges ||= parents.length > 1;
  }
  if (commits.length === 0) return undefined;
  const grounds = groundsOf(tip, history);
  return grounds.length === 0 ? undefined : { tip, base, commits: hasMerges ? [] : commits, grounds };
}

function groundsOf(tip: string, history: History): string[] {
  let last: string | undefined = tip;
  let hasMerges = false;
  for (const { parents } of firstParents(history, tip)) {
    hasMerges ||= parents.length > 1;
    last = parents[0];
  }
  if (!hasMerges) return last === undefined ? [] : [last];
  const grounds = new Set<string>();
  for (const oid of reachable(history, tip)) {
    for (const parent of history.commit(oid)?.parents ?? []) {
      if (history.commit(parent) === undefined) grounds.add(parent);
    }
  }
  return [...grounds];
}
