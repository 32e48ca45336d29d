import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { codeOf, type Finding } from "./finding.ts";

/** Up to this size a database is read through. */
const MAX_CHECKED_BYTES = 64 * 2 ** 20;

/** Whether the database, if there is one yet, can be opened and is whole. Opens it for reading only. */
export async function checkDatabase(dataDir: string): Promise<Finding> {
  const subject = "database";
  const file = join(dataDir, "stackit.sqlite");
  const facts = await stat(file).catch(codeOf);
  if (facts === "ENOENT" || facts === "ENOTDIR")
    return { level: "ok", subject, detail: "none yet; it is made at the first start" };
  if (typeof facts === "string") return broken(file, facts);
  if (facts.size === 0) return { level: "ok", subject, detail: "empty; it is filled at the first start" };
  try {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    try {
      const found = facts.size <= MAX_CHECKED_BYTES ? quickCheck(database) : "ok";
      const size = `${(facts.size / 2 ** 20).toFixed(1)} MiB`;
      if (found === "ok") return { level: "ok", subject, detail: `${file}, ${size}` };
      return broken(file, found);
    } finally {
      database.close();
    }
  } catch (error) {
    return broken(file, error instanceof Error ? error.message : codeOf(error));
  }
}

function quickCheck(database: DatabaseSync): string {
  return String(database.prepare("pragma quick_check(1)").get()?.quick_check);
}

function broken(file: string, reason: string): Finding {
  return {
    level: "warn",
    subject: "database",
    detail: `${file} is not usable: ${reason}`,
    mend: "Check the file's permissions. A damaged one is set aside at the next start, and what can be read of it comes over.",
  };
}
