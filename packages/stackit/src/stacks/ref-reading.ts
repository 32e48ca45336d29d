/** Where HEAD points. `oid` is absent on an unborn branch. */
export type Head =
  | { readonly kind: "branch"; readonly name: string; readonly oid?: string }
  | { readonly kind: "detached"; readonly oid: string };

/**
 * All refs of a repository that the model is made of, from one pass. Keys are full ref names. Names that are not UTF-8
 * carry their bytes as `\xNN`, which no valid ref name can contain.
 */
export interface RefReading {
  readonly refs: ReadonlyMap<string, string>;
  readonly head: Head;
  /** Full names of the branches that a linked worktree, or the main one, has checked out. */
  readonly checkedOut: ReadonlySet<string>;
  /** Full name → full name, such as `refs/remotes/origin/HEAD` → `refs/remotes/origin/main`. */
  readonly symbolic: ReadonlyMap<string, string>;
}

export const HEADS = "refs/heads/";
export const REMOTES = "refs/remotes/";
export const STACKIT_METADATA = "refs/stackit/metadata/";
export const STACKIT_LOCAL_METADATA = "refs/stackit/local-metadata/";
export const STACKIT_STACKS = "refs/stackit/stacks/";
/** Graphite's open CLI, charcoal, freephite and stax keep the same core fields here. */
export const BRANCH_METADATA = "refs/branch-metadata/";

/** What a reading asks for: nothing else is ever looked at. */
export const READ_PREFIXES: readonly string[] = [
  HEADS,
  REMOTES,
  STACKIT_METADATA,
  STACKIT_LOCAL_METADATA,
  STACKIT_STACKS,
  BRANCH_METADATA,
];

export interface RefDelta {
  readonly ref: string;
  readonly old?: string;
  readonly new?: string;
}

/** What differs between two readings, sorted by ref name. This, not what git prints, says what a sync changed. */
export function diffRefs(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): RefDelta[] {
  const deltas: RefDelta[] = [];
  for (const [ref, oid] of after) {
    const old = before.get(ref);
    if (old === undefined) deltas.push({ ref, new: oid });
    else if (old !== oid) deltas.push({ ref, old, new: oid });
  }
  if (before.size + deltas.filter((delta) => delta.old === undefined).length !== after.size) {
    for (const [ref, oid] of before) if (!after.has(ref)) deltas.push({ ref, old: oid });
  }
  return deltas.sort((a, b) => (a.ref < b.ref ? -1 : a.ref > b.ref ? 1 : 0));
}
