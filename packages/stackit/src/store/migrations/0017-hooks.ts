import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** Webhooks that were heard before are known from what they delivered. */
export const hooks: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("hook")
      .addColumn("repo_key", "text", (column) => column.primaryKey())
      .addColumn("last_push_at", "bigint", (column) => column.notNull())
      .addColumn("silent_since", "bigint")
      .addColumn("silent_run", "text")
      .execute();
    await sql`
      insert into hook (repo_key, last_push_at)
      select repo_key, max(received_at) from delivery where event = 'push' group by repo_key
    `.execute(db);
  },
};
