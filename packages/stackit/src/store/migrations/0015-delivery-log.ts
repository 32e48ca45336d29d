import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

export const deliveryLog: Migration = {
  async up(db: Kysely<unknown>) {
    const delivery = () => db.schema.alterTable("delivery");
    await delivery().addColumn("run_id", "text").execute();
    await delivery().addColumn("replay_run_id", "text").execute();
    await delivery()
      .addColumn("repeats", "integer", (column) => column.notNull().defaultTo(0))
      .execute();
    await delivery().addColumn("repeated_at", "bigint").execute();
    await delivery().addColumn("payload", "text").execute();
    await db.schema
      .createIndex("delivery_repo")
      .on("delivery")
      .columns(["repo_key", "received_at"])
      .execute();
    await db.schema
      .createTable("refused_delivery")
      .addColumn("key", "text", (column) => column.primaryKey())
      .addColumn("result", "text", (column) => column.notNull())
      .addColumn("status", "smallint", (column) => column.notNull())
      .addColumn("event", "text", (column) => column.notNull())
      .addColumn("repository", "text", (column) => column.notNull())
      .addColumn("address", "text", (column) => column.notNull())
      .addColumn("came", "integer", (column) => column.notNull())
      .addColumn("first_at", "bigint", (column) => column.notNull())
      .addColumn("last_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
