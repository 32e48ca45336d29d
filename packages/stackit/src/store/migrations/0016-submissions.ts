import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const submissions: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("submission")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("requested_at", "bigint", (column) => column.notNull())
      .addColumn("submission", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("submission_key", ["repo_key", "id"])
      .execute();
  },
};
