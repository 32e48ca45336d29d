import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { lockFile } from "./file-lock.ts";

/** A server that was told to end may take a while. The event loop waits too. */
const WAIT_MS = 3_000;

/**
 * Makes this process the only one that works on the mirrors in `dataDir`, until it disposes what is returned or ends, however it does.
 * @throws when another process still has the lock after `waitMs`
 */
export function lockMirrors(dataDir: string, waitMs = WAIT_MS): Disposable {
  const folder = join(dataDir, "mirrors");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = locked(join(folder, "lock.sqlite"), dataDir, waitMs);
  if (lock) return lock;
  const advice = "Stop it, or give this one another --data-dir.";
  throw new Error(`Another server keeps the mirrors in ${dataDir}. ${advice}`);
}

function locked(file: string, dataDir: string, waitMs: number): Disposable | undefined {
  try {
    return lockFile(file, waitMs);
  } catch (cause) {
    throw new Error(`The mirrors in ${dataDir} cannot be locked: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
