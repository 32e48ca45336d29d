import type { ExpectedRef, UnmetRef } from "../contract/sync-run.ts";
import type { AdvertisedRefs } from "../git/wire/ls-refs.ts";
import { HEADS } from "../stacks/ref-reading.ts";

/** What must be done to make our refs equal to the remote's. */
export interface FetchPlan {
  /** Branches of ours that will move or go, and where they are. */
  readonly leaving: readonly { readonly ref: string; readonly old: string }[];
  /** Forced refspecs of the refs that are new or moved. */
  readonly refspecs: readonly string[];
  /** What we have of those that moved. */
  readonly tips: readonly string[];
  readonly gone: readonly { readonly ref: string; readonly old: string }[];
}

/** From more changes on, naming each costs more than naming the namespaces. */
const TOO_MANY_TO_NAME = 500;

export function planFetch(
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
  prefixes: readonly string[],
): FetchPlan {
  const wanted: string[] = [];
  const moving: { ref: string; old: string }[] = [];
  for (const [ref, oid] of theirs) {
    const own = ours.get(ref);
    if (own === oid) continue;
    wanted.push(ref);
    if (own !== undefined && ref.startsWith(HEADS)) moving.push({ ref, old: own });
  }
  const names = wanted.length > TOO_MANY_TO_NAME ? prefixes.map((prefix) => `${prefix}*`) : wanted;
  const gone = [...ours].flatMap(([ref, old]) =>
    !theirs.has(ref) && prefixes.some((prefix) => ref.startsWith(prefix)) ? [{ ref, old }] : [],
  );
  return {
    leaving: [...moving, ...gone.filter(({ ref }) => ref.startsWith(HEADS))],
    refspecs: names.map((name) => `+${name}:${name}`),
    // Only a branch's tip is a commit that a negotiation can start from.
    tips: wanted.length > TOO_MANY_TO_NAME ? [] : [...new Set(moving.map(({ old }) => old))],
    gone,
  };
}

/**
 * The expectations that the remote does not serve yet: it still shows what we have. When it shows something else, it has gone on,
 * and what was expected has been or will never be seen.
 */
export function stillUnmet(
  expected: readonly ExpectedRef[],
  ours: ReadonlyMap<string, string>,
  theirs: ReadonlyMap<string, string>,
): UnmetRef[] {
  return expected.flatMap(({ ref, sha }) => {
    const actual = theirs.get(ref);
    if (actual === (sha ?? undefined) || actual !== ours.get(ref)) return [];
    return [{ ref, expected: sha, ...(actual !== undefined && { actual }) }];
  });
}

/** Output of `git ls-remote --symref`. Lines of another form are passed over. */
export function parseLsRemote(text: string, prefixes: readonly string[]): AdvertisedRefs {
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [left = "", ref = ""] = line.split("\t");
    if (ref === "HEAD") head ??= /^ref: (\S+)$/.exec(left)?.[1];
    else if (
      /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(left) &&
      prefixes.some((prefix) => ref.startsWith(prefix))
    ) {
      refs.set(ref, left);
    }
  }
  return { refs, head };
}
