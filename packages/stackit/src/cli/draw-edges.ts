import type { Branch, LandedLayer, Unstacked, View } from "../contract/view.ts";
import { landedWords, mergeWords, previewWords } from "./landing-words.ts";
import { printable } from "./printable.ts";
import { alignColumns } from "./table.ts";
import type { Paint } from "./terminal.ts";

/**
 * Every edge of a view as lines: who names which parent, the strongest first, what was believed and why, and the parent's commit
 * as it was recorded and as it is now, what has landed, and what a restack would do. Branches come in the order of the view, after
 * those of a stack what landed of it and is no branch any more, and last those outside of stacks.
 */
export function drawEdges(view: View, paint: Paint): string[] {
  return [
    ...view.stacks.flatMap(({ branches, landed = [] }) => [
      ...branches.flatMap((branch) => [...drawEdge(branch, paint), ""]),
      ...landed.toReversed().flatMap((layer) => [...drawLayer(layer, paint), ""]),
    ]),
    ...view.unstacked.map(({ name, reason }) => `${paint("bold", name)}  ${loose[reason]}`),
  ];
}

function drawEdge(branch: Branch, paint: Paint): string[] {
  const { edge, restack, parent, landed, problems = [] } = branch;
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
    ...(landed ? [`  ${paint("magenta", `landed: ${landedWords(landed)}`)}`] : []),
    ...trial(branch).map((line) => `  ${paint("yellow", line)}`),
    ...merge(branch).map((line) => `  ${paint("yellow", line)}`),
    ...problems.map(({ detail }) => `  ${paint("red", printable(detail))}`),
  ];
}

function standing({ recorded, actual }: Branch["restack"]): string[] {
  const now = actual === undefined ? "has no commit here" : `is at ${actual.slice(0, 10)} now`;
  const before =
    recorded === undefined ? "no commit of it was recorded" : `was recorded at ${recorded.slice(0, 10)}`;
  return [`the parent ${now}, ${before}`];
}

function drawLayer(layer: LandedLayer, paint: Paint): string[] {
  const { name, title, revision, prNumber } = layer;
  return [
    `${paint("bold", name)} is no branch any more`,
    `  ${printable(title)}${prNumber === undefined ? "" : ` (#${prNumber})`}, at ${revision.slice(0, 10)} when it left`,
    `  ${paint("magenta", `landed: ${landedWords(layer)}`)}`,
  ];
}

/** Nothing where the trunk has not gone on. */
function merge({ restack: { trunkMerge } }: Branch): string[] {
  return trunkMerge ? [`merge: ${mergeWords(trunkMerge, Number.POSITIVE_INFINITY)}`] : [];
}

/** Nothing where there is nothing to restack. */
function trial({ needsRestack, restack: { preview } }: Branch): string[] {
  if (!preview && !needsRestack) return [];
  const at = preview?.commit === undefined ? "" : `, at ${preview.commit.slice(0, 10)}`;
  return [`preview: ${previewWords(preview, Number.POSITIVE_INFINITY)}${at}`];
}

const loose: Record<Unstacked["reason"], string> = {
  "on-trunk": "has nothing that is not on the trunk",
  tool: "was made by a tool for itself",
  "no-trunk": "has no trunk to stand on",
  "missing-object": "has no commit in this clone",
};
