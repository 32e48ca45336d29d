import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** A history that is not there yet is told by the runs, and kept, when somebody asks for it. */
export const runHistories: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("run_history")
      .addColumn("store_key", "text", (column) => column.primaryKey())
      .addColumn("through", "text", (column) => column.notNull())
      .addColumn("history", "text", (column) => column.notNull())
      .execute();
    await sql`create index sync_run_unfinished on sync_run (store_key) where state <> 'finished'`.execute(db);
    await sql`create index submission_unfinished on submission (repo_key) where state <> 'finished'`.execute(
      db,
    );
  },
};
