import type { Branch, LandedLayer, StackDetail, View } from "../contract/view.ts";
import { landedWords, mergeWords, previewWords } from "./landing-words.ts";
import { printable } from "./printable.ts";
import type { Paint } from "./terminal.ts";

/**
 * The stacks of a view as lines, leaf on top and trunk at the bottom, in the order of the view. Where a branch has
 * several children, the later ones stand further right and join below; what landed and is no branch any more comes last:
 *
 * ```
 * ○  ui
 * │ ○  docs
 * ├─╯
 * ●  api  (current)
 * ◌  model  landed (squashed as 1a2b3c4 on 2026-01-05)
 * main
 * ```
 */
export function drawStacks(view: View, paint: Paint): string[] {
  const trunk = view.repo.trunk || "(no trunk)";
  const lines: string[] = [];
  for (const stack of view.stacks) {
    const layers = (stack.landed ?? []).toReversed().map((layer) => layerLine(layer, paint));
    lines.push(stackTitle(stack, paint), ...drawStack(stack, paint), ...layers, "");
  }
  if (view.stacks.length === 0)
    lines.push(paint("dim", "There is no stack here: every branch is on the trunk."), "");
  const isCurrent = view.repo.trunk !== "" && view.repo.currentBranch === view.repo.trunk;
  lines.push(
    `${isCurrent ? paint("cyan", "●") : "○"}  ${paint("bold", trunk)}${isCurrent ? current(paint) : ""}`,
  );
  if (view.repo.currentBranch === "") lines.push(paint("dim", "HEAD is detached: no branch is checked out."));
  return lines;
}

const NAMED_FILES = 3;

function stackTitle(stack: StackDetail, paint: Paint): string {
  const facts = [stack.status, stack.owner, stack.scope].filter(Boolean).join(" · ");
  return `${paint("bold", printable(stack.title))}  ${paint("dim", printable(facts))}`;
}

function drawStack(stack: StackDetail, paint: Paint): string[] {
  const children = new Map<string, Branch[]>();
  const names = new Set(stack.branches.map(({ name }) => name));
  for (const branch of stack.branches) {
    const parent = branch.parent !== undefined && names.has(branch.parent) ? branch.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), branch]);
  }
  const draw = (branch: Branch): string[] => {
    const lines = join(children.get(branch.name) ?? []);
    lines.push(branchLine(branch, paint));
    return lines;
  };
  /** Subtrees side by side: each further right, with a rail for those that were drawn above it. */
  const join = (branches: readonly Branch[]): string[] => {
    const [first, ...others] = branches;
    if (!first) return [];
    const lines = draw(first);
    for (const [index, branch] of others.entries()) {
      for (const line of draw(branch)) lines.push("│ ".repeat(index + 1) + line);
    }
    if (others.length > 0) lines.push(`├─${"┴─".repeat(others.length - 1)}╯`);
    return lines;
  };
  return join(children.get("") ?? []);
}

function branchLine(branch: Branch, paint: Paint): string {
  const node = branch.isCurrent ? paint("cyan", "●") : "○";
  const name = paint(branch.isCurrent ? ["bold", "cyan"] : "bold", branch.name);
  const facts = [
    branch.pr && paint("blue", `#${branch.pr.number}`),
    pullRequestState(branch, paint),
    paint("dim", branch.commitCount === 1 ? "1 commit" : `${branch.commitCount} commits`),
    lineCounts(branch, paint),
    pushed(branch, paint),
    branch.isLocked && paint("yellow", branch.lockReason ? `locked (${branch.lockReason})` : "locked"),
    restack(branch, paint),
    merge(branch, paint),
    landed(branch, paint),
    ...(branch.problems ?? []).map(({ detail }) => paint("red", printable(detail))),
  ].filter(Boolean);
  return `${node}  ${name}${branch.isCurrent ? current(paint) : ""}  ${facts.join("  ")}`;
}

/** An open one goes without saying. */
function pullRequestState({ pr }: Branch, paint: Paint): string | undefined {
  if (pr?.isDraft) return paint("dim", "draft");
  const state = pr?.state?.toLowerCase();
  return state === undefined || state === "open" ? undefined : paint("magenta", state);
}

function landed({ landed: known, restack, pr }: Branch, paint: Paint): string | undefined {
  if (known) return paint("magenta", `landed (${landedWords(known)})`);
  return restack.state === "merged" && pr?.state !== "MERGED" ? paint("magenta", "merged") : undefined;
}

function layerLine(layer: LandedLayer, paint: Paint): string {
  const facts = [
    layer.prNumber !== undefined && paint("blue", `#${layer.prNumber}`),
    paint("magenta", `landed (${landedWords(layer)})`),
  ].filter(Boolean);
  return `◌  ${paint("dim", layer.name)}  ${facts.join("  ")}`;
}

/** Of a branch that stands where it should, only that one below it cannot be moved without it. */
function restack({ needsRestack, restack: { reason, preview } }: Branch, paint: Paint): string | undefined {
  const trial = previewWords(preview, NAMED_FILES);
  if (needsRestack) return paint("yellow", `needs restack (${reason.replace(/\.$/, "")}; ${trial})`);
  return preview && preview.state !== "clean" ? paint("yellow", trial) : undefined;
}

/** That it would merge is what one expects. */
function merge({ restack: { trunkMerge } }: Branch, paint: Paint): string | undefined {
  if (trunkMerge?.state !== "conflicts") return undefined;
  return paint("yellow", mergeWords(trunkMerge, NAMED_FILES));
}

function current(paint: Paint): string {
  return `  ${paint("cyan", "(current)")}`;
}

function lineCounts({ linesAdded, linesDeleted }: Branch, paint: Paint): string | undefined {
  if (linesAdded === undefined || linesDeleted === undefined) return undefined;
  return `${paint("green", `+${linesAdded}`)} ${paint("red", `−${linesDeleted}`)}`;
}

function pushed({ remoteStatus }: Branch, paint: Paint): string | undefined {
  if (!remoteStatus) return undefined;
  const { ahead, behind, missingRemote } = remoteStatus;
  if (missingRemote) return paint("dim", "not pushed");
  const parts = [ahead > 0 && `↑${ahead}`, behind > 0 && `↓${behind}`].filter(Boolean);
  return parts.length > 0 ? paint("yellow", parts.join(" ")) : undefined;
}
