import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { makeBareFolder, type ObjectFormat } from "./bare-folder.ts";
import { readOnlyEnvironment } from "./environment.ts";
import { failureOf, GitError } from "./git-error.ts";
import { looseBytes, writeLooseObject } from "./loose-objects.ts";
import { writePack } from "./pack-file.ts";
import { mergePlainly, type TreesToMerge } from "./plain-merge.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";
import { parseTree } from "./tree-object.ts";
import { TrialAttributes } from "./trial-attributes.ts";

const inflateAsync = promisify(inflate);

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

/** What is held beyond this is written, and held no more. */
const MAX_HELD_BYTES = 16 << 20;
const WRITTEN_AT_ONCE = 16;
const READ_AT_ONCE = 32;

const NOBODY = "Stackit <stackit> 0 +0000";

/**
 * Merges that nobody sees: in a Git folder of its own, of objects that were put into it. Git cannot see the repository that these are
 * from, so nothing there is written, obeyed or even touched: git renews the times of files that hold what it would write. Most merges take no
 * git, so what is put here is held in memory until git is started, or until it is much. What is made lives until disposal.
 */
export class TrialMerges implements AsyncDisposable {
  readonly #spawner: Spawner;
  readonly #folder: string;
  readonly #gitDir: string;
  readonly #hash: ObjectFormat;
  readonly #attributes: TrialAttributes;
  /** Of what was put here, as it is before it is packed. */
  bytes = 0;
  /** By object id. */
  readonly #held = new Map<string, Buffer>();
  #heldBytes = 0;
  /** What is held and git cannot see yet. */
  readonly #unwritten = new Set<string>();
  /** What was put here, by object id; all else is new. */
  readonly #copies = new Set<string>();
  /** By commit that was made here. */
  readonly #trees = new Map<string, string>();

  private constructor(spawner: Spawner, folder: string, hash: ObjectFormat) {
    this.#spawner = spawner;
    this.#folder = folder;
    this.#gitDir = join(folder, "git");
    this.#hash = hash;
    this.#attributes = new TrialAttributes(this.#gitDir, folder, async (oid) => {
      const bytes = await this.#read(oid);
      return bytes?.subarray(bytes.indexOf(0) + 1);
    });
  }

  /** In a new folder below that one. */
  static async open(spawner: Spawner, below: string, objectFormat: ObjectFormat): Promise<TrialMerges> {
    const folder = await mkdtemp(join(below, "trial-"));
    await makeBareFolder(join(folder, "git"), objectFormat);
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

  /** What the repository has, or what only merging needs. Resolves to its object id. */
  async put(type: string, content: Buffer): Promise<string> {
    const oid = await this.make(type, content);
    this.#copies.add(oid);
    return oid;
  }

  /** What nobody has yet. Resolves to its object id. */
  async make(type: string, content: Buffer): Promise<string> {
    const bytes = looseBytes(type, content);
    this.bytes += bytes.length;
    const oid = createHash(this.#hash).update(bytes).digest("hex");
    if (this.#held.has(oid)) return oid;
    this.#held.set(oid, bytes);
    this.#unwritten.add(oid);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_HELD_BYTES) await this.#letGo();
    return oid;
  }

  /** For git, in one pack: a file for each would take most of the time of a merge. */
  async #writeHeld(): Promise<void> {
    const objects = new Map([...this.#held].filter(([oid]) => this.#unwritten.has(oid)));
    if (objects.size === 0) return;
    await writePack(join(this.#gitDir, "objects"), objects, { format: this.#hash, isShortLived: true });
    for (const oid of objects.keys()) this.#unwritten.delete(oid);
  }

  /** Into files of their own, where both git and `#read` find them. */
  async #letGo(): Promise<void> {
    const held = [...this.#held];
    for (let start = 0; start < held.length; start += WRITTEN_AT_ONCE) {
      await Promise.all(held.slice(start, start + WRITTEN_AT_ONCE).map((one) => this.#write(...one)));
    }
  }

  async #write(oid: string, bytes: Buffer): Promise<void> {
    await writeLooseObject(join(this.#gitDir, "objects"), oid, bytes);
    this.#unwritten.delete(oid);
    if (this.#held.delete(oid)) this.#heldBytes -= bytes.length;
  }

  /** What these commits reach of what is new here, themselves included: by object id, each with its header. */
  async madeFor(commits: Iterable<string>): Promise<Map<string, Buffer>> {
    const made = new Map<string, Buffer>();
    const seen = new Set(commits);
    const open = [...seen];
    while (open.length > 0) {
      const some = open.splice(0, READ_AT_ONCE).filter((oid) => !this.#copies.has(oid));
      const read = await Promise.all(some.map((oid) => this.#read(oid)));
      for (const [index, oid] of some.entries()) {
        const bytes = read[index];
        if (!bytes) continue;
        made.set(oid, bytes);
        const below = namedBy(oid, bytes).filter((one) => !seen.has(one));
        for (const one of below) seen.add(one);
        open.push(...below);
      }
    }
    return made;
  }

  /** What `merge` would give, without a process, where that follows from the trees alone. Undefined where it does not. */
  mergePlainly(trees: TreesToMerge): Promise<string | undefined> {
    return mergePlainly(trees, {
      readTree: (oid) => this.#readTree(oid),
      putTree: (content) => this.make("tree", content),
    });
  }

  async #readTree(oid: string): Promise<Buffer | undefined> {
    const bytes = await this.#read(oid);
    return bytes?.toString("latin1", 0, 5) === "tree " ? bytes.subarray(bytes.indexOf(0) + 1) : undefined;
  }

  async #read(oid: string): Promise<Buffer | undefined> {
    return this.#held.get(oid) ?? (await this.#readWritten(oid).catch(() => undefined));
  }

  async #readWritten(oid: string): Promise<Buffer> {
    return inflateAsync(await readFile(join(this.#gitDir, "objects", oid.slice(0, 2), oid.slice(2))));
  }

  /**
   * In one process, but for pairs with other attributes than those before, and for those behind one that git stumbles over. Answers in
   * the order of the pairs. @throws {GitError} when the time of one process is up, the signal aborts, or something else is wrong
   */
  async merge(
    pairs: readonly MergePair[],
    limits: { signal: AbortSignal; timeoutMs: number },
  ): Promise<TrialMerge[]> {
    await this.#writeHeld();
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

/** The objects that a commit or a tree names; `bytes` has the header. */
function namedBy(oid: string, bytes: Buffer): string[] {
  const content = bytes.subarray(bytes.indexOf(0) + 1);
  const type = bytes.toString("latin1", 0, bytes.indexOf(0x20));
  if (type === "tree") return (parseTree(oid, content) ?? []).map((entry) => entry.oid);
  if (type !== "commit") return [];
  const header = content.toString("latin1", 0, content.indexOf("\n\n"));
  return [...header.matchAll(/^(?:tree|parent) ([0-9a-f]+)$/gm)].map(([, named = ""]) => named);
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
