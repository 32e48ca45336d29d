import { link, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readHeadFile } from "../git/heads.ts";
import { CheckoutRefusedError } from "./checkout-refusal.ts";

/** Tells our lock from those of git. */
const NOTE = "held by stackit\n";
/** No git of ours works on refs for so long. */
const STALE_MS = 60_000;

/**
 * Does `work` while nobody can check anything out: the lock is the one that git itself takes for HEAD. `work` is not begun when HEAD
 * does not name `oid` itself.
 * @throws {CheckoutRefusedError} when HEAD is locked or has moved, or what `work` throws
 */
export async function withHeadLock(gitDir: string, oid: string, work: () => Promise<void>): Promise<void> {
  const path = join(gitDir, "HEAD.lock");
  const note = join(gitDir, "stackit-head-lock");
  // Whoever is killed leaves no lock, or one that tells whose it is.
  await writeFile(note, NOTE);
  try {
    await link(note, path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw inUse();
    throw error;
  } finally {
    await rm(note, { force: true });
  }
  try {
    const head = await readHeadFile(gitDir);
    if (head.kind !== "oid" || head.oid !== oid) throw inUse();
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Removes the locks that this server left when it was killed while it held HEAD. Locks of others stay: without ours there are none
 * of our git's.
 */
export async function removeOwnLocks(gitDir: string): Promise<void> {
  const path = join(gitDir, "HEAD.lock");
  if ((await readFile(path, "latin1").catch(() => undefined)) !== NOTE) return;
  const ours = await stat(path).catch(() => undefined);
  if (!ours || Date.now() - ours.mtimeMs < STALE_MS) return;
  for (const name of ["packed-refs.lock", ...(await lockedRefs(gitDir))]) {
    const found = await stat(join(gitDir, name)).catch(() => undefined);
    const isOurs = found && found.mtimeMs >= ours.mtimeMs && found.mtimeMs < ours.mtimeMs + STALE_MS;
    if (isOurs) await rm(join(gitDir, name), { force: true });
  }
  await rm(path, { force: true });
}

async function lockedRefs(gitDir: string): Promise<string[]> {
  const folders = ["refs/heads", "refs/stackit", "refs/stackit-found"];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(gitDir, folder), { recursive: true }).catch(() => []);
      return names.filter((name) => name.endsWith(".lock")).map((name) => join(folder, name));
    }),
  );
  return found.flat();
}

function inUse(): CheckoutRefusedError {
  return new CheckoutRefusedError(
    "Somebody's git changed what is checked out in it just now.",
    "It is tried again by itself.",
    { passes: true },
  );
}
