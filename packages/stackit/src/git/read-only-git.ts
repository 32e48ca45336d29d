import { dirname } from "node:path";
import { readOnlyEnvironment, withUserConfig } from "./environment.ts";
import { GitError } from "./git-error.ts";
import { type RunOptions, type RunResult, runGit, startGit } from "./run-git.ts";
import type { GitProcess, Spawner, SpawnRequest } from "./spawner.ts";

/** The subcommands that a working copy is read with. None of them can write, given the options refused below. */
export type ReadCommand = keyof typeof REFUSED_OPTIONS;

/** Options that would make a reading subcommand write a file or run somebody's program. */
const REFUSED_OPTIONS = {
  "cat-file": /^--(textconv|filters|path)/,
  "diff-tree": /^--(output|ext-diff|textconv)/,
  "for-each-ref": /^--(shell|perl|python|tcl)$/,
  "rev-list": /^--(output|disk-usage)/,
  "rev-parse": /^--(parseopt|sq-quote)/,
  config: /^--(?!list$|null$|includes$|local$|worktree$)/,
} as const satisfies Record<string, RegExp>;

/**
 * Git for a repository that is not ours. A writing subcommand is a type error here, and refused when it comes all the
 * same; git itself runs without hooks, helpers, locks and network.
 */
export class ReadOnlyGit {
  readonly gitDir: string;
  readonly #spawner: Spawner;
  readonly #env: Record<string, string>;

  constructor(spawner: Spawner, gitDir: string) {
    this.#spawner = spawner;
    this.gitDir = gitDir;
    this.#env = readOnlyEnvironment(dirname(gitDir));
  }

  /** @throws {GitError} */
  async run(command: ReadCommand, args: readonly string[], options: RunOptions): Promise<RunResult> {
    return runGit(this.#spawner, this.#request(command, args), options);
  }

  /** A process that the caller talks to, and ends. @throws {GitError} */
  async start(command: ReadCommand, args: readonly string[]): Promise<GitProcess> {
    return startGit(this.#spawner, { ...this.#request(command, args), hasInput: true });
  }

  #request(command: ReadCommand, args: readonly string[]): Omit<SpawnRequest, "hasInput"> {
    const refused: RegExp | undefined = Object.hasOwn(REFUSED_OPTIONS, command)
      ? REFUSED_OPTIONS[command]
      : undefined;
    const bad = refused === undefined ? command : args.find((arg) => refused.test(arg));
    if (bad !== undefined || (command === "config" && !args.includes("--list"))) {
      throw new GitError("failed", {
        args: [command, ...args],
        stderr: `refused: a working copy is only read, and ${bad ?? "config without --list"} could do more`,
      });
    }
    return {
      args: ["--no-pager", `--git-dir=${this.gitDir}`, command, ...args],
      // Not the working tree: nothing there, such as .gitattributes, may change an answer.
      cwd: this.gitDir,
      env: command === "config" ? withUserConfig(this.#env) : this.#env,
    };
  }
}
