import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const landed: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("patch_id")
      .addColumn("change", "text", (column) => column.primaryKey())
      .addColumn("patch", "text", (column) => column.notNull())
      .addColumn("written_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("patch_id_written_at").on("patch_id").column("written_at").execute();
    await db.schema
      .createTable("landed")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("tip", "text", (column) => column.notNull())
      .addColumn("base", "text", (column) => column.notNull())
      .addColumn("trunk", "text", (column) => column.notNull())
      .addColumn("how", "text", (column) => column.notNull())
      .addColumn("trunk_commit", "text", (column) => column.notNull())
      .addColumn("landed_at", "bigint", (column) => column.notNull())
      .addColumn("seen_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("landed_pk", ["repo_key", "tip"])
      .execute();
  },
};
