import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { readOnlyEnvironment } from "./environment.ts";
import { failureOf, GitError } from "./git-error.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

export type TrialMerge =
  | { readonly tree: string; readonly conflicts?: undefined }
  /** Paths, sorted as git sorts them. */
  | { readonly conflicts: readonly string[] };

/** The two commits are merged with their common parent as the base. */
export interface MergePair {
  readonly ours: string;
  readonly theirs: string;
}

const NOBODY = "Stackit <stackit> 0 +0000";

/**
 * Merges that nobody sees: in a Git folder of its own, of objects that were put into it. Git cannot see the repository that these are
 * from, so nothing there is written, obeyed or even touched: git renews the times of files that hold what it would write. What is made
 * lives until disposal.
 */
export class TrialMerges implements AsyncDisposable {
  readonly #spawner: Spawner;
  readonly #gitDir: string;
  readonly #hash: "sha1" | "sha256";

  private constructor(spawner: Spawner, gitDir: string, hash: "sha1" | "sha256") {
    this.#spawner = spawner;
    this.#gitDir = gitDir;
    this.#hash = hash;
  }

  /** In a new folder below that one. */
  static async open(spawner: Spawner, folder: string, objectFormat: "sha1" | "sha256"): Promise<TrialMerges> {
    const gitDir = await mkdtemp(join(folder, "trial-"));
    await mkdir(join(gitDir, "objects"));
    await mkdir(join(gitDir, "refs"));
    await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/none\n");
    await writeFile(
      join(gitDir, "config"),
      `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = ${objectFormat}\n`,
    );
    return new TrialMerges(spawner, gitDir, objectFormat);
  }

  /** A commit of that tree, on a parent or on none. Resolves to its object id. */
  async commit(tree: string, parent?: string): Promise<string> {
    const on = parent === undefined ? "" : `parent ${parent}\n`;
    return this.put("commit", Buffer.from(`tree ${tree}\n${on}author ${NOBODY}\ncommitter ${NOBODY}\n\n`));
  }

  /** Resolves to its object id. */
  async put(type: string, content: Buffer): Promise<string> {
    const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const oid = createHash(this.#hash).update(bytes).digest("hex");
    const folder = join(this.#gitDir, "objects", oid.slice(0, 2));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, oid.slice(2)), await promisify(deflate)(bytes, { level: 1 }));
    return oid;
  }

  /**
   * All in one process. Answers in the order of the pairs, up to the first that git cannot merge, such as one whose objects are not
   * there. @throws {GitError} when the time is up, the signal aborts, or something else is wrong
   */
  async merge(
    pairs: readonly MergePair[],
    limits: { signal: AbortSignal; timeoutMs: number },
  ): Promise<TrialMerge[]> {
    const args = [`--git-dir=${this.#gitDir}`, "merge-tree", "--stdin", "--name-only", "-z", "--no-messages"];
    const { stdout, stderr, exitCode } = await runGit(
      this.#spawner,
      { args, cwd: this.#gitDir, env: readOnlyEnvironment(this.#gitDir) },
      {
        ...limits,
        input: pairs.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join(""),
        okExitCodes: [1, 128],
      },
    );
    if (exitCode === 128 && failureOf(stderr) !== "missing-object")
      throw new GitError("failed", { args, exitCode, stderr });
    return parseMerges(stdout).slice(0, pairs.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#gitDir, { recursive: true, force: true });
  }
}

/** For each merge: `1` or `0`, a tree, the paths in conflict, and an empty field; all of them end with NUL. */
export function parseMerges(stdout: Buffer): TrialMerge[] {
  const fields = stdout.toString().split("\0");
  const merges: TrialMerge[] = [];
  for (let at = 0; at + 2 < fields.length; ) {
    const [isClean, tree = ""] = fields.slice(at, at + 2);
    const end = fields.indexOf("", at + 2);
    if (end < 0 || !/^[01]$/.test(isClean ?? "")) break;
    merges.push(isClean === "1" ? { tree } : { conflicts: [...new Set(fields.slice(at + 2, end))] });
    at = end + 1;
  }
  return merges;
}
