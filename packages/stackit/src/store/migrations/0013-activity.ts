import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const activity: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("activity")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("failed", "smallint", (column) => column.notNull())
      .addColumn("people", "text", (column) => column.notNull())
      .addColumn("stack_id", "text")
      .addColumn("branch", "text")
      .addColumn("event", "text", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("activity_repo").on("activity").columns(["repo_key", "id"]).execute();
  },
};
