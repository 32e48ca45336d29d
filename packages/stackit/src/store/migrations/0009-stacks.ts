import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const stacks: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("stack")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("gone_at", "bigint")
      .addColumn("facts", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("stack_pk", ["repo_key", "id"])
      .execute();
  },
};
