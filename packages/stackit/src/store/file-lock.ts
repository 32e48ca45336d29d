import { DatabaseSync } from "node:sqlite";

/**
 * A lock of the operating system's, held by way of an empty database, until it is disposed or this process ends, however it does.
 * Undefined when another has it still after `waitMs`, in which the event loop waits too. @throws when there can be no such file
 */
export function lockFile(file: string, waitMs: number): Disposable | undefined {
  const database = new DatabaseSync(file, { timeout: waitMs });
  try {
    database.exec("begin exclusive");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}

/** SQLITE_BUSY, and what extends it. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === 5;
}
