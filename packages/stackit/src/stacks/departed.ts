import type { StackGraph } from "./build-graph.ts";
import type { History } from "./history.ts";
import type { Landed, LandedTips } from "./landed.ts";
import { type LandingQuestion, landingQuestion } from "./landing-questions.ts";

/** A branch that others stood on when it left the stacks, as it was then. */
export interface Departed {
  readonly name: string;
  readonly tip: string;
  /** Of its pull request, else of its newest commit. */
  readonly title: string;
  readonly prNumber?: number;
  /** Names of the branches that stood on it. */
  readonly children: readonly string[];
  /** Whether its changes are in the trunk; absent when it had none of its own. */
  readonly question?: LandingQuestion;
  readonly leftAtMs: number;
}

/** A layer of a stack that landed and is no branch any more. */
export interface Ghost {
  readonly departed: Departed;
  readonly landed: Landed;
}

/** Branches that were members of a stack before, and others stood on them, and that are none any more. */
export function departures(
  before: { readonly graph: StackGraph; readonly history: History },
  after: StackGraph,
  leftAtMs: number,
): Departed[] {
  const { trunk, nodes } = before.graph;
  // With another trunk, or without one, everything stands elsewhere.
  if (after.trunk?.tip === undefined || after.trunk.name !== trunk?.name) return [];
  const gone = [...nodes.values()].filter(({ name }) => !after.nodes.has(name));
  if (gone.length === 0) return [];
  const children = new Map<string, string[]>(gone.map(({ name }) => [name, []]));
  for (const { name, parent } of nodes.values()) children.get(parent)?.push(name);
  return gone.flatMap(({ name, tip, metadata, standing }) => {
    const above = children.get(name) ?? [];
    if (above.length === 0) return [];
    const pullRequest = metadata?.pullRequest;
    const { base } = standing;
    const question = base === undefined ? undefined : landingQuestion(tip, base, before.history);
    return {
      name,
      tip,
      title: pullRequest?.title ?? (before.history.commit(tip)?.subject || name),
      ...(pullRequest && { prNumber: pullRequest.number }),
      children: above.sort(),
      ...(question && { question }),
      leftAtMs,
    };
  });
}

/** What landed of the stacks that there are, by their roots: a layer before those that stood on it. */
export function ghostsOf(
  departed: readonly Departed[],
  landed: LandedTips,
  graph: Pick<StackGraph, "nodes">,
  rootOf: (branch: string) => string | undefined,
): Map<string, readonly Ghost[]> {
  const byName = new Map(departed.map((each) => [each.name, each]));
  const ghosts = new Map<string, Ghost[]>();
  for (const each of lowestFirst(departed, byName)) {
    const landing = landed.get(each.tip);
    if (!landing || graph.nodes.has(each.name)) continue;
    for (const root of rootsAbove(each, byName, rootOf)) {
      const there = ghosts.get(root);
      if (there) there.push({ departed: each, landed: landing });
      else ghosts.set(root, [{ departed: each, landed: landing }]);
    }
  }
  return ghosts;
}

/** Of the stacks in which those live that stood on it, also by way of others that are gone. */
function rootsAbove(
  departed: Departed,
  byName: ReadonlyMap<string, Departed>,
  rootOf: (branch: string) => string | undefined,
): Set<string> {
  const roots = new Set<string>();
  const seen = new Set<string>();
  const open = [...departed.children];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const root = rootOf(name);
    if (root !== undefined) roots.add(root);
    else open.push(...(byName.get(name)?.children ?? []));
  }
  return roots;
}

function lowestFirst(departed: readonly Departed[], byName: ReadonlyMap<string, Departed>): Departed[] {
  const entered = new Set<Departed>();
  const highestFirst: Departed[] = [];
  const enter = (each: Departed): void => {
    if (entered.has(each)) return;
    entered.add(each);
    for (const name of each.children) {
      const child = byName.get(name);
      if (child) enter(child);
    }
    highestFirst.push(each);
  };
  const newestFirst = departed.toSorted((a, b) => b.leftAtMs - a.leftAtMs || (a.name < b.name ? 1 : -1));
  for (const each of newestFirst) enter(each);
  return highestFirst.reverse();
}
