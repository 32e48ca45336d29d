import { mirrorEnvironment } from "./environment.ts";
import { GitError } from "./git-error.ts";
import type { RemoteAccess } from "./remote-access.ts";
import { type RunOptions, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** Moves a ref of the remote from what it must be there to another object. */
export interface RefPush {
  readonly ref: string;
  /** Undefined: the remote must have no such ref. */
  readonly old: string | undefined;
  readonly new: string;
}

/**
 * `moved`: it is not on the remote what it had to be. `refused`: by the remote, which said why. `not-tried`: since others were refused, and
 * all were to be moved or none.
 */
export type RefPushed =
  | { readonly ref: string; readonly kind: "done" }
  | { readonly ref: string; readonly kind: "moved" | "not-tried" }
  | { readonly ref: string; readonly kind: "refused"; readonly reason: string };

const PUSH = [
  "push",
  "--porcelain",
  "--quiet",
  "--no-verify",
  "--no-follow-tags",
  "--no-signed",
  "--recurse-submodules=no",
];
const NO_ATOMIC = /does not support --atomic/;
/** Of what a remote says, which is shown to people. */
const MAX_SAID = 500;

/**
 * Pushes from a folder of ours, each ref with a lease of its own: what somebody else moved meanwhile is never overwritten. All or none where the
 * remote can; where it cannot, one after the other, until one is not taken. Answers in the order of the refs.
 * @throws {GitError} when the remote cannot be reached, or does not let in who asks
 */
export async function pushRefs(
  spawner: Spawner,
  gitDir: string,
  remote: RemoteAccess,
  pushes: readonly RefPush[],
  options: RunOptions,
): Promise<RefPushed[]> {
  if (pushes.length === 0) return [];
  try {
    return await push(spawner, gitDir, remote, pushes, { ...options, isAtomic: true });
  } catch (error) {
    if (!(error instanceof GitError && NO_ATOMIC.test(error.stderr))) throw error;
  }
  const answers: RefPushed[] = [];
  for (const one of pushes) {
    const isStopped = answers.some(({ kind }) => kind !== "done");
    if (isStopped) answers.push({ ref: one.ref, kind: "not-tried" });
    else answers.push(...(await push(spawner, gitDir, remote, [one], { ...options, isAtomic: false })));
  }
  return answers;
}

async function push(
  spawner: Spawner,
  gitDir: string,
  remote: RemoteAccess,
  pushes: readonly RefPush[],
  { isAtomic, ...options }: RunOptions & { readonly isAtomic: boolean },
): Promise<RefPushed[]> {
  const args = [
    "--no-pager",
    `--git-dir=${gitDir}`,
    ...PUSH,
    ...(isAtomic ? ["--atomic"] : []),
    ...pushes.map(({ ref, old }) => `--force-with-lease=${ref}:${old ?? ""}`),
    "--end-of-options",
    remote.url.href,
    ...pushes.map(({ ref, new: now }) => `${now}:${ref}`),
  ];
  const env = mirrorEnvironment(gitDir, remote);
  const { stdout, stderr, exitCode } = await runGit(
    spawner,
    { args, cwd: gitDir, env },
    { ...options, okExitCodes: [1] },
  );
  const told = parsePushed(stdout.toString(), saidByRemote(stderr));
  const answers = pushes.map(({ ref }): RefPushed => {
    const found = told.get(ref);
    if (found) return found;
    // Quiet about what went well.
    return { ref, kind: "done" };
  });
  const isAllDone = answers.every(({ kind }) => kind === "done");
  if (exitCode !== 0 && isAllDone) throw new GitError("failed", { args: PUSH, exitCode, stderr });
  return answers;
}

/** Of the lines `<flag>\t<from>:<to>\t<summary> (<reason>)`: those that were not taken, by ref. */
export function parsePushed(stdout: string, said: string): Map<string, RefPushed> {
  const pushed = new Map<string, RefPushed>();
  for (const line of stdout.split("\n")) {
    const [flag, names = "", summary = ""] = line.split("\t");
    if (flag !== "!") continue;
    const ref = names.slice(names.indexOf(":") + 1);
    pushed.set(ref, rejected(ref, summary, said));
  }
  return pushed;
}

function rejected(ref: string, summary: string, said: string): RefPushed {
  const reason = /\(([^)]*)\)\s*$/.exec(summary)?.[1] ?? "";
  if (/atomic (push|transaction) fail/.test(reason)) return { ref, kind: "not-tried" };
  const isOurs = summary.startsWith("[rejected]");
  // What moved between the remote's first word and its last is told by the remote itself.
  const isMoved =
    /stale info|fetch first|non-fast-forward|already exists|cannot lock ref|failed to update ref/;
  if (isOurs || isMoved.test(reason)) return { ref, kind: "moved" };
  return { ref, kind: "refused", reason: [reason, said].filter(Boolean).join(". ") };
}

/** What the remote printed for people, as one line without control characters. */
function saidByRemote(stderr: string): string {
  return stderr
    .split("\n")
    .flatMap((line) => /^remote: ?(.*)$/.exec(line)?.[1]?.trim() || [])
    .join(" ")
    .replaceAll(/\p{Cc}/gu, " ")
    .slice(0, MAX_SAID);
}
