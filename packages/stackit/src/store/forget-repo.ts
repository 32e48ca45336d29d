import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

const TABLES = [
  "delivery",
  "hook",
  "head_move",
  "repository",
  "landed",
  "departed",
  "stack",
  "pull_request",
  "forge_look",
  "forge_branch",
  "activity",
  "submission",
] as const;

/** Removes everything that the store holds of a repository, by its store key, at once. */
export async function forgetRepo(db: Kysely<Schema>, repoKey: string): Promise<void> {
  await db.transaction().execute(async (all) => {
    for (const table of ["sync_run", "run_history"] as const)
      await all.deleteFrom(table).where("store_key", "=", repoKey).execute();
    for (const table of TABLES) await all.deleteFrom(table).where("repo_key", "=", repoKey).execute();
  });
}
