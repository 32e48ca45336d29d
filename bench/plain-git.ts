import { spawn } from "node:child_process";
import { once } from "node:events";

/** The refs that a model of stacks is made of. */
const PREFIXES = ["refs/heads/", "refs/stackit/metadata/"];

/** Git as a careful script would run it: no configuration but the repository's, as little environment as the product's. */
export async function git(
  gitDir: string,
  args: readonly string[],
  input?: string,
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  return gitIn(gitDir, [`--git-dir=${gitDir}`, ...args], input, env);
}

/** The same in a working copy. */
export async function gitIn(
  folder: string,
  args: readonly string[],
  input?: string,
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn("git", args, {
    cwd: folder,
    env: { ...gitEnvironment(), ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A git that needs no input may be gone before it is told so.
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code}`);
  return Buffer.concat(chunks).toString("latin1");
}

export function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_AUTHOR_NAME: "Bench",
    GIT_AUTHOR_EMAIL: "bench@example.com",
    GIT_COMMITTER_NAME: "Bench",
    GIT_COMMITTER_EMAIL: "bench@example.com",
    LC_ALL: "C",
  };
}

export interface Ref {
  readonly name: string;
  readonly oid: string;
}

const LIST = ["for-each-ref", "--format=%(objectname) %(refname)", ...PREFIXES];

export async function readRefs(gitDir: string): Promise<Ref[]> {
  const out = await git(gitDir, LIST);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const space = line.indexOf(" ");
      return { oid: line.slice(0, space), name: line.slice(space + 1) };
    });
}

/** What nobody can do without who wants to know whether anything changed: list the refs. */
export async function unchangedFloor(gitDir: string): Promise<void> {
  await git(gitDir, LIST);
}

/** The first reading: refs, metadata, tip commits, and the commits of each branch. Statistics are not in it. */
export async function firstReadFloor(gitDir: string): Promise<void> {
  const refs = await readRefs(gitDir);
  const lines = (prefix: string) =>
    refs.flatMap(({ name, oid }) => (name.startsWith(prefix) ? [`${oid}\n`] : [])).join("");
  const [heads, blobs] = [lines("refs/heads/"), lines("refs/stackit/metadata/")];
  await git(gitDir, ["cat-file", "--batch", "--buffer"], blobs);
  await git(gitDir, ["cat-file", "--batch", "--buffer"], heads);
  await git(gitDir, ["rev-list", "--parents", "--stdin"], `${heads}^refs/heads/main\n`);
}

/** After one changed branch: list the refs, read the new objects, count the lines of one pair. */
export async function changedFloor(gitDir: string, change: Change): Promise<void> {
  await git(gitDir, LIST);
  await git(gitDir, ["cat-file", "--batch", "--buffer"], `${change.commit}\n${change.blob}\n`);
  await git(gitDir, ["diff-tree", "--stdin", "-r", "--numstat"], `${change.commit} ${change.base}\n`);
}

/** What each of these lines does, as `diff-tree --stdin` takes them: two processes, one fed by the other. */
export async function patchesFloor(gitDir: string, lines: string): Promise<void> {
  const script = "git diff-tree --stdin -r -p --full-index | git patch-id --verbatim";
  const child = spawn("sh", ["-c", script], {
    cwd: gitDir,
    env: { ...gitEnvironment(), GIT_DIR: gitDir },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout.resume();
  child.stdin.end(lines);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`git patch-id ended with ${code}`);
}

export interface Change {
  readonly branch: string;
  readonly commit: string;
  readonly blob: string;
  readonly base: string;
}

/** Puts one commit on a branch and writes its metadata anew, as a stacking tool does; the refs stay loose, as after work. */
export async function changeBranch(gitDir: string, branch: string, round: number): Promise<Change> {
  const head = `refs/heads/${branch}`;
  const metadataRef = `refs/stackit/metadata/${branch}`;
  const metadata: Record<string, unknown> = JSON.parse(await git(gitDir, ["cat-file", "blob", metadataRef]));
  const base = (await git(gitDir, ["merge-base", head, "refs/heads/main"])).trim();
  const file = (await git(gitDir, ["hash-object", "-w", "--stdin"], `round ${round}\n`)).trim();
  const tree = await git(gitDir, ["ls-tree", head]);
  const entry = `100644 blob ${file}\tround-${round}.txt\n`;
  const newTree = (await git(gitDir, ["mktree"], tree + entry)).trim();
  const commit = (
    await git(gitDir, ["commit-tree", newTree, "-p", head, "-m", `Round ${round} of ${branch}`])
  ).trim();
  const blob = (
    await git(gitDir, ["hash-object", "-w", "--stdin"], JSON.stringify({ ...metadata, round }))
  ).trim();
  await git(gitDir, ["update-ref", "--stdin"], `update ${head} ${commit}\nupdate ${metadataRef} ${blob}\n`);
  return { branch, commit, blob, base };
}
