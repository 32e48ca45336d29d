import { GitError } from "../git/git-error.ts";
import type { WorkingCopy } from "../repos/working-copy.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "./sync-target.ts";

/** Lets the queue refresh a working copy. It contacts nobody, so it has no host. */
export class WorkingCopyTarget implements SyncTarget {
  readonly storeKey: string;
  readonly #repo: WorkingCopy;

  /** `folder`: what the repository is known by as long as it was not found. */
  constructor(repo: WorkingCopy, folder: string) {
    this.#repo = repo;
    this.storeKey = `working-copy:${repo.gitDir ?? folder}`;
  }

  get repoId(): string {
    return this.#repo.id;
  }

  async sync(work: SyncWork): Promise<SyncResult> {
    try {
      return await this.#repo.refresh(work);
    } catch (error) {
      if (work.signal.aborted) throw error;
      throw readFailure(error);
    }
  }
}

/** Why a working copy could not be read, in words for a client: no path, nothing that git printed. */
export function readFailure(error: unknown): SyncFailure {
  if (error instanceof SyncFailure) return error;
  const code =
    error instanceof GitError ? error.failure : error instanceof Error && "code" in error ? error.code : "";
  const [detail, retryable] = explain(String(code));
  return new SyncFailure("sync/unreadable", detail, { retryable, cause: error });
}

function explain(code: string): [detail: string, retryable: boolean] {
  switch (code) {
    case "no-git":
      return ["The git program was not found.", false];
    case "timeout":
      return ["Git did not answer in time.", true];
    case "too-much-output":
      return ["The repository has more refs than this server reads.", false];
    case "missing-object":
      return ["Objects that the refs point to are missing from the repository.", true];
    case "no-repository":
    case "ENOENT":
    case "ENOTDIR":
      return ["The repository's folder is gone, or is no repository any more.", true];
    case "EACCES":
    case "EPERM":
      return ["The server may not read the repository's folder.", true];
    case "EMFILE":
    case "ENFILE":
    case "EAGAIN":
      return ["The system has no more files or processes to give.", true];
    default:
      return ["Git could not read the refs.", true];
  }
}
