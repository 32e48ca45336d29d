import type { BranchMetadata, ParsedMetadata } from "./branch-metadata.ts";
import type { Trunk } from "./choose-trunk.ts";
import type { History } from "./history.ts";
import { inferParents, type RememberedTips } from "./infer-parents.ts";
import {
  BRANCH_METADATA,
  HEADS,
  type RefReading,
  STACKIT_LOCAL_METADATA,
  STACKIT_METADATA,
} from "./ref-reading.ts";
import { type EdgeProblem, type EdgeSource, type ResolvedEdge, resolveEdges } from "./resolve-edges.ts";
import { type Standing, standingOf } from "./restack.ts";
import { isToolBranch } from "./tool-branches.ts";

export interface BranchProblem {
  readonly code: EdgeProblem["code"] | "metadata-unreadable" | "has-merges" | "unrelated-history";
  readonly detail: string;
}

export interface BranchNode {
  readonly name: string;
  readonly tip: string;
  /** Another node, or the trunk. */
  readonly parent: string;
  readonly edge: ResolvedEdge;
  readonly standing: Standing;
  readonly metadata: BranchMetadata | undefined;
  readonly frozen: boolean;
  readonly problems: readonly BranchProblem[];
}

export type UnstackedReason = "on-trunk" | "tool" | "no-trunk";

export interface StackGraph {
  readonly trunk: Trunk | undefined;
  /** Stack members by name. Every parent is a member or the trunk, and there is no cycle. */
  readonly nodes: ReadonlyMap<string, BranchNode>;
  readonly unstacked: ReadonlyMap<string, { readonly tip: string; readonly reason: UnstackedReason }>;
}

export interface GraphInput {
  readonly reading: RefReading;
  readonly trunk: Trunk | undefined;
  readonly history: History;
  /** Parsed blobs by object id. An id that is absent here could not be read. */
  readonly blobs: ReadonlyMap<string, ParsedMetadata>;
  /** Tips that branches had before, as far as anybody remembers. */
  readonly remembered?: RememberedTips;
}

const SOURCES: readonly { source: EdgeSource; prefix: string }[] = [
  { source: "stackit", prefix: STACKIT_METADATA },
  { source: "branch-metadata", prefix: BRANCH_METADATA },
];

/** Refs in, stacks out. Pure: one reading and its facts give one graph, whatever the order of the refs. */
export function buildGraph(input: GraphInput): StackGraph {
  const { reading, trunk, history } = input;
  const records = SOURCES.map(({ source, prefix }) => ({ source, ...readRecords(input, prefix) }));
  const locals = readRecords(input, STACKIT_LOCAL_METADATA);
  const known = (name: string): boolean => records.some((record) => record.refs.has(name));

  const tips = new Map<string, string>();
  const unstacked = new Map<string, { tip: string; reason: UnstackedReason }>();
  for (const [ref, tip] of reading.refs) {
    if (!ref.startsWith(HEADS)) continue;
    const name = ref.slice(HEADS.length);
    if (name === trunk?.name) continue;
    if (isToolBranch(name)) unstacked.set(name, { tip, reason: "tool" });
    else if (known(name)) tips.set(name, tip);
    else if (!trunk?.tip) unstacked.set(name, { tip, reason: "no-trunk" });
    else if (history.commit(tip) === undefined) unstacked.set(name, { tip, reason: "on-trunk" });
    else tips.set(name, tip);
  }
  if (!trunk) return { trunk, nodes: new Map(), unstacked };

  const inferred = inferParents(tips, history, input.remembered);
  const edges = resolveEdges({
    trunk: trunk.name,
    branches: new Set(tips.keys()),
    recorded: records.map(({ source, parents }) => ({ source, parents })),
    inferred,
  });
  const nodes = new Map<string, BranchNode>();
  for (const [name, edge] of edges) {
    const tip = tips.get(name);
    if (tip !== undefined) nodes.set(name, buildNode(name, tip, edge));
  }
  return { trunk, nodes, unstacked };

  function buildNode(name: string, tip: string, edge: ResolvedEdge): BranchNode {
    const believed = records.find((record) => record.source === edge.believed);
    const metadata =
      believed?.metadata.get(name) ?? firstDefined(records, (record) => record.metadata.get(name));
    const parentIsTrunk = edge.parent === trunk?.name;
    // What was recorded holds for the parent that was recorded, not for one that stands in for it.
    const recorded =
      edge.believed === "remembered-tip"
        ? inferred.get(name)?.boundary
        : metadata?.parent === edge.parent
          ? metadata.parentRevision
          : undefined;
    const standing = standingOf({
      tip,
      parentName: edge.parent,
      parentTip: parentIsTrunk ? trunk?.tip : tips.get(edge.parent),
      parentIsTrunk,
      recorded,
      history,
    });
    const problems: BranchProblem[] = [...edge.problems];
    for (const record of records) {
      const detail = record.unreadable.get(name);
      if (detail !== undefined) problems.push({ code: "metadata-unreadable", detail });
    }
    if (standing.hasMerges)
      problems.push({ code: "has-merges", detail: "The branch has merge commits of its own." });
    if (standing.base === undefined) {
      problems.push({
        code: "unrelated-history",
        detail: `It shares no commit with ${trunk?.name} in this clone.`,
      });
    }
    return {
      name,
      tip,
      parent: edge.parent,
      edge,
      standing,
      metadata,
      frozen: locals.metadata.get(name)?.frozen ?? metadata?.frozen ?? false,
      problems,
    };
  }
}

interface Records {
  /** Branches that have a record, readable or not, living or not. */
  readonly refs: ReadonlySet<string>;
  readonly parents: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, BranchMetadata>;
  readonly unreadable: ReadonlyMap<string, string>;
}

function readRecords({ reading, blobs }: GraphInput, prefix: string): Records {
  const refs = new Set<string>();
  const parents = new Map<string, string>();
  const metadata = new Map<string, BranchMetadata>();
  const unreadable = new Map<string, string>();
  for (const [ref, oid] of reading.refs) {
    if (!ref.startsWith(prefix)) continue;
    const name = ref.slice(prefix.length);
    refs.add(name);
    const parsed = blobs.get(oid);
    if (parsed?.ok) {
      metadata.set(name, parsed.metadata);
      if (parsed.metadata.parent !== undefined) parents.set(name, parsed.metadata.parent);
    } else {
      unreadable.set(name, parsed?.detail ?? "The metadata object is not a readable blob.");
    }
  }
  return { refs, parents, metadata, unreadable };
}

function firstDefined<T, R>(items: readonly T[], pick: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = pick(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
