import { dirname } from "node:path";
import { HEADS, KEPT } from "../stacks/ref-reading.ts";
import { HAVES, makeAside, readLooseRefs } from "./aside-folder.ts";
import { mirrorEnvironment, readOnlyEnvironment } from "./environment.ts";
import { type FetchProgress, FetchProgressReader } from "./fetch-progress.ts";
import { listRefs, RefListing } from "./for-each-ref.ts";
import { GitError } from "./git-error.ts";
import type { RefMove } from "./listing-after.ts";
import { ReadOnlyGit } from "./read-only-git.ts";
import { refBytes } from "./ref-name.ts";
import type { RemoteAccess } from "./remote-access.ts";
import { type RunOptions, type RunResult, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";
import type { RemoteError } from "./wire/remote-failure.ts";
import { sshFailureOfGit } from "./wire/ssh-failure.ts";

export interface FetchOptions extends RunOptions {
  /** For fetches that take their time: a small one is a hundredth slower with it. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** Objects of a remote, as they come. They may lean on others that are here. */
export interface Pack {
  readonly objectCount: number;
  /** Can be read once. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** Fewer objects are worth no pack of their own: git's own `fetch.unpackLimit`. */
const UNPACK_LIMIT = 100;
const FETCH = [
  "fetch",
  "--no-write-fetch-head",
  "--no-auto-maintenance",
  "--no-tags",
  "--no-recurse-submodules",
  "--no-show-forced-updates",
];
/** One thread, since it is never urgent; no bitmaps and no list for old HTTP clients, since nobody fetches from a mirror. */
const REPACK = ["repack", "-d", "-l", "-n", "--quiet", "--threads=1", "--no-write-bitmap-index"];
/** What nothing reaches may be what a git at work, or a person, is about to reach. */
const GRACE = "2.weeks.ago";
/** A sum of what was found; 128 when that could not be looked for. */
const FSCK_EXIT_CODES = [...Array(64).keys(), 128];
/** What is wrong with a commit-graph (16) or an index of several packs (32): git does without. */
const FSCK_ONLY_SPEEDS_UP = 16 | 32;

/**
 * The commands that change a mirror of ours. The folder is always named, so none can land in a repository around it. Only those
 * that are given a remote can reach one, and that one alone.
 */
export class MirrorGit {
  readonly gitDir: string;
  readonly #spawner: Spawner;

  constructor(spawner: Spawner, gitDir: string) {
    this.gitDir = gitDir;
    this.#spawner = spawner;
  }

  /** Made for each process, since most mirrors have none for hours. */
  get #offline(): Record<string, string> {
    return readOnlyEnvironment(dirname(this.gitDir));
  }

  /** Makes the folder a bare repository without anything from templates. @throws {GitError} */
  async init(objectFormat: string, options: RunOptions): Promise<void> {
    const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${objectFormat}`, this.gitDir];
    await runGit(this.#spawner, { args, cwd: dirname(this.gitDir), env: this.#offline }, options);
  }

  /** Fetches whole namespaces or refs, forced, into the refs of the same names. @throws {GitError} {RemoteError} */
  async fetch(remote: RemoteAccess, names: readonly string[], options: FetchOptions): Promise<void> {
    await this.#fetch(remote, names, options, this);
  }

  /**
   * Brings the objects of refs and moves no ref of the mirror: what came is returned, and is reachable from nothing yet. The cost
   * does not grow with the mirror's refs, as git's own walk through all of them does: the fetch takes place in a Git folder beside
   * them that shares the objects, and knows `haves` alone. What these reach must be here, and there must be one at least: they tell the
   * object format.
   * @throws {GitError} {RemoteError}
   */
  async fetchAside(
    remote: RemoteAccess,
    names: readonly string[],
    haves: readonly string[],
    options: FetchOptions,
  ): Promise<ReadonlyMap<string, string>> {
    await using aside = await makeAside(this.gitDir, haves);
    await this.#fetch(remote, names, options, aside);
    return (await readLooseRefs(aside.gitDir, names)) ?? (await this.#listAside(aside.gitDir, options));
  }

  /**
   * Puts the objects of a pack beside those that are here. Nothing reaches them yet, and what they reach may be missing. What a pack that
   * breaks off leaves is reached by nothing either, or is removed with other leftovers.
   * @throws {GitError} or the error of a pack that breaks off
   */
  async takePack({ objectCount, bytes }: Pack, { onProgress, ...options }: FetchOptions): Promise<void> {
    if (objectCount === 0) return;
    const isSmall = objectCount < UNPACK_LIMIT;
    const told = isSmall ? undefined : onProgress;
    const args = isSmall
      ? ["unpack-objects", "-q"]
      : ["index-pack", "--stdin", "--fix-thin", ...(told ? ["-v"] : [])];
    await this.#run(args, { ...options, ...readerFor(told), input: bytes });
  }

  /**
   * Makes sure that everything is here that objects reach. What `haves` reach is believed to be.
   * @throws {GitError} also when something is missing
   */
  async proveWhole(
    tips: readonly string[],
    haves: readonly string[],
    { onProgress, ...options }: FetchOptions,
  ): Promise<void> {
    const args = ["rev-list", "--objects", "--quiet", "--stdin"];
    if (onProgress) args.push("--progress=Checking connectivity");
    const input = [...tips, ...haves.map((oid) => `^${oid}`)].map((line) => `${line}\n`).join("");
    try {
      await this.#run(args, { ...options, ...readerFor(onProgress), input });
    } catch (error) {
      if (!(error instanceof GitError && error.failure === "missing-object")) throw error;
      // Whether it never came or was lost here, nobody can tell from this alone.
      const { exitCode } = error;
      throw new GitError("failed", { args, exitCode, stderr: "what came is not complete", cause: error });
    }
  }

  async #listAside(gitDir: string, options: RunOptions): Promise<ReadonlyMap<string, string>> {
    const { listing } = await listRefs(new ReadOnlyGit(this.#spawner, gitDir), ["refs/"], options);
    return new Map([...new RefListing(listing).refs].filter(([ref]) => !ref.startsWith(HAVES)));
  }

  async #fetch(
    remote: RemoteAccess,
    names: readonly string[],
    { onProgress, ...options }: FetchOptions,
    { gitDir, objects }: { gitDir: string; objects?: string },
  ): Promise<void> {
    const refspecs = names.map(refBytes).flatMap((name) => ["+", name, ":", name, "\n"]);
    const input = Buffer.concat(refspecs.map((part) => Buffer.from(part)));
    const volume = onProgress ? "--progress" : "--quiet";
    const args = [...FETCH, volume, "--stdin", "--end-of-options", remote.url.href];
    const env = {
      ...mirrorEnvironment(dirname(this.gitDir), remote),
      ...(objects !== undefined && { GIT_OBJECT_DIRECTORY: objects }),
    };
    await this.#run(args, { ...options, ...readerFor(onProgress), input }, { gitDir, env }).catch(
      (error: unknown) => {
        throw ofRemote(error, remote) ?? error;
      },
    );
  }

  /**
   * Moves, makes and deletes refs that are as was thought, and keeps the commits of branches that it deletes. All or none.
   * @throws {GitError}
   */
  async updateRefs(updates: readonly RefMove[], options: RunOptions): Promise<void> {
    const commands = updates.map(({ ref, old, new: now }) => {
      const verb = now === undefined ? "delete" : old === undefined ? "create" : "update";
      const oids = [now, old].flatMap((oid) => (oid === undefined ? [] : [`${oid}\0`]));
      return Buffer.concat([Buffer.from(`${verb} `), refBytes(ref), Buffer.from(`\0${oids.join("")}`)]);
    });
    const leaving = updates.flatMap(({ ref, old, new: now }) =>
      old !== undefined && now === undefined && ref.startsWith(HEADS) ? [old] : [],
    );
    await this.#updateRefs([...keeping(leaving), ...commands], options);
  }

  /** Keeps commits that no branch may reach any more. All or none. @throws {GitError} */
  async keep(oids: readonly string[], options: RunOptions): Promise<void> {
    await this.#updateRefs(keeping(oids), options);
  }

  /** Commits that nothing else reaches may be collected from now on. All or none. @throws {GitError} */
  async stopKeeping(oids: readonly string[], options: RunOptions): Promise<void> {
    const commands = [...new Set(oids)].map((oid) => Buffer.from(`delete ${KEPT}${oid}\0${oid}\0`));
    await this.#updateRefs(commands, options);
  }

  async #updateRefs(commands: readonly Buffer[], options: RunOptions): Promise<void> {
    if (commands.length === 0) return;
    await this.#run(["update-ref", "--stdin", "-z"], { ...options, input: Buffer.concat(commands) });
  }

  /** Points HEAD at a branch, whether or not it is there. @throws {GitError} */
  async setHead(ref: string, options: RunOptions): Promise<void> {
    await this.#run(["symbolic-ref", "HEAD", ref], options);
  }

  async packRefs(options: RunOptions): Promise<void> {
    await this.#run(["pack-refs", "--all"], options);
  }

  /** Joins small packs and loose objects until each pack is more than twice as large as all smaller ones. @throws {GitError} */
  async repackNew(options: RunOptions): Promise<void> {
    await this.#run([...REPACK, "--geometric=2"], options);
  }

  /**
   * Joins everything that refs reach into one pack. What they do not reach goes into another one, and is dropped when nothing has
   * touched it for two weeks. @throws {GitError}
   */
  async repackAll(options: RunOptions): Promise<void> {
    await this.#run([...REPACK, "--cruft", `--cruft-expiration=${GRACE}`], options);
  }

  /** Drops loose objects that nothing reaches and nothing has touched for two weeks. @throws {GitError} */
  async prune(options: RunOptions): Promise<void> {
    await this.#run(["prune", `--expire=${GRACE}`], options);
  }

  /** `anew`: whether nothing of what was written before is to be used. @throws {GitError} */
  async writeCommitGraph({ anew }: { anew: boolean }, options: RunOptions): Promise<void> {
    const split = anew ? "--split=replace" : "--split";
    await this.#run(["commit-graph", "write", "--reachable", split, "--no-progress"], options);
  }

  /** Whether everything is there that the refs reach. Reads all of it. @throws {GitError} when that cannot be told */
  async isWhole(options: RunOptions): Promise<boolean> {
    const args = ["fsck", "--connectivity-only", "--no-dangling", "--no-progress"];
    const { exitCode } = await this.#run(args, { ...options, okExitCodes: FSCK_EXIT_CODES });
    return (exitCode & ~FSCK_ONLY_SPEEDS_UP) === 0;
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
    const env = mirrorEnvironment(dirname(this.gitDir), remote);
    return (await this.#run(args, options, { env })).stdout.toString("latin1");
  }

  async #run(
    args: readonly string[],
    options: RunOptions,
    { gitDir = this.gitDir, env = this.#offline }: { gitDir?: string; env?: Record<string, string> } = {},
  ): Promise<RunResult> {
    const request = { args: ["--no-pager", `--git-dir=${gitDir}`, ...args], cwd: gitDir, env };
    return runGit(this.#spawner, request, options);
  }
}

/** What `ssh` and the remote say on stderr would read as if git said it of this machine. */
function ofRemote(error: unknown, { url, ssh }: RemoteAccess): RemoteError | undefined {
  return ssh && error instanceof GitError ? sshFailureOfGit(error.stderr, { url, ssh }) : undefined;
}

function readerFor(onProgress: FetchOptions["onProgress"]): Pick<RunOptions, "stderr"> {
  return onProgress ? { stderr: new FetchProgressReader(onProgress) } : {};
}

/** Whether or not they are kept already. */
function keeping(oids: readonly string[]): Buffer[] {
  return [...new Set(oids)].map((oid) => Buffer.from(`update ${KEPT}${oid}\0${oid}\0\0`));
}
