import { dirname } from "node:path";
import { readOnlyEnvironment } from "./environment.ts";
import { refBytes } from "./ref-name.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** What is to become of a ref. Without `old` it must not be there. */
export interface RefEdit {
  readonly ref: string;
  readonly old?: string | undefined;
  readonly new: string;
}

/** What people find in the reflog. */
const REASON = "stackit: submit";

/**
 * Writes refs of a clone that a person works in, and nothing else: no HEAD, no index, no file. Runs no hook and obeys nothing that is configured
 * there but how refs are kept.
 */
export class PersonsRefs {
  readonly gitDir: string;
  readonly #spawner: Spawner;

  constructor(spawner: Spawner, gitDir: string) {
    this.#spawner = spawner;
    this.gitDir = gitDir;
  }

  /** All or none, and only where refs are what they are thought to be. @throws {GitError} */
  async edit(
    edits: readonly RefEdit[],
    { identity, signal }: { identity: { name: string; email: string }; signal: AbortSignal },
  ): Promise<void> {
    if (edits.length === 0) return;
    const input = Buffer.concat(
      edits.map(({ ref, old, new: now }) =>
        Buffer.concat([
          Buffer.from(old === undefined ? "create " : "update "),
          refBytes(ref),
          Buffer.from(old === undefined ? `\0${now}\0` : `\0${now}\0${old}\0`),
        ]),
      ),
    );
    const env = {
      ...readOnlyEnvironment(dirname(this.gitDir)),
      GIT_COMMITTER_NAME: identity.name,
      GIT_COMMITTER_EMAIL: identity.email,
    };
    const args = [
      "--no-pager",
      `--git-dir=${this.gitDir}`,
      "update-ref",
      "--no-deref",
      "-m",
      REASON,
      "--stdin",
      "-z",
    ];
    await runGit(this.#spawner, { args, cwd: this.gitDir, env }, { signal, input });
  }
}
