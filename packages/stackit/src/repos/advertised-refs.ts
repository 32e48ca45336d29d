import type { ExpectedRef, UnmetRef } from "../contract/sync-run.ts";
import { displayName } from "../git/ref-name.ts";
import type { AdvertisedRefs } from "../git/wire/ls-refs.ts";
import { HEADS } from "../stacks/ref-reading.ts";

type Refs = ReadonlyMap<string, string>;

/** What must be done to make our refs equal to the remote's. */
export interface FetchPlan {
  /** Refs that are new or moved, with what we have of them and what the remote showed. */
  readonly wanted: readonly {
    readonly ref: string;
    readonly old: string | undefined;
    readonly now: string;
  }[];
  readonly gone: readonly { readonly ref: string; readonly old: string }[];
  /** The branches among them that are ours, and where they are. */
  readonly leaving: readonly { readonly ref: string; readonly old: string }[];
}

/** All of `theirs`, and those of `ours` that are gone, lie below the prefixes; others of ours are left alone. */
export function planFetch(ours: Refs, theirs: Refs, prefixes: readonly string[]): FetchPlan {
  const wanted: { ref: string; old: string | undefined; now: string }[] = [];
  const gone: { ref: string; old: string }[] = [];
  let common = 0;
  for (const [ref, oid] of theirs) {
    const old = ours.get(ref);
    if (old !== undefined) common++;
    if (old !== oid) wanted.push({ ref, old, now: oid });
  }
  if (common < ours.size) {
    for (const [ref, old] of ours) {
      if (!theirs.has(ref) && prefixes.some((prefix) => ref.startsWith(prefix))) gone.push({ ref, old });
    }
  }
  const leaving = [...wanted, ...gone].flatMap(({ ref, old }) =>
    old !== undefined && ref.startsWith(HEADS) ? [{ ref, old }] : [],
  );
  return { wanted, gone, leaving };
}

/** What we have, and whether a ref was once where the remote says that it is. */
export interface Known {
  readonly refs: Refs;
  readonly wasAt: (ref: string, oid: string) => boolean;
}

/**
 * The expectations that the remote does not serve yet: it still shows what we have, or what was there before that, as a copy of it does
 * that lags behind. When it shows something else, it has gone on, and what was expected has been or will never be seen.
 */
export function stillUnmet(
  expected: readonly ExpectedRef[],
  ours: Known,
  theirs: ReadonlyMap<string, string>,
): UnmetRef[] {
  return expected.flatMap(({ ref, sha }) => {
    const actual = theirs.get(ref);
    if (actual === (sha ?? undefined)) return [];
    const isOld = actual === undefined || actual === ours.refs.get(ref) || ours.wasAt(ref, actual);
    return isOld ? [{ ref, expected: sha, ...(actual !== undefined && { actual }) }] : [];
  });
}

/** Output of `git ls-remote --symref`. Lines of another form are passed over. */
export function parseLsRemote(text: string, prefixes: readonly string[]): AdvertisedRefs {
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [left = "", name = ""] = line.split("\t");
    const ref = displayName(name);
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
