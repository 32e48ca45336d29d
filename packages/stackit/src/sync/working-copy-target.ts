import type { ProblemCode } from "../contract/problems.ts";
import { GitError } from "../git/git-error.ts";
import type { WorkingCopy } from "../repos/working-copy.ts";
import { SyncFailure, type SyncResult, type SyncTarget, type SyncWork } from "./sync-target.ts";
import { systemCause } from "./system-cause.ts";

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

type Explained = readonly [code: ProblemCode & `sync/${string}`, detail: string, retryable: boolean];

/** Why a working copy could not be read, in words for a client: no path, nothing that git printed. */
export function readFailure(error: unknown): SyncFailure {
  if (error instanceof SyncFailure) return error;
  const [code, detail, retryable] = explain(error);
  return new SyncFailure(code, detail, { retryable, cause: error });
}

function explain(error: unknown): Explained {
  const byGit = error instanceof GitError ? OF_GIT[error.failure] : undefined;
  const cause = error instanceof GitError ? error.cause : error;
  if (byGit) return ["sync/unreadable", ...byGit];
  switch (systemCause(cause)) {
    case "disk-full":
      return ["sync/disk-full", "The server's disk is full.", true];
    case "not-permitted":
      return ["sync/unreadable", "The server may not read the repository's folder.", true];
    case "no-room":
      return ["sync/unreadable", "The system has no more processes, files or memory to give.", true];
    case undefined:
      return ["sync/unreadable", ...(isGone(cause) ? GONE : UNREADABLE)];
  }
}

type Words = readonly [detail: string, retryable: boolean];

const GONE: Words = ["The repository's folder is gone, or is no repository any more.", true];
const UNREADABLE: Words = ["Git could not read the refs.", true];

const OF_GIT: Readonly<Partial<Record<GitError["failure"], Words>>> = {
  "no-git": ["The git program was not found.", false],
  timeout: ["Git did not answer in time.", true],
  "too-much-output": ["The repository has more refs than this server reads.", false],
  "missing-object": ["Objects that the refs point to are missing from the repository.", true],
};

function isGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["no-repository", "ENOENT", "ENOTDIR"].includes(code);
}
