import { dirname } from "node:path";
import { mirrorEnvironment } from "./environment.ts";
import { type RunOptions, type RunResult, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

export interface Remote {
  /** http or https, without a user. */
  readonly url: URL;
  /** The whole header value. */
  readonly authorization?: string | undefined;
}

export interface RefUpdate {
  readonly ref: string;
  /** What must be there now. */
  readonly old: string;
}

const FETCH = [
  "fetch",
  "--quiet",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-tags",
  "--no-recurse-submodules",
  "--no-show-forced-updates",
];
/** More tips cost more than the walk that they save. */
const MAX_TIPS = 256;

/** The commands that change a mirror of ours. The folder is always named, so none can land in a repository around it. */
export class MirrorGit {
  readonly gitDir: string;
  readonly #spawner: Spawner;
  readonly #remote: Remote;
  readonly #env: Record<string, string>;

  constructor(spawner: Spawner, gitDir: string, remote: Remote) {
    this.gitDir = gitDir;
    this.#spawner = spawner;
    this.#remote = remote;
    this.#env = mirrorEnvironment(dirname(gitDir), remote);
  }

  /** Makes the folder a bare repository without anything from templates. @throws {GitError} */
  async init(objectFormat: string, options: RunOptions): Promise<void> {
    const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${objectFormat}`, this.gitDir];
    await runGit(this.#spawner, { args, cwd: dirname(this.gitDir), env: this.#env }, options);
  }

  /**
   * Fetches by refspec, forced. `tips`: what we have of the refs concerned, so that git need not walk all others.
   * @throws {GitError}
   */
  async fetch(refspecs: readonly string[], tips: readonly string[], options: RunOptions): Promise<void> {
    const negotiation = tips.length <= MAX_TIPS ? tips.map((oid) => `--negotiation-tip=${oid}`) : [];
    const args = [...FETCH, ...negotiation, "--stdin", "--end-of-options", this.#remote.url.href];
    await this.#run(args, { ...options, input: `${refspecs.join("\n")}\n` });
  }

  /** Deletes refs that have not moved. All or none. @throws {GitError} */
  async deleteRefs(updates: readonly RefUpdate[], options: RunOptions): Promise<void> {
    if (updates.length === 0) return;
    const input = updates.map(({ ref, old }) => `delete ${ref}\0${old}\0`).join("");
    await this.#run(["update-ref", "--stdin", "-z"], { ...options, input });
  }

  /** Points HEAD at a branch, whether or not it is there. @throws {GitError} */
  async setHead(ref: string, options: RunOptions): Promise<void> {
    await this.#run(["symbolic-ref", "HEAD", ref], options);
  }

  async packRefs(options: RunOptions): Promise<void> {
    await this.#run(["pack-refs", "--all"], options);
  }

  /** What the remote advertises, as git sees it: for remotes that our own look does not understand. @throws {GitError} */
  async listRemote(prefixes: readonly string[], options: RunOptions): Promise<string> {
    const patterns = prefixes.map((prefix) => `${prefix}*`);
    const args = [
      "ls-remote",
      "--quiet",
      "--symref",
      "--end-of-options",
      this.#remote.url.href,
      "HEAD",
      ...patterns,
    ];
    return (await this.#run(args, options)).stdout.toString("latin1");
  }

  async #run(args: readonly string[], options: RunOptions): Promise<RunResult> {
    const request = {
      args: ["--no-pager", `--git-dir=${this.gitDir}`, ...args],
      cwd: this.gitDir,
      env: this.#env,
    };
    return runGit(this.#spawner, request, options);
  }
}
