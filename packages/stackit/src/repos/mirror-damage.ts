import { GitError } from "../git/git-error.ts";

/** Files of a mirror are damaged: it does not hold what its refs name, or cannot be read at all. */
export class DamagedMirrorError extends Error {
  /** When it is worth to clone it anew again; absent when that may be tried at once. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DamagedMirrorError";
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Somebody wanted the mirror anew, and it could not be cloned, for the reason in `cause`. What was there is kept. */
export class RecloneFailedError extends Error {
  constructor(cause: unknown) {
    super("cloning it anew failed, and what was there is kept", { cause });
    this.name = "RecloneFailedError";
  }
}

const DAMAGE = new RegExp(
  [
    "bad object",
    "broken ref",
    "reference broken",
    "missing (blob|tree|commit)",
    "unable to (read|unpack|find)",
    "could not read",
    "is corrupt",
    "not a git repository",
    "repository's folder is gone",
    "bad config line",
    "object file .* is empty",
    "packfile .*(too short|cannot be|does not match|invalid)",
    "inflate: ",
    "unterminated line in .*packed-refs",
    "unexpected line in .*packed-refs",
  ].join("|"),
  "i",
);
/** Words of a transfer that broke off. */
const TRANSPORT =
  /unable to access|early EOF|RPC failed|hung up|unexpected disconnect|expected (flush|packfile)|returned error: \d/i;
/** What git passes on of the remote, and what it says of a remote and its refs, is nothing about our files. */
const OF_THE_REMOTE = new RegExp(
  `^(remote: .*|.*(${[
    "not our ref",
    "couldn't find remote ref",
    "could not read from remote",
    "could not read (username|password)",
    "authentication failed for",
    "repository '.*' not found",
  ].join("|")}).*)$`,
  "gim",
);

/** Whether a lock was in the way that another process of ours must have left. */
export function isLockInTheWay(error: unknown): boolean {
  return error instanceof GitError && /\.lock': File exists/.test(error.stderr);
}

/**
 * What an error of a mirror's git says of the mirror's files: `damaged`, `unclear` when nothing explains it, `sound` otherwise.
 * With `LC_ALL=C` these parts of git's sentences are stable.
 */
export function whatItSaysOfFiles(error: unknown): "damaged" | "unclear" | "sound" {
  if (error instanceof DamagedMirrorError) return "damaged";
  if (!(error instanceof GitError)) return "sound";
  if (error.failure === "missing-object" || error.failure === "failed") {
    const words = error.stderr.replace(OF_THE_REMOTE, "");
    if (words.trim() === "" && error.stderr.trim() !== "") return "sound";
    if (DAMAGE.test(words) || (words.trim() === "" && error.failure === "missing-object")) return "damaged";
    return error.exitCode === null || TRANSPORT.test(words) ? "sound" : "unclear";
  }
  return "sound";
}
