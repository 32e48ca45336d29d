import { dirname } from "node:path";
import { KEPT } from "../stacks/ref-reading.ts";
import { HAVES, makeAside } from "./aside-folder.ts";
import { readOnlyEnvironment } from "./environment.ts";
import { GitError } from "./git-error.ts";
import { runGit } from "./run-git.ts";
import type { Spawner } from "./spawner.ts";

/** For all of it: a mirror that waits to be healed is worth more than what it has kept. */
const TIMEOUT_MS = 60_000;

/**
 * Brings commits into a mirror of ours, with all that they lead to and the mirror does not hold, from an `objects` folder that may be
 * damaged, and keeps them there. What is not whole is passed over, and so is what does not come in time. Git computes the id of each
 * object that it brings anew, and looks whether what it leads to has come too.
 * @throws {GitError} `aborted`, or the system's error
 */
export async function salvage(
  spawner: Spawner,
  to: { readonly gitDir: string; readonly from: string },
  oids: Iterable<string>,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  // One that is broken fails all that are asked for with it.
  const open = [[...new Set(oids)]];
  for (let some = open.pop(); some; some = open.pop()) {
    if (some.length === 0 || (await isBrought(spawner, to, some, inTime))) continue;
    if (signal.aborted) throw new GitError("aborted", { args: ["fetch"], cause: signal.reason });
    if (inTime.aborted) return;
    const middle = some.length >> 1;
    if (middle > 0) open.push(some.slice(middle), some.slice(0, middle));
  }
}

async function isBrought(
  spawner: Spawner,
  { gitDir, from }: { readonly gitDir: string; readonly from: string },
  oids: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  // What they lead to may be whole in either of the two.
  await using aside = await makeAside(gitDir, oids, [from]);
  const args = [
    "--no-pager",
    `--git-dir=${gitDir}`,
    "fetch",
    "--quiet",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-tags",
    "--no-recurse-submodules",
    "--end-of-options",
    aside.gitDir,
    `${HAVES}*:${KEPT}*`,
  ];
  const env = { ...readOnlyEnvironment(dirname(gitDir)), GIT_ALLOW_PROTOCOL: "file" };
  try {
    await runGit(spawner, { args, cwd: gitDir, env }, { signal, timeoutMs: TIMEOUT_MS });
    return true;
  } catch {
    return false;
  }
}
