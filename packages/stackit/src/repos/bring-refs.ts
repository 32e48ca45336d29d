import type { RefMove } from "../git/listing-after.ts";
import type { FetchOptions, MirrorGit } from "../git/mirror-git.ts";
import { MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import type { FetchPlan } from "./advertised-refs.ts";
import { bringObjects, type OurRefs } from "./bring-objects.ts";
import type { MirrorRemote } from "./mirror-remote.ts";

/** From more changes on, naming each costs more than naming the namespaces. */
const TOO_MANY_TO_NAME = 500;

/** Whether all that the remote has by then is brought, be it in the plan or not. */
export function bringsAll({ wanted }: FetchPlan, ours: ReadonlyMap<string, string>): boolean {
  return wanted.length > TOO_MANY_TO_NAME || ours.size === 0;
}

/**
 * Makes the refs of a mirror those of its remote. Few changes become visible to git together or not at all, and are returned; where
 * there are many, as at first, they come one by one, and what has moved must be read.
 * @throws {RemoteError} {GitError} and refs may have moved, to what the remote has
 */
export async function bringRefs(
  git: MirrorGit,
  remote: MirrorRemote,
  { wanted, gone }: FetchPlan,
  ours: OurRefs,
  { onProgress, ...options }: FetchOptions,
): Promise<readonly RefMove[] | undefined> {
  const names = wanted.map(({ ref }) => ref);
  const isMuch = names.length > TOO_MANY_TO_NAME;
  if (isMuch || ours.refs.size === 0) {
    // First what is gone: a branch `a` stands in the way of `a/b`.
    await git.updateRefs(gone, options);
    const all = isMuch ? MIRRORED_PREFIXES.map((prefix) => `${prefix}*`) : names;
    if (all.length > 0) {
      await remote.fetch(options.signal, (access) => git.fetch(access, all, { ...options, onProgress }));
    }
    return undefined;
  }
  const came = await bringObjects(git, remote, { wanted, gone }, ours, { ...options, onProgress });
  const moved = [...came].map(([ref, now]): RefMove => ({ ref, old: ours.refs.get(ref), new: now }));
  // What has moved back since the look needs no move.
  const moves = [...gone, ...moved.filter(({ old, new: now }) => old !== now)];
  if (inTheWay(gone, moved)) {
    await git.updateRefs(gone, options);
    await git.updateRefs(moves.slice(gone.length), options);
  } else {
    await git.updateRefs(moves, options);
  }
  return moves;
}

/** Whether a ref is to be made below or above the name of one that goes: git does not do both at once. */
function inTheWay(gone: FetchPlan["gone"], moved: readonly RefMove[]): boolean {
  return anyBelow(moved, gone) || anyBelow(gone, moved);
}

function anyBelow(refs: readonly { ref: string }[], others: readonly { ref: string }[]): boolean {
  const names = new Set(others.map(({ ref }) => ref));
  return refs.some(({ ref }) => {
    for (let end = ref.lastIndexOf("/"); end > 0; end = ref.lastIndexOf("/", end - 1)) {
      if (names.has(ref.slice(0, end))) return true;
    }
    return false;
  });
}
