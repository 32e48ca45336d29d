import { dirname, join } from "node:path";
import { readOnlyEnvironment } from "./environment.ts";
import { type RunOptions, type RunResult, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

export interface CheckoutPlace {
  /** The folder with the files. */
  readonly top: string;
  /** Its `.git`. */
  readonly gitDir: string;
  /** A stand-in for `gitDir`: see `makeStandIn`. */
  readonly standIn: string;
}

/** What is to become of a ref. Without `new` it is deleted, without `old` it is created. Names and ids are one byte a character. */
export interface RefEdit {
  readonly ref: string;
  readonly old?: string;
  readonly new?: string;
}

const REASON = "stackit: follow the remote";
/** What people find in the reflog. */
const COMMITTER = { GIT_COMMITTER_NAME: "Stackit", GIT_COMMITTER_EMAIL: "stackit@localhost" };
/** Enough to tell how many files have changed, when they are not very many. */
const MAX_STATUS_BYTES = 256 * 1024;

/**
 * The commands that a checkout is handed over with. None of them touches its index or its files. Those that compare files or bring
 * objects run in the stand-in, so that nothing that is configured in the checkout is ever obeyed; those that write its refs reach no network.
 */
export class CheckoutGit {
  readonly #spawner: Spawner;
  readonly #place: CheckoutPlace;
  readonly #env: Record<string, string>;

  constructor(spawner: Spawner, place: CheckoutPlace) {
    this.#spawner = spawner;
    this.#place = place;
    this.#env = readOnlyEnvironment(dirname(place.top));
  }

  /** How many files differ from the commit: staged, changed, in conflict, or unknown to git and not ignored. @throws {GitError} */
  async countChanges(options: RunOptions): Promise<{ changed: number; untracked: number }> {
    const { top, gitDir } = this.#place;
    const args = [
      `--work-tree=${top}`,
      "status",
      "--porcelain=v2",
      "--untracked-files=normal",
      "--ignore-submodules=dirty",
      "--no-renames",
    ];
    const env = { ...this.#env, ...this.#objects(), GIT_INDEX_FILE: join(gitDir, "index") };
    const limits = { ...options, maxOutputBytes: MAX_STATUS_BYTES, onTooMuch: "cut" as const };
    const { stdout } = await this.#run(this.#place.standIn, args, limits, env, top);
    const lines = stdout.toString("latin1").split("\n").filter(Boolean);
    const untracked = lines.filter((line) => line.startsWith("?")).length;
    return { changed: lines.length - untracked, untracked };
  }

  /** Copies objects, and all that they lead to, from a repository of ours on this machine. @throws {GitError} */
  async bring(from: string, oids: readonly string[], options: RunOptions): Promise<void> {
    const args = [
      "fetch",
      "--quiet",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--no-tags",
      "--no-recurse-submodules",
      "--stdin",
      "--end-of-options",
      from,
    ];
    const env = { ...this.#env, ...this.#objects(), GIT_ALLOW_PROTOCOL: "file" };
    await this.#run(this.#place.standIn, args, { ...options, input: `${oids.join("\n")}\n` }, env);
  }

  /** Lets HEAD name the commit itself instead of a branch, if it stands for that commit now. @throws {GitError} */
  async detach(oid: string, options: RunOptions): Promise<void> {
    await this.#write(["-m", "stackit: hand over", "HEAD", oid, oid], options);
  }

  /** All or none, and only where refs are what they are thought to be. @throws {GitError} */
  async edit(edits: readonly RefEdit[], options: RunOptions): Promise<void> {
    if (edits.length === 0) return;
    const input = Buffer.from(edits.map(instruction).join(""), "latin1");
    await this.#write(["-m", REASON, "--stdin", "-z"], { ...options, input });
  }

  #objects(): Record<string, string> {
    return { GIT_OBJECT_DIRECTORY: join(this.#place.gitDir, "objects") };
  }

  async #write(args: readonly string[], options: RunOptions): Promise<void> {
    const env = { ...this.#env, ...COMMITTER };
    await this.#run(this.#place.gitDir, ["update-ref", "--no-deref", ...args], options, env);
  }

  #run(
    gitDir: string,
    args: readonly string[],
    options: RunOptions,
    env: Record<string, string>,
    cwd = gitDir,
  ): Promise<RunResult> {
    return runGit(this.#spawner, { args: ["--no-pager", `--git-dir=${gitDir}`, ...args], cwd, env }, options);
  }
}

function instruction({ ref, old, new: now }: RefEdit): string {
  if (now === undefined) return `delete ${ref}\0${old ?? ""}\0`;
  return old === undefined ? `create ${ref}\0${now}\0` : `update ${ref}\0${now}\0${old}\0`;
}
