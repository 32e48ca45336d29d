import type { BranchMetadata } from "./branch-metadata.ts";
import {
  type AllRecords,
  hasRecord,
  type RecordContents,
  readAllRecords,
  rereadRecords,
} from "./branch-records.ts";
import type { Trunk } from "./choose-trunk.ts";
import type { History } from "./history.ts";
import {
  type Inference,
  inferParents,
  type MovedTip,
  type RememberedTips,
  reinferParents,
} from "./infer-parents.ts";
import { instantWords } from "./instant-words.ts";
import {
  type Landed,
  type LandedTips,
  landedAs,
  landedGround,
  landedWords,
  NOTHING_LANDED,
} from "./landed.ts";
import { isOfPullRequests, type RecordedEdges, strongestFirst } from "./recorded-edges.ts";
import { HEADS, type RefReading } from "./ref-reading.ts";
import {
  type EdgeInput,
  type EdgeProblem,
  type ResolvedEdge,
  reresolveEdges,
  resolveEdges,
  type Voice,
} from "./resolve-edges.ts";
import { type Standing, type StandingInput, standingOf } from "./restack.ts";
import { isToolBranch } from "./tool-branches.ts";

export interface BranchProblem {
  readonly code:
    | EdgeProblem["code"]
    | "metadata-unreadable"
    | "parent-not-recorded"
    | "has-merges"
    | "unrelated-history"
    | "missing-object";
  readonly detail: string;
}

export interface BranchNode {
  readonly name: string;
  readonly tip: string;
  /** Another node, or the trunk. */
  readonly parent: string;
  readonly edge: ResolvedEdge;
  readonly standing: Standing;
  readonly landed: Landed | undefined;
  readonly metadata: BranchMetadata | undefined;
  /** When the metadata was read, where it cannot be read now. */
  readonly metadataReadAtMs: number | undefined;
  readonly frozen: boolean;
  readonly problems: readonly BranchProblem[];
}

export type UnstackedReason = "on-trunk" | "tool" | "no-trunk" | "missing-object";

export interface StackGraph {
  readonly trunk: Trunk | undefined;
  /** Stack members by name. Every parent is a member or the trunk, and there is no cycle. */
  readonly nodes: ReadonlyMap<string, BranchNode>;
  readonly unstacked: ReadonlyMap<string, { readonly tip: string; readonly reason: UnstackedReason }>;
  /** What an update reads on from. */
  readonly workings: Workings;
}

interface Workings {
  readonly input: GraphInput;
  readonly records: AllRecords;
  readonly tips: ReadonlyMap<string, string>;
  readonly inference: Inference;
  readonly edges: ReadonlyMap<string, ResolvedEdge>;
}

export interface GraphInput extends RecordContents {
  readonly reading: RefReading;
  readonly trunk: Trunk | undefined;
  readonly history: History;
  /** Tips whose commits this clone does not hold. */
  readonly absent?: ReadonlySet<string>;
  /** What tools keep elsewhere. Strongest first. */
  readonly recorded: readonly RecordedEdges[];
  /** Tips that branches had before, as far as anybody remembers. */
  readonly remembered: RememberedTips;
  /** What is known to have landed. */
  readonly landed?: LandedTips;
}

/** Refs in, stacks out. Pure: one reading and its facts give one graph, whatever the order of the refs. */
export function buildGraph(input: GraphInput): StackGraph {
  const { reading, trunk, history } = input;
  const records = readAllRecords(reading, input);
  const tips = new Map<string, string>();
  const unstacked = new Map<string, { tip: string; reason: UnstackedReason }>();
  const branches = { has: (name: string) => reading.refs.has(HEADS + name) };
  for (const [ref, tip] of reading.refs) {
    if (!ref.startsWith(HEADS)) continue;
    const name = ref.slice(HEADS.length);
    if (name === trunk?.name) continue;
    if (isToolBranch(name, branches)) unstacked.set(name, { tip, reason: "tool" });
    else if (!trunk) unstacked.set(name, { tip, reason: "no-trunk" });
    else if (isRecorded(name, records, input)) tips.set(name, tip);
    else if (input.absent?.has(tip)) unstacked.set(name, { tip, reason: "missing-object" });
    else if (!trunk.tip) unstacked.set(name, { tip, reason: "no-trunk" });
    else if (history.commit(tip) === undefined) unstacked.set(name, { tip, reason: "on-trunk" });
    else tips.set(name, tip);
  }
  const inference = inferParents({ tips, history, remembered: input.remembered });
  const edges = trunk
    ? resolveEdges(edgeInput(trunk, tips, records, inference, input))
    : new Map<string, ResolvedEdge>();
  const workings: Workings = { input, records, tips, inference, edges };
  const nodes = new Map<string, BranchNode>();
  for (const name of edges.keys()) nodes.set(name, buildNode(name, workings));
  return { trunk, nodes, unstacked, workings };
}

/**
 * The graph of an input that differs from the one of `before` in these refs alone. Equal to what `buildGraph` gives, but costs
 * what changed, and the nodes that are not among the changed ones are the same objects. Undefined when branches came or
 * went, when the trunk moved or when more has landed: then everything may be different.
 */
export function updateGraph(
  before: StackGraph,
  input: GraphInput,
  changedRefs: readonly string[],
): { readonly graph: StackGraph; readonly changed: ReadonlySet<string> } | undefined {
  const old = before.workings;
  const { trunk, history, remembered, reading } = input;
  const sameGround =
    trunk !== undefined &&
    before.trunk?.name === trunk.name &&
    before.trunk.tip === trunk.tip &&
    old.input.history === history &&
    old.input.remembered === remembered &&
    old.input.recorded === input.recorded &&
    old.input.landed === input.landed;
  if (!sameGround) return undefined;
  const records = rereadRecords(old.records, reading, input, changedRefs);
  // The record of a branch that is gone may lead others to a living parent.
  if (!records || ![...records.touched].every((name) => old.tips.has(name))) return undefined;

  const tips = new Map(old.tips);
  const moved: MovedTip[] = [];
  for (const ref of changedRefs) {
    const name = ref.startsWith(HEADS) ? ref.slice(HEADS.length) : undefined;
    if (name === undefined || name === trunk.name) continue;
    const [was, is] = [old.tips.get(name), reading.refs.get(ref)];
    if (was === undefined || is === undefined) return undefined;
    if (history.commit(is) === undefined && !isRecorded(name, records.all, input)) return undefined;
    tips.set(name, is);
    moved.push({ name, old: was, new: is });
  }
  const { inference, affected } = reinferParents(old.inference, { tips, history, remembered }, moved);
  const changed = new Set([...affected, ...records.touched]);
  const edges = reresolveEdges(old.edges, edgeInput(trunk, tips, records.all, inference, input), changed);
  if (!edges) return undefined;

  const workings: Workings = { input, records: records.all, tips, inference, edges };
  const movedNames = new Set(moved.map(({ name }) => name));
  for (const { name, parent } of before.nodes.values()) if (movedNames.has(parent)) changed.add(name);
  const nodes = new Map(before.nodes);
  for (const name of changed) nodes.set(name, buildNode(name, workings));
  return { graph: { trunk, nodes, unstacked: before.unstacked, workings }, changed };
}

function edgeInput(
  trunk: Trunk,
  tips: ReadonlyMap<string, string>,
  records: AllRecords,
  inference: Inference,
  { recorded }: GraphInput,
): EdgeInput {
  return {
    trunk: trunk.name,
    branches: tips,
    recorded: strongestFirst<EdgeInput["recorded"][number]>([...records.sources, ...recorded]),
    inferred: inference.parents,
  };
}

function isRecorded(name: string, records: AllRecords, { recorded }: GraphInput): boolean {
  return hasRecord(records, name) || recorded.some((one) => !isOfPullRequests(one) && one.parents.has(name));
}

/**
 * What landed by squash or rebase leaves no trace in ancestry: it is known. That a tool recorded its pull request as merged says nothing
 * of commits that are there: they may have come since.
 */
function afterLanding(
  standing: Standing,
  known: { readonly landed: Landed | undefined; readonly below: Landed | undefined },
  metadata: BranchMetadata | undefined,
): Standing {
  const { landed, below } = known;
  if (landed) return { ...standing, state: "merged", reason: `${landedWords(landed)}.` };
  const pullRequest = metadata?.pullRequest;
  if (pullRequest?.state === "MERGED" && standing.commitCount === 0)
    return { ...standing, state: "merged", reason: `Its pull request #${pullRequest.number} was merged.` };
  if (!below || standing.state !== "in-sync") return standing;
  const reason = `It stands on commits that landed as others: ${landedWords(below)}.`;
  return { ...standing, state: "parent-moved", reason };
}

/**
 * The parent's commit that the branch was put on, as it was recorded or as the branch shows it. What was recorded holds for the
 * parent that was recorded, not for one that stands in for it.
 */
function boundaryOf(
  name: string,
  edge: ResolvedEdge,
  metadata: BranchMetadata | undefined,
  { input, inference }: Pick<Workings, "input" | "inference">,
): string | undefined {
  const inferred = inference.parents.get(name);
  const shown = inferred?.parent === edge.parent ? inferred.boundary : undefined;
  if (edge.believed === "remembered-tip") return shown;
  if (metadata?.parent === edge.parent && metadata.parentRevision !== undefined)
    return metadata.parentRevision;
  for (const { parents, boundaries } of input.recorded) {
    const boundary = parents.get(name) === edge.parent ? boundaries.get(name) : undefined;
    if (boundary !== undefined) return boundary;
  }
  return shown;
}

/** A recorded parent that is gone since it landed is no flaw, and no other opinion. */
function withoutLandedParent(
  edge: ResolvedEdge,
  metadata: BranchMetadata | undefined,
  landed: LandedTips,
): ResolvedEdge {
  const hasLanded = metadata?.parentRevision !== undefined && landed.has(metadata.parentRevision);
  if (!hasLanded || !edge.problems.some(({ code }) => code === "parent-missing")) return edge;
  const [first, ...others] = edge.voices.filter(({ parent }) => parent !== metadata.parent);
  return {
    ...edge,
    agreed: others.every(({ parent }) => parent === first?.parent),
    problems: edge.problems.filter(({ code }) => code !== "parent-missing"),
  };
}

function buildNode(name: string, { input, records, tips, inference, edges }: Workings): BranchNode {
  const { trunk, history, absent, landed: landedTips = NOTHING_LANDED } = input;
  const resolved = edges.get(name);
  const tip = tips.get(name);
  if (!resolved || tip === undefined || !trunk)
    throw new Error(`no edge of a member: ${JSON.stringify(name)}`);
  const believed = records.sources.find((record) => record.source === resolved.believed);
  const speaking = [believed, ...records.sources].find((record) => record?.metadata.has(name));
  const metadata = speaking?.metadata.get(name);
  const metadataReadAtMs = speaking?.readAtMs.get(name);
  const edge = withoutLandedParent(resolved, metadata, landedTips);
  const parentIsTrunk = edge.parent === trunk.name;
  const recorded = boundaryOf(name, edge, metadata, { input, inference });
  const parentTip = parentIsTrunk ? trunk.tip : tips.get(edge.parent);
  const isAbsent = absent?.has(tip) ?? false;
  const known: StandingInput = {
    tip,
    parentName: edge.parent,
    parentTip: parentTip !== undefined && absent?.has(parentTip) ? undefined : parentTip,
    parentIsTrunk,
    hasTrunk: trunk.tip !== undefined,
    recorded,
    landedGround: (fork) => landedGround(landedTips, tip, { fork, trunk: trunk.name }, history),
    history,
  };
  const plain = isAbsent ? NOT_HERE : standingOf(known);
  const { base } = plain;
  const byMerge = plain.state === "merged" ? landedTips.get(tip) : undefined;
  const landed = byMerge ?? landedAs(landedTips, { tip, base, trunk: trunk.name }, history);
  // What the trunk has is no commit of others'.
  const below = base !== undefined && history.commit(base) ? landedTips.get(base) : undefined;
  const standing = isAbsent ? NOT_HERE : afterLanding(plain, { landed, below }, metadata);
  const problems: BranchProblem[] = [...edge.problems];
  for (const { unreadable, readAtMs } of records.sources) {
    const detail = unreadable.get(name);
    if (detail === undefined) continue;
    const instead = insteadOfRecord(readAtMs.get(name));
    problems.push({ code: "metadata-unreadable", detail: `${detail} ${instead}` });
  }
  if (metadata?.kind === "user" && metadata.parent === undefined && !edge.voices.some(isTold)) {
    const detail = `Its metadata names no parent, so it is shown on ${edge.parent} by its commits alone.`;
    problems.push({ code: "parent-not-recorded", detail });
  }
  if (standing.hasMerges) {
    problems.push({ code: "has-merges", detail: "The branch has merge commits of its own." });
  }
  if (isAbsent) problems.push({ code: "missing-object", detail: NOT_HERE.reason });
  else if (standing.base === undefined) {
    const detail = `It shares no commit with ${trunk.name} in this clone.`;
    problems.push({ code: "unrelated-history", detail });
  }
  const frozen = records.local.metadata.get(name)?.frozen ?? metadata?.frozen ?? false;
  const { parent } = edge;
  return { name, tip, parent, edge, standing, landed, metadata, metadataReadAtMs, frozen, problems };
}

/** Whether somebody says so, rather than that it follows from commits. */
function isTold({ source }: Voice): boolean {
  return source !== "ancestry" && source !== "remembered-tip";
}

function insteadOfRecord(readAtMs: number | undefined): string {
  if (readAtMs === undefined) return "What it said is not known, so its stack may be incomplete.";
  return `What it says is shown as it was read at ${instantWords(readAtMs)}.`;
}

const NOT_HERE: Standing = {
  state: "unknown",
  reason: "Its commit is not in this clone.",
  commitCount: 0,
  hasMerges: false,
};
