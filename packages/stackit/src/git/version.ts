import { tmpdir } from "node:os";
import { readOnlyEnvironment } from "./environment.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** `cat-file --batch-command` came with 2.36, `merge-tree --write-tree` with 2.38, `patch-id --verbatim` with 2.39. */
export const OLDEST_GIT = [2, 39] as const;

/** Such as "2.39.5". @throws {GitError} `no-git` when there is none. */
export async function gitVersion(spawner: Spawner, signal: AbortSignal): Promise<string> {
  const request = { args: ["version"], cwd: tmpdir(), env: readOnlyEnvironment(tmpdir()) };
  const { stdout } = await runGit(spawner, request, { signal, timeoutMs: 10_000 });
  return /\d+(\.\d+)+/.exec(stdout.toString())?.[0] ?? stdout.toString().trim();
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1]);
}
