import { dirname } from "node:path";
import { readOnlyEnvironment } from "./environment.ts";
import { GitError } from "./git-error.ts";
import { ReadOnlyGit } from "./read-only-git.ts";
import { type RunOptions, type RunResult, runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** Of a text that is looked at. */
const MAX_TEXT_BYTES = 1 << 20;

/** A bare Git folder of ours that sees the objects of a repository beside those that were made in it. */
export class Workshop {
  readonly gitDir: string;
  readonly #spawner: Spawner;
  readonly #env: Record<string, string>;

  constructor(spawner: Spawner, gitDir: string) {
    this.#spawner = spawner;
    this.gitDir = gitDir;
    this.#env = readOnlyEnvironment(dirname(gitDir));
  }

  /** A small blob's text; undefined for what is not here, is no blob or is large. @throws {GitError} when the signal aborts */
  async readText(oid: string, signal: AbortSignal): Promise<string | undefined> {
    const git = new ReadOnlyGit(this.#spawner, this.gitDir);
    try {
      const { stdout } = await git.run("cat-file", ["blob", oid], { signal, maxOutputBytes: MAX_TEXT_BYTES });
      return stdout.toString("utf8");
    } catch (error) {
      if (error instanceof GitError && error.failure !== "aborted") return undefined;
      throw error;
    }
  }

  /** Resolves to the object id of the new blob. @throws {GitError} */
  async putText(text: string, signal: AbortSignal): Promise<string> {
    const { stdout } = await this.#run(["hash-object", "-w", "--stdin"], { signal, input: text });
    return stdout.toString("latin1").trim();
  }

  /** Puts blobs beside the objects of another repository. Nothing reaches them there yet. @throws {GitError} */
  async bring(around: string, oids: readonly string[], signal: AbortSignal): Promise<void> {
    const input = oids.map((oid) => `${oid}\n`).join("");
    const { stdout } = await this.#run(["pack-objects", "--stdout", "--quiet"], { signal, input });
    const args = ["--no-pager", `--git-dir=${around}`, "unpack-objects", "-q"];
    await runGit(this.#spawner, { args, cwd: around, env: this.#env }, { signal, input: stdout });
  }

  #run(args: readonly string[], options: RunOptions): Promise<RunResult> {
    const all = ["--no-pager", `--git-dir=${this.gitDir}`, ...args];
    return runGit(this.#spawner, { args: all, cwd: this.gitDir, env: this.#env }, options);
  }
}
