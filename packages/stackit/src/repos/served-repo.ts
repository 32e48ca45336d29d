import type { ForgeHealth, RepoKind, RepoNote, Watching } from "../contract/repo.ts";
import type { RefChanges } from "../contract/sync-run.ts";
import type { Branch, BranchDiff, StackDetail, StackSummary, View } from "../contract/view.ts";
import type { PushHistory } from "./push-history.ts";

/**
 * The immutable model of one reading of the refs: complete or absent. Everything a reader sees of one request comes
 * from one snapshot. What the methods return is derived on first use and kept; callers must not change it.
 */
export interface Snapshot {
  /** Grows by one with each published snapshot of a repository; starts anew with the process, or behind what that has recalled. */
  readonly generation: number;
  /** Equal fingerprints mean equal answers, whichever process gave them. Fit for an ETag. */
  readonly fingerprint: string;
  /** Empty when there is none. */
  readonly trunk: string;
  /** Empty when HEAD is detached. An unborn branch is named all the same. */
  readonly currentBranch: string;
  readonly notes: readonly RepoNote[];
  readonly counts: { branches: number; stacks: number; needsRestack: number };
  view(): View;
  stackSummaries(): StackSummary[];
  /** With the commits of each branch. By its root, by its id, or by what its root was. */
  stack(name: string): StackDetail | undefined;
  /** Every branch but the trunk, by name. */
  branches(): Branch[];
  /** With its commits. Knows the trunk too. */
  branch(name: string): Branch | undefined;
  /** The two commits whose difference is what the branch adds, against its parent or against the trunk. */
  diffRange(name: string, against: "parent" | "trunk"): { base: string; head: string } | undefined;
}

/** A repository as the outside sees it. Nothing here fetches, waits for a run, or writes to the repository. */
export interface ServedRepo {
  readonly id: string;
  readonly displayName: string;
  readonly kind: RepoKind;
  readonly owner?: string | undefined;
  readonly name?: string | undefined;
  /** What its forge called it before, as `owner/name`, the latest last. */
  readonly formerNames?: readonly string[];
  /** When its forge said that it was deleted there. */
  readonly deletedAt?: string | undefined;
  /** How well its pull requests are known; undefined where no forge is asked for them. */
  readonly forge?: ForgeHealth | undefined;
  /** Home-relative; only for a working copy. */
  readonly displayPath?: string;
  /** Undefined until it was read for the first time. */
  readonly snapshot: Snapshot | undefined;
  /** What lists tell of it as long as there is no snapshot, since nobody needed one. */
  readonly lastShown?: Pick<Snapshot, "trunk" | "counts" | "notes"> | undefined;
  /** The snapshot that an earlier process showed last, where somebody has recalled it and nothing was read since. */
  readonly kept?: Snapshot | undefined;
  /** Makes that known, where it is kept and nothing on the disk has changed since. Never rejects. */
  recallSnapshot?(): Promise<void>;
  /** Reads what is here when somebody needs it, where that was left undone. Settles when it is read, or cannot be. */
  wake?(): Promise<void>;
  readonly watching?: Watching | undefined;
  readonly remotes: readonly { name: string; host?: string }[];
  /**
   * Unified diff between two commits that the caller took from this repository's snapshot.
   * @throws {Problem} `diff/unavailable` when an object is not in this clone.
   */
  diff(range: { base: string; head: string }, options: DiffOptions): Promise<Patch>;
  /**
   * A file before or after what changed between two commits that the caller took from this repository's snapshot.
   * @throws {Problem} `file/not-found` for everything else, `file/too-large`, `diff/unavailable`
   */
  changedFile(range: { base: string; head: string }, options: ChangedFileOptions): Promise<Buffer>;
  /** Absent where former heads of branches are not remembered. */
  readonly pushes?: PushHistory | undefined;
  /** What the names of refs begin with that are read; no others are ever seen. */
  readonly refPrefixes: readonly string[];
  /** The object that a full ref name such as `refs/heads/topic` had in the last reading. Asks nobody. */
  refOid(fullName: string): string | undefined;
  /**
   * What a run that started now would change. Changes nothing and publishes nothing.
   * @throws what a run would fail with.
   */
  probe(signal: AbortSignal): Promise<RefChanges>;
}

export type Patch = Pick<BranchDiff, "patch" | "truncated" | "binaries" | "generatedRules">;

export interface DiffOptions {
  ignoreWhitespace: boolean;
  signal: AbortSignal;
}

export interface ChangedFileOptions {
  /** The object id of the content. */
  blob: string;
  maxBytes: number;
  signal: AbortSignal;
}
