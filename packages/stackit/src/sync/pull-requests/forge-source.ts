import type { ForgeAnswer, TouchedPullRequests } from "../../stacks/pull-request.ts";

/** What a repository is called on its forge. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
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
  ): Promise<TouchedPullRequests | undefined>;
  openPage(repository: RepositoryName, after: string | undefined, signal: AbortSignal): Promise<ForgeAnswer>;
  byNumber(repository: RepositoryName, numbers: readonly number[], signal: AbortSignal): Promise<ForgeAnswer>;
  ofBranches(
    repository: RepositoryName,
    branches: readonly string[],
    signal: AbortSignal,
  ): Promise<ForgeAnswer>;
}
