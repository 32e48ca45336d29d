import { FetchProgressReader } from "../git/fetch-progress.ts";
import type { FetchOptions, MirrorGit } from "../git/mirror-git.ts";
import { HEADS } from "../stacks/ref-reading.ts";
import type { FetchPlan } from "./advertised-refs.ts";
import type { MirrorRemote } from "./mirror-remote.ts";

export interface OurRefs {
  readonly refs: ReadonlyMap<string, string>;
  /** Where the trunk is, as far as that is known. */
  readonly trunk: readonly string[];
}

/** Of a fetch of fewer refs, after the first one, progress is not told: it is over before anybody could read it. */
const MANY_REFS = 32;
/** Each costs the remote a little; so many cost it less than the rest of a small fetch. */
const MAX_HAVES = 256;

/**
 * Brings the objects of refs, with all that they reach, and moves no ref. Only while the mirror has refs. A remote that speaks protocol v2 is asked
 * for them by us, and git takes what comes; any other, or one that refuses, is asked by git.
 * @returns what the refs are to be: what the remote showed, or what it had when git asked
 * @throws {RemoteError} {GitError}
 */
export async function bringObjects(
  git: MirrorGit,
  remote: MirrorRemote,
  plan: Pick<FetchPlan, "wanted" | "gone">,
  ours: OurRefs,
  { onProgress, ...options }: FetchOptions,
): Promise<ReadonlyMap<string, string>> {
  const { wanted } = plan;
  const shown = new Map(wanted.map(({ ref, now }) => [ref, now]));
  const wants = new Set(shown.values());
  for (const oid of ours.refs.values()) wants.delete(oid);
  if (wants.size === 0) return shown;

  const told: FetchOptions = wanted.length >= MANY_REFS ? { ...options, onProgress } : options;
  const haves = havesFor(plan, ours);
  {
    const words = told.onProgress && new FetchProgressReader(told.onProgress, "the remote");
    using pack = await remote.requestPack({
      wants: [...wants],
      haves,
      signal: options.signal,
      onWords: words && ((chunk) => words.push(chunk)),
    });
    if (pack) {
      await git.takePack(pack, told);
      await git.proveWhole([...wants], haves, told);
      return shown;
    }
  }
  const names = [...shown.keys()];
  return remote.fetch(options.signal, (access) => git.fetchAside(access, names, haves, told));
}

/**
 * At least one. A push most often builds on what its branch was, or on the trunk; else on another branch. Objects that the remote no longer
 * has are no harm.
 */
function havesFor({ wanted, gone }: Pick<FetchPlan, "wanted" | "gone">, { refs, trunk }: OurRefs): string[] {
  const tips = [...wanted, ...gone].flatMap(({ ref, old }) =>
    old !== undefined && ref.startsWith(HEADS) ? [old] : [],
  );
  const haves = new Set([...tips, ...trunk]);
  for (const [ref, oid] of refs) {
    if (haves.size >= MAX_HAVES) break;
    if (ref.startsWith(HEADS)) haves.add(oid);
  }
  if (haves.size > 0) return [...haves];
  const [any] = refs.values();
  return any === undefined ? [] : [any];
}
