import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const addedRepos: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("added_repo")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("url", "text", (column) => column.notNull().unique())
      .addColumn("visibility", "text", (column) => column.notNull())
      .addColumn("added_by", "text", (column) => column.notNull())
      .addColumn("added_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
