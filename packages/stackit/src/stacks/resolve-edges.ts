import { type EdgeSource, rankOf } from "./edge-source.ts";
import type { Inferred } from "./infer-parents.ts";
import type { RecordedEdges } from "./recorded-edges.ts";

export interface Voice {
  readonly source: EdgeSource;
  /** As the source names it, whether or not that branch exists. */
  readonly parent: string;
  /** When the source said so, where it cannot be read now. */
  readonly readAtMs?: number;
}

export type EdgeProblem =
  | { readonly code: "parent-missing"; readonly detail: string }
  | { readonly code: "parent-is-self"; readonly detail: string }
  | { readonly code: "cycle"; readonly detail: string }
  | { readonly code: "ambiguous-parent"; readonly detail: string };

export interface ResolvedEdge {
  /** A known branch, or the trunk. */
  readonly parent: string;
  /** Whose voice was believed; undefined when the trunk was taken because nobody named a living parent. */
  readonly believed?: EdgeSource;
  /** Strongest first; last who is heard aside. */
  readonly voices: readonly Voice[];
  readonly agreed: boolean;
  readonly problems: readonly EdgeProblem[];
}

export interface EdgeInput {
  readonly trunk: string;
  /** By name. */
  readonly branches: Pick<ReadonlyMap<string, unknown>, "has" | "keys">;
  /** What tools recorded, also for branches that are gone. Strongest source first. */
  readonly recorded: readonly (Pick<RecordedEdges, "source" | "parents" | "outdated" | "isAsideOnly"> & {
    /** By branch: when that was read, where it cannot be read now. */
    readonly readAtMs?: ReadonlyMap<string, number>;
  })[];
  readonly inferred: ReadonlyMap<string, Inferred>;
}

/**
 * One parent for each branch. Precedence is decided per branch, never per tree: recorded intent beats ancestry, and where it
 * cannot be followed, the branch that it stands on by its commits, an ancestor of the recorded parent, or the next voice is heard. The result has no cycle, each parent is a known branch or the trunk, and the
 * order in which branches come never matters.
 */
export function resolveEdges(input: EdgeInput): Map<string, ResolvedEdge> {
  const edges = new Map<string, ResolvedEdge>();
  for (const name of input.branches.keys()) edges.set(name, resolveOne(name, input));
  breakCycles(edges, input);
  return edges;
}

/**
 * The same for an input in which only these branches have other voices. Undefined when cycles come in, since they make one
 * edge depend on others.
 */
export function reresolveEdges(
  before: ReadonlyMap<string, ResolvedEdge>,
  input: EdgeInput,
  affected: Iterable<string>,
): Map<string, ResolvedEdge> | undefined {
  const edges = new Map(before);
  for (const name of affected) {
    if (before.get(name)?.problems.some(({ code }) => code === "cycle")) return undefined;
    edges.set(name, resolveOne(name, input));
  }
  // A cycle that was not there before goes through an edge that was not there before.
  return findCycles(edges, affected).length > 0 ? undefined : edges;
}

/** `refused`: who is heard but not believed. */
function resolveOne(name: string, input: EdgeInput, refused?: ReadonlySet<EdgeSource>): ResolvedEdge {
  const voices: Voice[] = [];
  const asides: Voice[] = [];
  const problems: EdgeProblem[] = [];
  let parent: string | undefined;
  let believed: EdgeSource | undefined;
  let isSettled = false;
  const inferred = input.inferred.get(name);
  for (const { source, parents, outdated, isAsideOnly, readAtMs: readAt } of input.recorded) {
    const named = parents.get(name);
    if (named === undefined) continue;
    const readAtMs = outdated?.readAtMs ?? readAt?.get(name);
    const voice = { source, parent: named, ...(readAtMs !== undefined && { readAtMs }) };
    (isAsideOnly ? asides : voices).push(voice);
    if (parent !== undefined || isSettled || isAsideOnly || refused?.has(source)) continue;
    if (named === name) {
      problems.push({ code: "parent-is-self", detail: `${source} names the branch as its own parent.` });
      continue;
    }
    const living = firstLiving(named, name, parents, input);
    // A branch that was renamed is still there by its commits.
    const onCommits = living !== named && inferred?.source === "ancestry" ? inferred.parent : undefined;
    const renamed = onCommits === living ? undefined : onCommits;
    // They closed a circle. Who was not heard before is not heard now: it could close another one, of stronger voices.
    isSettled = renamed !== undefined && refused?.has("ancestry") === true;
    const standIn = isSettled ? undefined : (renamed ?? living);
    if (standIn !== named) {
      const missing = `${source} names ${named}, which is in no stack here`;
      const instead =
        standIn === undefined
          ? ""
          : renamed === undefined
            ? `; its own parent ${standIn} stands in`
            : `; it stands on ${standIn}`;
      problems.push({ code: "parent-missing", detail: `${missing}${instead}.` });
    }
    parent = standIn;
    if (standIn !== undefined) believed = renamed === undefined ? source : "ancestry";
  }
  if (inferred) {
    voices.push({ source: inferred.source, parent: inferred.parent ?? input.trunk });
    if (parent === undefined && !refused?.has(inferred.source)) {
      parent = inferred.parent;
      believed = inferred.source;
      if (inferred.ties.length > 0) {
        problems.push({
          code: "ambiguous-parent",
          detail: `By commits alone ${inferred.ties.join(", ")} would be as good an answer.`,
        });
      }
    }
  }
  voices.push(...asides);
  return {
    parent: parent ?? input.trunk,
    ...(believed && { believed }),
    voices,
    agreed: voices.every((voice) => voice.parent === voices[0]?.parent),
    problems,
  };
}

/** Follows what is recorded about branches that are gone, up to one that lives. */
function firstLiving(
  named: string,
  child: string,
  parents: ReadonlyMap<string, string>,
  input: EdgeInput,
): string | undefined {
  const seen = new Set([child]);
  for (
    let name: string | undefined = named;
    name !== undefined && !seen.has(name);
    name = parents.get(name)
  ) {
    if (name === input.trunk || input.branches.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/**
 * In each cycle the weakest voices that are believed are refused, and the next ones of these branches are heard: what a weak
 * source says never takes away what a stronger one does. Each round refuses a voice more, so it ends.
 */
function breakCycles(edges: Map<string, ResolvedEdge>, input: EdgeInput): void {
  const refused = new Map<string, Set<EdgeSource>>();
  for (let cycles = findCycles(edges, edges.keys()); cycles.length > 0; ) {
    for (const members of cycles) {
      const weakest = members.reduce((rank, name) => Math.max(rank, rankOfEdge(edges.get(name))), -1);
      const detail = `The parents that are named form a cycle: ${members.toSorted().join(", ")}.`;
      for (const name of members) {
        const before = edges.get(name);
        if (before?.believed && rankOfEdge(before) === weakest)
          refused.set(name, new Set(refused.get(name)).add(before.believed));
        const edge = resolveOne(name, input, refused.get(name));
        edges.set(name, { ...edge, problems: [...edge.problems, { code: "cycle", detail }] });
      }
    }
    cycles = findCycles(edges, edges.keys());
  }
}

function rankOfEdge(edge: ResolvedEdge | undefined): number {
  return edge?.believed === undefined ? -1 : rankOf(edge.believed);
}

/** The cycles that can be reached from `starts`. No two share a branch: each branch has one parent. */
function findCycles(edges: ReadonlyMap<string, ResolvedEdge>, starts: Iterable<string>): string[][] {
  const cycles: string[][] = [];
  /** By which walk a branch was met first. */
  const met = new Map<string, number>();
  let walk = 0;
  for (const start of starts) {
    walk++;
    let name: string | undefined = start;
    while (name !== undefined && edges.has(name) && !met.has(name)) {
      met.set(name, walk);
      name = edges.get(name)?.parent;
    }
    if (name === undefined || met.get(name) !== walk) continue;
    const members = [name];
    for (
      let step = edges.get(name)?.parent;
      step !== undefined && step !== name;
      step = edges.get(step)?.parent
    )
      members.push(step);
    cycles.push(members);
  }
  return cycles;
}
