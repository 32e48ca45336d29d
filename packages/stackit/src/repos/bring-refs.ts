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

interface OurRefs {
  readonly refs: ReadonlyMap<string, string>;
  /** Where the trunk is, as far as that is known. */
  readonly trunk: readonly string[];
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
  const moved: RefMove[] = [];
  if (names.length > 0) {
    const told = names.length >= MANY_REFS ? { ...options, onProgress } : options;
    const haves = havesFor(wanted, ours);
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

/** At least one. A push most often builds on what its branch was, or on the trunk. */
function havesFor(wanted: FetchPlan["wanted"], { refs, trunk }: OurRefs): string[] {
  const tips = wanted.flatMap(({ ref, old }) => (old !== undefined && ref.startsWith(HEADS) ? [old] : []));
  const haves = new Set([...tips, ...trunk]);
  if (haves.size > 0) return [...haves];
  const [, any] = refs.entries().find(([ref]) => ref.startsWith(HEADS)) ?? refs.entries().next().value ?? [];
  return any === undefined ? [] : [any];
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
