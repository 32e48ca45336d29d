import type {
  GithubPullRequestWriter,
  NativeStack,
  NewPullRequest,
  WantedReviewers,
} from "../forge/github-pull-request-writer.ts";
import type { ForgePullRequest, ForgeSituation } from "../forge/pull-requests-of-heads.ts";

/** A repository on a forge, and where it is pushed to. */
export interface ForgePlace {
  readonly owner: string;
  readonly name: string;
  readonly url: URL;
}

/** A forge, asked and told in one person's name about one repository. Everything throws a ForgeWriteError, or the signal's reason. */
export interface ForgeDesk {
  /** Whose the repository is. */
  readonly owner: string;
  find(heads: readonly string[], signal: AbortSignal): Promise<ForgeSituation>;
  /** The one that is there, if there is one already. */
  create(wanted: NewPullRequest, signal: AbortSignal): Promise<ForgePullRequest>;
  /** Sends what differs alone. */
  update(
    current: ForgePullRequest,
    change: Partial<Pick<ForgePullRequest, "base" | "body">>,
    signal: AbortSignal,
  ): Promise<ForgePullRequest>;
  markReady(current: ForgePullRequest, signal: AbortSignal): Promise<ForgePullRequest>;
  requestReviewers(of: ForgePullRequest, wanted: WantedReviewers, signal: AbortSignal): Promise<void>;
  addLabels(of: ForgePullRequest, labels: readonly string[], signal: AbortSignal): Promise<void>;
  /** The stack of the forge's own that a pull request is in; "unsupported" where it keeps none for this repository. */
  nativeStackOf(of: ForgePullRequest, signal: AbortSignal): Promise<NativeStack | "none" | "unsupported">;
  /** `numbers`: the lowest first. */
  createNativeStack(numbers: readonly number[], signal: AbortSignal): Promise<void>;
  /** `numbers`: what comes on top of it. */
  extendNativeStack(stack: NativeStack, numbers: readonly number[], signal: AbortSignal): Promise<void>;
}

/** `token`: secret. */
export function forgeDesk(
  writer: GithubPullRequestWriter,
  { owner, name }: ForgePlace,
  token: string,
): ForgeDesk {
  const repository = { owner, name };
  return {
    owner,
    find: (heads, signal) => writer.find(repository, heads, { token, signal }),
    create: (wanted, signal) => writer.create(repository, wanted, { token, signal }),
    update: (current, change, signal) => writer.update(repository, current, change, { token, signal }),
    markReady: (current, signal) => writer.setDraft(current, false, { token, signal }),
    requestReviewers: (of, wanted, signal) =>
      writer.requestReviewers(repository, of, wanted, { token, signal }),
    addLabels: ({ number }, labels, signal) =>
      writer.addLabels(repository, number, labels, { token, signal }),
    nativeStackOf: ({ number }, signal) => writer.nativeStackOf(repository, number, { token, signal }),
    createNativeStack: (numbers, signal) => writer.createStack(repository, numbers, { token, signal }),
    extendNativeStack: (stack, numbers, signal) =>
      writer.extendStack(repository, stack, numbers, { token, signal }),
  };
}
