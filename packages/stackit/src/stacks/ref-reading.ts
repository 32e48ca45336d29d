/** Where HEAD points. `oid` is absent on an unborn branch. `none`: nobody works here, as in a mirror. */
export type Head =
  | { readonly kind: "branch"; readonly name: string; readonly oid?: string }
  | { readonly kind: "detached"; readonly oid: string }
  | { readonly kind: "none" };

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

/** The one ref in which git-spice keeps everything, in a commit of its own. */
export const SPICE_DATA = "refs/spice/data";

/** What a reading asks for: nothing else is ever looked at. */
export const READ_PREFIXES: readonly string[] = [
  HEADS,
  REMOTES,
  STACKIT_METADATA,
  STACKIT_LOCAL_METADATA,
  STACKIT_STACKS,
  BRANCH_METADATA,
  SPICE_DATA,
];

/** Where a mirror keeps commits that its branches have left, one ref for each. Never read, counted or shown. */
export const KEPT = "refs/stackit-kept/";

/** What a mirror holds of its remote, and what it asks for: never `refs/*`, which on some hosts is a hundred thousand refs. */
export const MIRRORED_PREFIXES: readonly string[] = [HEADS, STACKIT_METADATA, STACKIT_STACKS];
