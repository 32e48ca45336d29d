import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const listedLogins: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("listed_login")
      .addColumn("login", "text", (column) => column.primaryKey())
      .addColumn("person_id", "text", (column) => column.notNull())
      .execute();
  },
};
