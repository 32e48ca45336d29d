import { dirname } from "node:path";
import { HEADS, KEPT } from "../stacks/ref-reading.ts";
import { mirrorEnvironment, readOnlyEnvironment } from "./environment.ts";
import { type FetchProgress, FetchProgressReader } from "./fetch-progress.ts";
import { type RunOptions, type RunResult, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** Where to ask, and what to tell there and nowhere else. */
export interface RemoteAccess {
  /** http or https, without a user. */
  readonly url: URL;
  /** Secret: the whole value of the Authorization header. */
  readonly authorization: string | undefined;
}

export interface RefUpdate {
  readonly ref: string;
  /** What must be there now. */
  readonly old: string;
}

export interface FetchOptions extends RunOptions {
  /** For fetches that take their time: a small one is a hundredth slower with it. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

const FETCH = [
  "fetch",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-tags",
  "--no-recurse-submodules",
  "--no-show-forced-updates",
];
/** More tips cost more than the walk that they save. */
const MAX_TIPS = 256;

/**
 * The commands that change a mirror of ours. The folder is always named, so none can land in a repository around it. Only those
 * that are given a remote can reach one, and that one alone.
 */
export class MirrorGit {
  readonly gitDir: string;
  readonly #spawner: Spawner;
  readonly #offline: Record<string, string>;

  constructor(spawner: Spawner, gitDir: string) {
    this.gitDir = gitDir;
    this.#spawner = spawner;
    this.#offline = readOnlyEnvironment(dirname(gitDir));
  }

  /** Makes the folder a bare repository without anything from templates. @throws {GitError} */
  async init(objectFormat: string, options: RunOptions): Promise<void> {
    const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${objectFormat}`, this.gitDir];
    await runGit(this.#spawner, { args, cwd: dirname(this.gitDir), env: this.#offline }, options);
  }

  /**
   * Fetches by refspec, forced. `tips`: what we have of the refs concerned, so that git need not walk all others.
   * @throws {GitError}
   */
  async fetch(
    remote: RemoteAccess,
    refspecs: readonly string[],
    tips: readonly string[],
    { onProgress, ...options }: FetchOptions,
  ): Promise<void> {
    const negotiation = tips.length <= MAX_TIPS ? tips.map((oid) => `--negotiation-tip=${oid}`) : [];
    const volume = onProgress ? "--progress" : "--quiet";
    const args = [...FETCH, volume, ...negotiation, "--stdin", "--end-of-options", remote.url.href];
    const stderr = onProgress && { stderr: new FetchProgressReader(onProgress) };
    const input = `${refspecs.join("\n")}\n`;
    await this.#run(args, { ...options, ...stderr, input }, this.#online(remote));
  }

  /** Deletes refs that have not moved, and keeps the commits of the branches among them. All or none. @throws {GitError} */
  async deleteRefs(updates: readonly RefUpdate[], options: RunOptions): Promise<void> {
    const branches = updates.filter(({ ref }) => ref.startsWith(HEADS));
    const deletions = updates.map(({ ref, old }) => `delete ${ref}\0${old}\0`);
    await this.#updateRefs([...keeping(branches.map(({ old }) => old)), ...deletions], options);
  }

  /** Keeps commits that no branch may reach any more. All or none. @throws {GitError} */
  async keep(oids: readonly string[], options: RunOptions): Promise<void> {
    await this.#updateRefs(keeping(oids), options);
  }

  async #updateRefs(commands: readonly string[], options: RunOptions): Promise<void> {
    if (commands.length === 0) return;
    await this.#run(["update-ref", "--stdin", "-z"], { ...options, input: commands.join("") });
  }

  /** Points HEAD at a branch, whether or not it is there. @throws {GitError} */
  async setHead(ref: string, options: RunOptions): Promise<void> {
    await this.#run(["symbolic-ref", "HEAD", ref], options);
  }

  async packRefs(options: RunOptions): Promise<void> {
    await this.#run(["pack-refs", "--all"], options);
  }

  /** Whether everything is there that the refs reach. Reads all of it. @throws {GitError} when that cannot be told */
  async isWhole(options: RunOptions): Promise<boolean> {
    const args = ["fsck", "--connectivity-only", "--no-dangling", "--no-progress"];
    const okExitCodes = [1, 2, 3, 4, 5, 6, 7, 8, 128];
    return (await this.#run(args, { ...options, okExitCodes })).exitCode === 0;
  }

  /** What the remote advertises, as git sees it: for remotes that our own look does not understand. @throws {GitError} */
  async listRemote(remote: RemoteAccess, prefixes: readonly string[], options: RunOptions): Promise<string> {
    const patterns = prefixes.map((prefix) => `${prefix}*`);
    const args = [
      "ls-remote",
      "--quiet",
      "--symref",
      "--end-of-options",
      remote.url.href,
      "HEAD",
      ...patterns,
    ];
    return (await this.#run(args, options, this.#online(remote))).stdout.toString("latin1");
  }

  #online(remote: RemoteAccess): Record<string, string> {
    return mirrorEnvironment(dirname(this.gitDir), remote);
  }

  async #run(args: readonly string[], options: RunOptions, env = this.#offline): Promise<RunResult> {
    const request = { args: ["--no-pager", `--git-dir=${this.gitDir}`, ...args], cwd: this.gitDir, env };
    return runGit(this.#spawner, request, options);
  }
}

/** Whether or not they are kept already. */
function keeping(oids: readonly string[]): string[] {
  return [...new Set(oids)].map((oid) => `update ${KEPT}${oid}\0${oid}\0\0`);
}
