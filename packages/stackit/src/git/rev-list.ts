import { setImmediate } from "node:timers/promises";
import { type CommitHeader, commitTimeMs } from "./commit-object.ts";
import type { ReadOnlyGit } from "./read-only-git.ts";
import type { RunOptions } from "./run-git.ts";

/** Bytes of a long answer that are taken apart before others get their turn. */
const READ_AT_ONCE = 256 * 1024;
const FORMAT = "--format=%H%x00%P%x00%an%x00%ae%x00%ct%x00%s";

/**
 * Every commit that is reachable from `tips` and from none of `except`, in one process. Parents are those that this
 * clone knows: at the edge of a shallow clone there are none. A tip that this clone does not hold is passed over.
 * @throws {GitError}
 */
export async function listCommits(
  git: ReadOnlyGit,
  tips: readonly string[],
  except: readonly string[],
  options: RunOptions,
): Promise<CommitHeader[]> {
  if (tips.length === 0) return [];
  const input = [...tips, ...except.map((oid) => `^${oid}`), ""].join("\n");
  const { stdout } = await git.run(
    "rev-list",
    // The encoding may be configured, and is asked of git as UTF-8.
    ["--no-commit-header", "--ignore-missing", "--encoding=UTF-8", FORMAT, "--stdin"],
    {
      ...options,
      input,
    },
  );
  return parseCommitLines(stdout.toString("utf8"));
}

export function parseCommitLines(text: string): CommitHeader[] {
  const commits: CommitHeader[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [oid, parents, author, authorEmail, seconds, subject] = line.split("\0");
    if (oid === undefined || parents === undefined || subject === undefined) {
      throw new Error(`unexpected rev-list line: ${JSON.stringify(line.slice(0, 200))}`);
    }
    commits.push({
      oid,
      parents: parents === "" ? [] : parents.split(" "),
      author: author ?? "",
      authorEmail: authorEmail ?? "",
      committedAtMs: commitTimeMs(Number(seconds)),
      subject,
    });
  }
  return commits;
}

/** Ids alone, for sets that may be large. @throws {GitError} `missing-object` when a tip is not in this clone. */
export async function listCommitIds(
  git: ReadOnlyGit,
  tips: readonly string[],
  except: readonly string[],
  options: RunOptions & { readonly maxCount?: number },
): Promise<string[]> {
  if (tips.length === 0) return [];
  const input = [...tips, ...except.map((oid) => `^${oid}`), ""].join("\n");
  const limit = options.maxCount === undefined ? [] : [`--max-count=${options.maxCount}`];
  const { stdout } = await git.run("rev-list", [...limit, "--stdin"], { ...options, input });
  return stdout.toString("latin1").split("\n").filter(Boolean);
}

/**
 * The same commits with their parents, each before any of its parents, the newest `maxCount` at most.
 * @throws {GitError} `missing-object` when a tip is not in this clone.
 */
export async function listParents(
  git: ReadOnlyGit,
  tips: readonly string[],
  except: readonly string[],
  options: RunOptions & { readonly maxCount: number },
): Promise<Map<string, readonly string[]>> {
  if (tips.length === 0) return new Map();
  const input = [...tips, ...except.map((oid) => `^${oid}`), ""].join("\n");
  const args = ["--topo-order", "--parents", `--max-count=${options.maxCount}`, "--stdin"];
  const { stdout } = await git.run("rev-list", args, { ...options, input });
  const commits = new Map<string, readonly string[]>();
  for (let start = 0; start < stdout.length; ) {
    const end = stdout.indexOf("\n", start + READ_AT_ONCE) + 1 || stdout.length;
    for (const line of stdout.toString("latin1", start, end).split("\n")) {
      const [oid, ...parents] = line.split(" ");
      if (oid) commits.set(oid, parents);
    }
    start = end;
    await setImmediate();
  }
  return commits;
}
