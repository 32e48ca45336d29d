import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A server that was told to end may take a while. The event loop waits too. */
const WAIT_MS = 3_000;

/**
 * Makes this process the only one that works on the mirrors in `dataDir`, until it disposes what is returned or ends, however it does.
 * The lock is one of the operating system's, held by way of an empty database.
 * @throws when another process has it
 */
export function lockMirrors(dataDir: string): Disposable {
  const folder = join(dataDir, "mirrors");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, "lock.sqlite"), { timeout: WAIT_MS });
  try {
    database.exec("begin exclusive");
  } catch (cause) {
    database.close();
    if (!isBusy(cause))
      throw new Error(`The mirrors in ${dataDir} cannot be locked: ${reasonOf(cause)}`, { cause });
    const advice = "Stop it, or give this one another --data-dir.";
    throw new Error(`Another server keeps the mirrors in ${dataDir}. ${advice}`, { cause });
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** SQLITE_BUSY, and what extends it. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
