import type { PullRequest } from "../../stacks/pull-request.ts";

/** What a repository is called on its forge. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
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
export interface Touched {
  readonly etag: string | undefined;
  readonly touched: readonly { readonly number: number; readonly updatedAtMs: number }[];
  /** Whether there may be more than these. */
  readonly isCut: boolean;
}

/** Where one repository's pull requests are asked for. Each question throws a RemoteError, or the signal's reason. */
export interface ForgeSource {
  /** How many can be asked for by number, or by branch, at once. */
  readonly atOnce: number;
  /** How long such a question must wait; 0 when it need not. */
  waitMs(urgency: "poll" | "delivery"): number;
  /** Undefined when nothing was touched since the answer with that tag. */
  recent(
    repository: RepositoryName,
    etag: string | undefined,
    signal: AbortSignal,
  ): Promise<Touched | undefined>;
  openPage(repository: RepositoryName, after: string | undefined, signal: AbortSignal): Promise<ForgeAnswer>;
  byNumber(repository: RepositoryName, numbers: readonly number[], signal: AbortSignal): Promise<ForgeAnswer>;
  ofBranches(
    repository: RepositoryName,
    branches: readonly string[],
    signal: AbortSignal,
  ): Promise<ForgeAnswer>;
}
