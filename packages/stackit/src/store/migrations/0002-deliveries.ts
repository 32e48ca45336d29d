import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const deliveries: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("delivery")
      .addColumn("forge", "text", (column) => column.notNull())
      .addColumn("id", "text", (column) => column.notNull())
      .addColumn("event", "text", (column) => column.notNull())
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("task", "text", (column) => column.notNull())
      .addColumn("received_at", "bigint", (column) => column.notNull())
      .addColumn("finished_at", "bigint")
      .addPrimaryKeyConstraint("delivery_pk", ["forge", "id", "repo_key"])
      .execute();
    await db.schema.createIndex("delivery_received_at").on("delivery").column("received_at").execute();
    await db.schema
      .createIndex("delivery_unfinished")
      .on("delivery")
      .column("repo_key")
      .where(sql.ref("finished_at"), "is", null)
      .execute();
  },
};
