import type { Branch, Unstacked, View } from "../contract/view.ts";
import { alignColumns } from "./table.ts";
import type { Paint } from "./terminal.ts";

/**
 * Every edge of a view as lines: who names which parent, the strongest first, what was believed and why, and the parent's commit
 * as it was recorded and as it is now. Branches come in the order of the view, those outside of stacks last.
 */
export function drawEdges(view: View, paint: Paint): string[] {
  const branches = view.stacks.flatMap((stack) => stack.branches);
  return [
    ...branches.flatMap((branch) => [...drawEdge(branch, paint), ""]),
    ...view.unstacked.map(({ name, reason }) => `${paint("bold", name)}  ${loose[reason]}`),
  ];
}

function drawEdge(branch: Branch, paint: Paint): string[] {
  const { edge, restack, parent, problems = [] } = branch;
  const says = alignColumns(
    edge.sources.map(({ source, parent: named }) => [
      source,
      `says ${printable(named)}`,
      source === edge.believed ? "believed" : "",
    ]),
  );
  return [
    `${paint("bold", branch.name)} on ${paint("bold", printable(parent ?? ""))}`,
    ...says.map((line) => `  ${line}`),
    `  ${paint(edge.agreed ? "dim" : "yellow", printable(edge.reason ?? ""))}`,
    `  ${restack.state}: ${printable(restack.reason)}`,
    ...standing(restack).map((line) => `  ${paint("dim", line)}`),
    ...problems.map(({ detail }) => `  ${paint("red", printable(detail))}`),
  ];
}

function standing({ recorded, actual }: Branch["restack"]): string[] {
  const now = actual === undefined ? "has no commit here" : `is at ${actual.slice(0, 10)} now`;
  const before =
    recorded === undefined ? "no commit of it was recorded" : `was recorded at ${recorded.slice(0, 10)}`;
  return [`the parent ${now}, ${before}`];
}

const loose: Record<Unstacked["reason"], string> = {
  "on-trunk": "has nothing that is not on the trunk",
  tool: "was made by a tool for itself",
  "no-trunk": "has no trunk to stand on",
  "missing-object": "has no commit in this clone",
};

/** What a tool's file names may hold anything, also what a terminal obeys. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\uFFFD");
}
