/**
 * Why a git process gave no answer. `missing-object`: the clone does not hold an object that was asked for.
 * `no-git`: the program was not found.
 */
export type GitFailure = "aborted" | "timeout" | "too-much-output" | "no-git" | "missing-object" | "failed";

/** A git call that failed. The message may hold paths of this machine: it is for logs, not for clients. */
export class GitError extends Error {
  readonly failure: GitFailure;
  readonly args: readonly string[];
  readonly exitCode: number | null;
  /** At most 16 KiB. */
  readonly stderr: string;

  constructor(
    failure: GitFailure,
    details: { args: readonly string[]; exitCode?: number | null; stderr?: string; cause?: unknown },
  ) {
    const said = details.stderr?.trim().split("\n").at(-1);
    super(
      `git ${details.args.find((arg) => !arg.startsWith("-")) ?? ""}: ${failure}${said ? `: ${said}` : ""}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = "GitError";
    this.failure = failure;
    this.args = details.args;
    this.exitCode = details.exitCode ?? null;
    this.stderr = details.stderr ?? "";
  }
}

const MISSING_OBJECT = [
  "bad object",
  "missing blob object",
  "unable to read",
  "could not fetch",
  "not our ref",
  "is not available",
  "transport 'https' not allowed",
  "Could not read",
];

/** What git prints when a remote refuses what it was told, or wants to be told something. */
export const REFUSED_BY_REMOTE = /Authentication failed|could not read (Username|Password)|error: 40[13]/;

/** Git has no exit code for a missing object; with `LC_ALL=C` these parts of its sentences are stable. */
export function failureOf(stderr: string): GitFailure {
  return MISSING_OBJECT.some((part) => stderr.includes(part)) ? "missing-object" : "failed";
}
