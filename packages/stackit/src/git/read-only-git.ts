import { dirname } from "node:path";
import { readOnlyEnvironment, withUserConfig } from "./environment.ts";
import { GitError } from "./git-error.ts";
import { type RunOptions, type RunResult, runGit, startGit } from "./run-git.ts";
import type { GitProcess, Spawner, SpawnRequest } from "./spawner.ts";

/** The subcommands that a working copy is read with. None of them can write, given the options allowed below. */
export type ReadCommand = keyof typeof ALLOWED_OPTIONS;

/**
 * The options that a reading subcommand may be given, each in full. All others are refused: there are some that write a file or
 * run somebody's program, most can be shortened, and new ones come with each version. The formats of signatures run gpg.
 */
const ALLOWED_OPTIONS = {
  "cat-file": /^--(batch-command|buffer|unordered|batch-all-objects|batch-check=%\(objectname\))$/,
  "diff-tree":
    /^(-[rtpMw]|--(stdin|numstat|raw|always|full-index|no-commit-id|no-ext-diff|no-textconv|no-color|ignore-blank-lines))$/,
  "for-each-ref": /^--(count=\d+|format=(?!.*%\(\*?signature).*)$/s,
  "patch-id": /^--verbatim$/,
  "range-diff": /^--(no-color|no-notes|creation-factor=\d+)$/,
  "rev-list":
    /^--(stdin|topo-order|parents|ignore-missing|no-commit-header|encoding=UTF-8|max-count=\d+|format=(?!.*%G).*)$/s,
  "rev-parse": /^--symbolic-full-name$/,
  config: /^--(list|null|includes|local|worktree)$/,
} as const satisfies Record<string, RegExp>;

/**
 * Git for a repository that is not ours. A writing subcommand is a type error here, and refused when it comes all the
 * same; git itself runs without hooks, helpers, locks and network.
 */
export class ReadOnlyGit {
  readonly gitDir: string;
  readonly #spawner: Spawner;

  constructor(spawner: Spawner, gitDir: string) {
    this.#spawner = spawner;
    this.gitDir = gitDir;
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
    const refused = refusedPart(command, args);
    if (refused !== undefined) {
      throw new GitError("failed", {
        args: [command, ...args],
        stderr: `refused: a working copy is only read, and ${refused} could do more`,
      });
    }
    // Made for each process: to have one each would be most of what a repository takes that is not read.
    const env = readOnlyEnvironment(dirname(this.gitDir));
    return {
      // Not the working tree, even where the configuration names one: nothing there, such as .gitattributes, may change an answer.
      args: ["--no-pager", `--git-dir=${this.gitDir}`, `--work-tree=${this.gitDir}`, command, ...args],
      cwd: this.gitDir,
      env: command === "config" ? withUserConfig(env) : env,
    };
  }
}

function refusedPart(command: ReadCommand, args: readonly string[]): string | undefined {
  const allowed: RegExp | undefined = Object.hasOwn(ALLOWED_OPTIONS, command)
    ? ALLOWED_OPTIONS[command]
    : undefined;
  if (!allowed) return command;
  // Given a name, `git config` sets it, whatever options come after.
  if (command === "config") return args.includes("--list") ? args.find((arg) => !allowed.test(arg)) : command;
  const end = args.indexOf("--end-of-options");
  const options = args.slice(0, end < 0 ? args.length : end).filter((arg) => arg.startsWith("-"));
  return options.find((option) => !allowed.test(option));
}
