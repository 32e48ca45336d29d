import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const departed: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("departed")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("left_at", "bigint", (column) => column.notNull())
      .addColumn("facts", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("departed_pk", ["repo_key", "name"])
      .execute();
  },
};
