import type { RefMove } from "../git/listing-after.ts";
import type { FetchOptions, MirrorGit } from "../git/mirror-git.ts";
import { HEADS, MIRRORED_PREFIXES } from "../stacks/ref-reading.ts";
import type { FetchPlan } from "./advertised-refs.ts";
import type { MirrorRemote } from "./mirror-remote.ts";

/** Of a fetch of fewer refs, after the first one, progress is not told: it is over before anybody could read it. */
const MANY_REFS = 32;
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
  ours: { readonly refs: ReadonlyMap<string, string>; readonly trunk: readonly string[] },
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
  const moved: RefMove[] = [];
  if (names.length > 0) {
    // A push most often builds on what its branch was, or on the trunk.
    const tips = wanted.flatMap(({ ref, old }) => (old !== undefined && ref.startsWith(HEADS) ? [old] : []));
    const told = names.length >= MANY_REFS ? { ...options, onProgress } : options;
    const haves = [...new Set([...tips, ...ours.trunk])];
    const came = await remote.fetch(options.signal, (access) => git.fetchAside(access, names, haves, told));
    for (const [ref, now] of came) moved.push({ ref, old: ours.refs.get(ref), new: now });
  }
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
  return gone.some(({ ref }) =>
    moved.some((other) => other.ref.startsWith(`${ref}/`) || ref.startsWith(`${other.ref}/`)),
  );
}
