import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import { readOnlyEnvironment } from "./environment.ts";
import { failureOf, GitError } from "./git-error.ts";
import { mergePlainly, type TreesToMerge } from "./plain-merge.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";
import { TrialAttributes } from "./trial-attributes.ts";

export type TrialMerge =
  | { readonly kind: "merged"; readonly tree: string }
  /** Paths, sorted as git sorts them. */
  | { readonly kind: "conflicts"; readonly paths: readonly string[] }
  /** Objects are not there, or somebody's program would have to be run. */
  | { readonly kind: "not-here" | "driver" };

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
  readonly #folder: string;
  readonly #gitDir: string;
  readonly #hash: "sha1" | "sha256";
  readonly #attributes: TrialAttributes;
  /** Of what was put here, as it is before it is packed. */
  bytes = 0;
  /** By commit that was made here. */
  readonly #trees = new Map<string, string>();

  private constructor(spawner: Spawner, folder: string, hash: "sha1" | "sha256") {
    this.#spawner = spawner;
    this.#folder = folder;
    this.#gitDir = join(folder, "git");
    this.#hash = hash;
    this.#attributes = new TrialAttributes(this.#gitDir, folder);
  }

  /** In a new folder below that one. */
  static async open(spawner: Spawner, below: string, objectFormat: "sha1" | "sha256"): Promise<TrialMerges> {
    const folder = await mkdtemp(join(below, "trial-"));
    const gitDir = join(folder, "git");
    await mkdir(join(gitDir, "objects"), { recursive: true });
    await mkdir(join(gitDir, "refs"));
    await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/none\n");
    await writeFile(
      join(gitDir, "config"),
      `[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = ${objectFormat}\n`,
    );
    return new TrialMerges(spawner, folder, objectFormat);
  }

  /** A commit of that tree, on a parent or on none. Resolves to its object id. */
  async commit(tree: string, parent?: string): Promise<string> {
    const on = parent === undefined ? "" : `parent ${parent}\n`;
    const content = Buffer.from(`tree ${tree}\n${on}author ${NOBODY}\ncommitter ${NOBODY}\n\n`);
    const oid = await this.put("commit", content);
    this.#trees.set(oid, tree);
    return oid;
  }

  /** Resolves to its object id. */
  async put(type: string, content: Buffer): Promise<string> {
    const bytes = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    this.bytes += bytes.length;
    const oid = createHash(this.#hash).update(bytes).digest("hex");
    const file = this.#fileOf(oid);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await promisify(deflate)(bytes, { level: 1 }));
    return oid;
  }

  /** What `merge` would give, without a process, where that follows from the trees alone. Undefined where it does not. */
  mergePlainly(trees: TreesToMerge): Promise<string | undefined> {
    return mergePlainly(trees, {
      readTree: (oid) => this.#readTree(oid),
      putTree: (content) => this.put("tree", content),
    });
  }

  async #readTree(oid: string): Promise<Buffer | undefined> {
    const bytes = await readFile(this.#fileOf(oid))
      .then((file) => promisify(inflate)(file))
      .catch(() => undefined);
    return bytes?.toString("latin1", 0, 5) === "tree " ? bytes.subarray(bytes.indexOf(0) + 1) : undefined;
  }

  #fileOf(oid: string): string {
    return join(this.#gitDir, "objects", oid.slice(0, 2), oid.slice(2));
  }

  /**
   * In one process, but for pairs with other attributes than those before, and for those behind one that git stumbles over. Answers in
   * the order of the pairs. @throws {GitError} when the time of one process is up, the signal aborts, or something else is wrong
   */
  async merge(
    pairs: readonly MergePair[],
    limits: { signal: AbortSignal; timeoutMs: number },
  ): Promise<TrialMerge[]> {
    const workTrees = await Promise.all(
      pairs.map(({ ours }) => this.#attributes.workTreeFor(this.#trees.get(ours) ?? "")),
    );
    const answers: TrialMerge[] = [];
    while (answers.length < pairs.length) {
      const workTree = workTrees[answers.length];
      if (workTree === undefined) {
        answers.push({ kind: "not-here" });
        continue;
      }
      const other = workTrees.findIndex((one, index) => index > answers.length && one !== workTree);
      const open = pairs.slice(answers.length, other < 0 ? undefined : other);
      answers.push(...(await this.#mergeIn(workTree, open, limits)));
    }
    return answers;
  }

  /** Up to the first that git cannot merge, that one included. */
  async #mergeIn(
    workTree: string,
    pairs: readonly MergePair[],
    limits: { signal: AbortSignal; timeoutMs: number },
  ): Promise<TrialMerge[]> {
    const args = [
      `--git-dir=${this.#gitDir}`,
      `--work-tree=${workTree}`,
      "merge-tree",
      "--stdin",
      "--name-only",
      "-z",
      "--no-messages",
    ];
    const { stdout, stderr, exitCode } = await runGit(
      this.#spawner,
      { args, cwd: workTree, env: readOnlyEnvironment(this.#folder) },
      {
        ...limits,
        input: pairs.map(({ ours, theirs }) => `${ours} ${theirs}\n`).join(""),
        okExitCodes: [1, 128],
      },
    );
    const needsDriver = stderr.includes("custom merge driver");
    if (exitCode === 128 && !needsDriver && failureOf(stderr) !== "missing-object")
      throw new GitError("failed", { args, exitCode, stderr });
    const answers = parseMerges(stdout).slice(0, pairs.length);
    if (answers.length < pairs.length) answers.push({ kind: needsDriver ? "driver" : "not-here" });
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
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
    merges.push(
      isClean === "1"
        ? { kind: "merged", tree }
        : { kind: "conflicts", paths: [...new Set(fields.slice(at + 2, end))] },
    );
    at = end + 1;
  }
  return merges;
}
