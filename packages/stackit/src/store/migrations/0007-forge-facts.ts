import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const forgeFacts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("pull_request")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("number", "integer", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("facts", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("pull_request_pk", ["repo_key", "number"])
      .execute();
    await db.schema
      .createTable("forge_look")
      .addColumn("repo_key", "text", (column) => column.primaryKey())
      .addColumn("forge_id", "bigint", (column) => column.notNull())
      .addColumn("etag", "text")
      .addColumn("checked_at", "bigint", (column) => column.notNull())
      .addColumn("changed_at", "bigint", (column) => column.notNull())
      .addColumn("swept_at", "bigint")
      .execute();
    await db.schema
      .createTable("forge_branch")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("branch", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("forge_branch_pk", ["repo_key", "branch"])
      .execute();
  },
};
