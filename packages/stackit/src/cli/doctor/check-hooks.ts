import { stat } from "node:fs/promises";
import { join } from "node:path";
import { hookHealth } from "../../store/hook-health.ts";
import type { Finding } from "./finding.ts";

/** Which webhooks have fallen silent, as far as the database knows. Opens it for reading only. */
export async function checkHooks(dataDir: string): Promise<Finding[]> {
  const hooks = await hooksIn(join(dataDir, "stackit.sqlite"));
  const announcing = hooks.filter(({ health }) => health === "announcing").length;
  const silent = hooks.filter(({ health }) => health === "silent");
  const heard: Finding = {
    level: "ok",
    subject: "webhooks",
    detail: `pushes are announced of ${announcing === 1 ? "1 repository" : `${announcing} repositories`}`,
  };
  return [
    ...(announcing > 0 ? [heard] : []),
    ...silent.map(
      ({ repoKey, lastPushAt, silentSince }): Finding => ({
        level: "warn",
        subject: `webhook of ${repoKey.replace(/^mirror:/, "")}`,
        detail: `a change was found at ${silentSince} that it did not announce; the last push that it announced came at ${lastPushAt}`,
        mend: "Look at its settings at GitHub: the address, the secret, whether it sends pushes, and what its last deliveries were answered.",
      }),
    ),
  ];
}

/** What cannot be read is the business of another check; a database of an older version has no such table. */
async function hooksIn(file: string) {
  if (!(await stat(file).catch(() => undefined))?.size) return [];
  try {
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { readOnly: true, timeout: 1000 });
    try {
      const rows = database.prepare("select * from hook order by repo_key").all();
      return rows.map(({ repo_key, last_push_at, silent_since, silent_run }) => {
        const silence =
          silent_since === null ? undefined : { sinceMs: Number(silent_since), runId: String(silent_run) };
        const health = hookHealth({ lastPushAtMs: Number(last_push_at), silence }, Date.now());
        return { repoKey: String(repo_key), ...health };
      });
    } finally {
      database.close();
    }
  } catch {
    return [];
  }
}
