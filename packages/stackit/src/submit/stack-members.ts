import { isUtf8 } from "../git/ref-name.ts";
import type { BranchNode } from "../stacks/build-graph.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { type Restackable, type RestackLayer, standingParent } from "../stacks/restack-layers.ts";
import type { Obstacle } from "./plan-branches.ts";

/** A branch of a stack that has not landed. */
export interface Member {
  readonly name: string;
  readonly tip: string;
  /** The nearest below that has not landed, or the trunk. */
  readonly parent: string;
  readonly node: BranchNode;
  /** Where it would be restacked. */
  readonly layer: RestackLayer | undefined;
  /** What stands in the way of the branch itself, before anything is tried. */
  readonly obstacle: Obstacle | undefined;
}

export interface MembersInput {
  readonly stack: PlacedStack;
  readonly nodes: ReadonlyMap<string, BranchNode>;
  readonly trunk: string;
  /** Of these branches at least. */
  readonly restackables: readonly Restackable[];
  /** Full names of the branches that must not be moved under a person. */
  readonly held: ReadonlySet<string>;
  /** Of those whose remote counterpart has commits that were never here. */
  readonly movedRemotely: ReadonlySet<string>;
}

/** Parents come before their children. */
export function stackMembers(input: MembersInput): Member[] {
  const restackables = new Map(input.restackables.map((one) => [one.name, one]));
  return input.stack.members.flatMap(({ node }) => {
    if (node.standing.state === "merged") return [];
    const found = restackables.get(node.name);
    const layer = found && "commits" in found ? found : undefined;
    const parent = standingParent(node, input.nodes)?.name ?? input.trunk;
    const obstacle = obstacleOf(node, parent, found, input);
    return [{ name: node.name, tip: node.tip, parent, node, layer, obstacle }];
  });
}

function obstacleOf(
  { name, metadata, frozen }: BranchNode,
  parent: string,
  restackable: Restackable | undefined,
  { held, movedRemotely }: MembersInput,
): Obstacle | undefined {
  if (!isUtf8(name)) {
    return {
      code: "name",
      detail: "Its name has bytes that are no UTF-8, and no pull request can be made of it. Rename it.",
    };
  }
  if (metadata?.lockReason !== undefined) {
    const why = LOCKED[metadata.lockReason] ?? "It is locked.";
    return { code: "locked", detail: `${why} Unlock it where it was locked.`, command: `stackit unlock` };
  }
  if (movedRemotely.has(name)) {
    return {
      code: "remote-moved",
      detail:
        "Somebody pushed commits to it that were never in this clone. Fetch them and look at them first.",
      command: "git fetch",
    };
  }
  if (!restackable) return undefined;
  if (frozen) {
    return { code: "frozen", detail: "It would have to be restacked, and it is frozen. Unfreeze it first." };
  }
  if ("reason" in restackable) {
    return {
      code: "unclear",
      detail: `It would have to be restacked, and what that makes of it is not known. ${restackable.reason}`,
    };
  }
  if (held.has(`refs/heads/${name}`)) {
    return {
      code: "held",
      detail:
        "It would have to be restacked, and it is checked out, where nobody may move it but you. Restack it there, or check out another branch.",
      command: rebaseCommand(restackable, parent),
    };
  }
  return undefined;
}

const LOCKED: Readonly<Record<string, string>> = {
  user: "Somebody locked it.",
  consolidating: "It is locked while its stack is merged as one.",
  draining: "It is locked while its stack is merged.",
};

/** Puts the branch's own commits on its parent, as a restack would. */
export function rebaseCommand({ name, base }: RestackLayer, parent: string): string {
  return `git rebase --onto ${quoted(parent)} ${base.slice(0, 12)} ${quoted(name)}`;
}

/** For a shell: names of branches may hold what it would take for commands. */
function quoted(name: string): string {
  return /^[\w./@+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
