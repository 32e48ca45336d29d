import type { BranchNode, StackGraph } from "../../src/stacks/build-graph.ts";

/**
 * The graph as text: the trunk, and each branch indented below its parent, with all that is not as it should be: who named the
 * parent, unless the commits did; voices that name another one (`≠`); the state, unless in sync; problems (`!`). What belongs to no
 * stack comes last.
 */
export function drawGraph({ trunk, nodes, unstacked }: StackGraph): string {
  const children = new Map<string, BranchNode[]>();
  for (const node of nodes.values()) {
    const siblings = children.get(node.parent);
    if (siblings) siblings.push(node);
    else children.set(node.parent, [node]);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => (a.name < b.name ? 1 : -1));
  const lines = [trunk?.name ?? "(no trunk)"];
  const open = (children.get(trunk?.name ?? "") ?? []).map((node) => ({ node, indent: "  " }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, indent } = next;
    lines.push([indent + node.name, notesOn(node).join(", ")].filter(Boolean).join("  "));
    for (const child of children.get(node.name) ?? []) open.push({ node: child, indent: `${indent}  ` });
  }
  const loose = [...unstacked].map(([name, { reason }]) => `- ${name}  ${reason}`);
  return [...lines, ...loose.sort()].join("\n");
}

function notesOn({ parent, edge, standing, problems }: BranchNode): string[] {
  return [
    ...(edge.believed === "ancestry" ? [] : [`by ${edge.believed ?? "nobody"}`]),
    ...edge.voices
      .filter((voice) => voice.parent !== parent)
      .map((voice) => `≠ ${voice.source} ${voice.parent}`),
    ...(standing.state === "in-sync" ? [] : [standing.state]),
    ...problems.map(({ code }) => `!${code}`),
  ];
}
