import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const repositories: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("repository")
      .addColumn("repo_key", "text", (column) => column.primaryKey())
      .addColumn("configured_url", "text", (column) => column.notNull())
      .addColumn("configured_name", "text", (column) => column.notNull())
      .addColumn("forge_id", "bigint")
      .addColumn("url", "text", (column) => column.notNull())
      .addColumn("full_name", "text", (column) => column.notNull())
      .addColumn("former_names", "text", (column) => column.notNull())
      .addColumn("named_at", "bigint")
      .addColumn("deleted_at", "bigint")
      .addColumn("first_seen_at", "bigint", (column) => column.notNull())
      .addColumn("last_seen_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
