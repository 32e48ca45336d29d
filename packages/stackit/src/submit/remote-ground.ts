import type { ObjectPool } from "../git/object-pool.ts";
import type { ReadOnlyGit } from "../git/read-only-git.ts";
import type { GraphSnapshot } from "../repos/graph-snapshot.ts";
import type { PlacedStack } from "../stacks/order-stacks.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { Obstacle } from "./plan-branches.ts";
import type { Member } from "./stack-members.ts";
import type { SubmitSource } from "./submit-source.ts";

/** Of which branches the remote has commits that were never in the clone: to push over them would take somebody's work away. */
export async function findMovedRemotely(
  { formerTips }: SubmitSource,
  here: { git: ReadOnlyGit; objects: ObjectPool },
  { members }: PlacedStack,
  remoteRefs: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const moved = new Set<string>();
  for (const { node } of members) {
    const there = remoteRefs.get(HEADS + node.name);
    if (there === undefined || there === node.tip) continue;
    const tips = [node.tip, ...((await formerTips?.(node.name)) ?? [])];
    if (!formerTips || !(await isBelow(here, there, tips, signal))) moved.add(node.name);
  }
  return moved;
}

/** Tips that git has thrown away meanwhile tell nothing. */
async function isBelow(
  { git, objects }: { git: ReadOnlyGit; objects: ObjectPool },
  oid: string,
  tips: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  if (tips.includes(oid)) return true;
  const held = await objects.read([...new Set([oid, ...tips])], { signal });
  if (!held.has(oid)) return false;
  const known = tips.filter((tip) => held.has(tip));
  const input = [oid, ...known.map((tip) => `^${tip}`)].map((line) => `${line}\n`).join("");
  const { stdout } = await git.run("rev-list", ["--max-count=1", "--stdin"], { signal, input });
  return stdout.length === 0;
}

/**
 * A branch right on the trunk that stands on commits which the remote's trunk does not have would show them as its own: these are in its way. What the
 * remote's trunk is at may not be in this clone, and then what it was at when it was last fetched counts.
 */
export async function withGroundOnRemote(
  members: readonly Member[],
  here: { git: ReadOnlyGit; objects: ObjectPool },
  { snapshot, remoteRefs }: { snapshot: GraphSnapshot; remoteRefs: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<Member[]> {
  const { trunk } = snapshot;
  const there = remoteRefs.get(HEADS + trunk);
  const known = there === undefined ? undefined : await heldOrTracked(there, here, snapshot, signal);
  if (known === undefined) return [...members];
  const found: Member[] = [];
  for (const member of members) {
    const ground = member.parent === trunk ? groundOf(member) : undefined;
    const isThere = ground === undefined || (await isAncestor(here.git, ground, known, signal));
    found.push(isThere ? member : { ...member, obstacle: member.obstacle ?? notOnRemote(trunk) });
  }
  return found;
}

/** What the remote's trunk is at, or what it was at when somebody last fetched it. */
async function heldOrTracked(
  there: string,
  { git, objects }: { git: ReadOnlyGit; objects: ObjectPool },
  { trunk, parts: { settings } }: GraphSnapshot,
  signal: AbortSignal,
): Promise<string | undefined> {
  if ((await objects.read([there], { signal })).has(there)) return there;
  const tracked = `refs/remotes/${settings.remote}/${trunk}`;
  const { stdout } = await git.run("for-each-ref", ["--format=%(objectname)", tracked], { signal });
  return stdout.toString().trim() || undefined;
}

/** The commit that its own commits will stand on. */
function groundOf({ node, layer }: Member): string | undefined {
  if (layer) return "commit" in layer.onto ? layer.onto.commit : undefined;
  return node.standing.base;
}

async function isAncestor(git: ReadOnlyGit, oid: string, of: string, signal: AbortSignal): Promise<boolean> {
  const input = `${oid}\n^${of}\n`;
  const { stdout } = await git.run("rev-list", ["--max-count=1", "--stdin"], { signal, input });
  return stdout.length === 0;
}

function notOnRemote(trunk: string): Obstacle {
  return {
    code: "unborn-parent",
    detail: `It stands on commits of ${trunk} that the remote does not have, and its pull request would show them as its own. Push ${trunk} first, or put the branch on what the remote has.`,
    command: `git push origin ${trunk}`,
  };
}
