import type { PlannedBranch, Submission, SubmitPlan, SubmittedBranch } from "stackit/contract/submit";
import type { NodeShape, NodeTone } from "../stacks/branch-state.ts";
import { layoutRail, leafFirst, type RailRow } from "../stacks/rail.ts";

/** One branch of the dialog's table. Without a plan, only what its submission says of it is known. */
export interface SubmitRow {
  readonly name: string;
  readonly planned: PlannedBranch | undefined;
  readonly submitted: SubmittedBranch | undefined;
  readonly rail: RailRow;
  readonly shape: NodeShape;
  readonly tone: NodeTone;
}

/** The root first. What was submitted stands for what was planned, where both are known. */
export function submitRows(plan: SubmitPlan | undefined, submission: Submission | undefined): SubmitRow[] {
  const planned = new Map(plan?.branches.map((branch) => [branch.name, branch]));
  const submitted = new Map(submission?.branches.map((branch) => [branch.name, branch]));
  const names = submission ? [...submitted.keys()] : [...planned.keys()];
  const nodes = names.map((name) => ({
    name,
    parent: planned.get(name)?.base,
    style: "solid" as const,
  }));
  // Without a plan nothing is known of forks: the order is that of the stack, from the root up.
  const ordered = plan ? leafFirst(nodes) : chained(nodes).toReversed();
  const rails = layoutRail(ordered);
  return ordered
    .map(({ name }, index) => {
      const row = { name, planned: planned.get(name), submitted: submitted.get(name) };
      return { ...row, rail: rails[index] ?? fallback, shape: shapeOf(row), tone: toneOf(row) };
    })
    .toReversed();
}

const fallback: RailRow = { column: 0, up: undefined, down: "solid", passes: [], joins: [] };

function chained<T extends { name: string; parent: string | undefined }>(nodes: readonly T[]): T[] {
  return nodes.map((node, index) => ({ ...node, parent: nodes[index - 1]?.name }));
}

type Told = Pick<SubmitRow, "planned" | "submitted">;

function shapeOf({ planned, submitted }: Told): NodeShape {
  if (!planned?.pr && !submitted?.pr) return "none";
  return planned?.draft ? "draft" : "open";
}

function toneOf({ planned, submitted }: Told): NodeTone {
  switch (submitted?.state) {
    case "done":
      return "ready";
    case "working":
    case "pushed":
      return "running";
    case "failed":
      return "blocked";
    default:
      return planned?.action === "cannot" ? "blocked" : "waiting";
  }
}

/** What is left of a submission that is over. */
export function leftOver({ branches }: Submission): string[] {
  return branches.filter(({ state }) => state !== "done" && state !== "skipped").map(({ name }) => name);
}
