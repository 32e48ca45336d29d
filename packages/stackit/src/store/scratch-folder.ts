import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { lockFile } from "./file-lock.ts";

const LOCK = "lock.sqlite";
/** Another process makes a folder, or looks which of them are used. */
const WAIT_MS = 5_000;

export interface ScratchFolder extends AsyncDisposable {
  readonly path: string;
}

interface Locked {
  readonly path: string;
  readonly lock: Disposable;
}

/**
 * A folder below `dataDir` that is this process's alone, for what need not outlive it. What others left there that were killed is removed;
 * what a living process uses is locked, and stays. Disposal removes it. @throws the system's error
 */
export async function openScratchFolder(dataDir: string): Promise<ScratchFolder> {
  const all = join(dataDir, "scratch");
  mkdirSync(all, { recursive: true, mode: 0o700 });
  const { own, unused } = lockFolders(all);
  for (const folder of unused) await remove(folder);
  return { path: own.path, [Symbol.asyncDispose]: () => remove(own) };
}

/** A new one, and those that nobody uses. Of all processes one is in here at a time, so that none finds a folder before it is locked. */
function lockFolders(all: string): { own: Locked; unused: readonly Locked[] } {
  const turn = lockFile(join(all, LOCK), WAIT_MS);
  if (!turn) throw new Error(`${all} is locked, and stays so.`);
  try {
    const found = readdirSync(all, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const unused = found.flatMap(({ name }) => lockUnused(join(all, name)) ?? []);
    const path = mkdtempSync(join(all, "server-"));
    const lock = lockFile(join(path, LOCK), 0);
    if (!lock) throw new Error(`${path} is new, and locked.`);
    return { own: { path, lock }, unused };
  } finally {
    turn[Symbol.dispose]();
  }
}

/** One that cannot be locked at all, as another user's, is left alone too. */
function lockUnused(path: string): Locked | undefined {
  try {
    const lock = lockFile(join(path, LOCK), 0);
    return lock && { path, lock };
  } catch {
    return undefined;
  }
}

/** The lock goes last: what is half removed belongs to somebody. What cannot be removed is left to the next start. */
async function remove({ path, lock }: Locked): Promise<void> {
  try {
    for (const name of await readdir(path)) {
      if (name !== LOCK) await rm(join(path, name), { recursive: true, force: true });
    }
    await rm(join(path, LOCK), { force: true });
    await rmdir(path);
  } catch {
    // It is gone, or somebody who starts in this moment has locked it, and removes it.
  } finally {
    lock[Symbol.dispose]();
  }
}
