import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const firstTables: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("sync_run")
      .addColumn("store_key", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("outcome", "text")
      .addColumn("error_code", "text")
      .addColumn("requested_at", "bigint", (column) => column.notNull())
      .addColumn("finished_at", "bigint")
      .addColumn("run", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("sync_run_pk", ["store_key", "id"])
      .execute();
    await db.schema
      .createTable("line_count")
      .addColumn("pair", "text", (column) => column.primaryKey())
      .addColumn("added", "integer", (column) => column.notNull())
      .addColumn("deleted", "integer", (column) => column.notNull())
      .addColumn("files", "integer", (column) => column.notNull())
      .addColumn("used_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("line_count_used_at").on("line_count").column("used_at").execute();
  },
};
