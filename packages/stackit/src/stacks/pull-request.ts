/** What became of one check. `skipped`: it was not run, and that is in order. */
export type CheckState = "failing" | "pending" | "passing" | "skipped";
/** Of all checks of a commit together. `none`: there are no checks. */
export type ChecksState = CheckState | "none";

export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** As the forge says it. */
  readonly status: string;
  /** As the forge says it; absent before the end, and for what knows no such thing. */
  readonly conclusion?: string;
  readonly url?: string;
}

/** The checks of one commit, all of them. */
export interface CommitChecks {
  readonly oid: string;
  readonly state: ChecksState;
  /** What counts for `state`, by name. */
  readonly checks: readonly Check[];
  /** When the forge was asked, in epoch milliseconds. */
  readonly observedAtMs: number;
}

/** The place of a pull request in a stack that the forge itself keeps. */
export interface NativeStack {
  readonly number: number;
  readonly size: number;
  /** 1 is next to the base. */
  readonly position: number;
  /** The branch that the whole stack is for. */
  readonly base: string;
}

export interface Review {
  readonly author: string;
  /** As the forge says it, such as `APPROVED`. */
  readonly state: string;
}

/** A pull request as its forge told of it. Texts are a stranger's. Times are epoch milliseconds. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** Cut where it is too long; empty when it says nothing of stacks. */
  readonly body: string;
  /** What stacking tools wrote below it, and people who may write to the repository: nobody else has a say in what stands on what. */
  readonly stackTexts?: readonly string[];
  readonly url: string;
  readonly state: "open" | "merged" | "closed";
  readonly isDraft: boolean;
  /** The branch that it is for. */
  readonly base: string;
  /** The branch that it is made of; in `headRepositoryId`, which need not be the repository of `base`. */
  readonly head: string;
  readonly headOid: string;
  /** The forge's number for that repository; absent when it was deleted. */
  readonly headRepositoryId?: number;
  /** Absent when the account was deleted. */
  readonly author?: string;
  readonly labels: readonly string[];
  readonly createdAtMs: number;
  /** Moves with whatever people do to it, but not with its checks. */
  readonly updatedAtMs: number;
  readonly mergedAtMs?: number;
  readonly mergeCommitOid?: string;
  readonly mergeable: "mergeable" | "conflicting" | "unknown";
  /** As the forge says it, such as `APPROVED`; absent where it decides nothing. */
  readonly reviewDecision?: string;
  /** The latest of each reviewer who took a stand. */
  readonly reviews: readonly Review[];
  /** Null: it is in none. Absent: the forge does not say. */
  readonly stack?: NativeStack | null;
  /** When `stack` was seen, where that is from an earlier time: the forge has not said it since. */
  readonly stackObservedAtMs?: number;
  /** Absent when they are not known, and once it has ended. */
  readonly checks?: CommitChecks;
  /** When the forge was asked. */
  readonly observedAtMs: number;
}

/** What a forge says that something happened to: pull requests by number, or the branches or commits that they are of. */
export interface HeardOf {
  readonly numbers: readonly number[];
  /** When those with these numbers were changed, where it is said. */
  readonly updatedAtMs?: number;
  readonly branches: readonly string[];
  readonly oids: readonly string[];
}

/** What a forge answered about pull requests of one repository. */
export interface ForgeAnswer {
  /** The forge's number for the repository. */
  readonly repositoryId: number;
  readonly pullRequests: readonly PullRequest[];
  /** Numbers that were asked for, and there is no such pull request. */
  readonly absent: readonly number[];
  /** Whether all that was asked for was answered. */
  readonly isWhole: boolean;
  /** The next page begins after this. */
  readonly next?: string;
}

/** Pull requests that were touched last, newest first. */
export interface TouchedPullRequests {
  readonly etag: string | undefined;
  readonly touched: readonly { readonly number: number; readonly updatedAtMs: number }[];
  /** Whether there may be more than these. */
  readonly isCut: boolean;
}
