import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

export const headMoves: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("head_move")
      .addColumn("repo_key", "text", (column) => column.notNull())
      .addColumn("ref", "text", (column) => column.notNull())
      .addColumn("seen_at", "bigint", (column) => column.notNull())
      .addColumn("old_oid", "text", (column) => column.notNull())
      .addColumn("new_oid", "text")
      .addColumn("kind", "text")
      .addColumn("was_last", "smallint", (column) => column.notNull())
      .addPrimaryKeyConstraint("head_move_pk", ["repo_key", "ref", "seen_at"])
      .execute();
    await db.schema
      .createIndex("head_move_seen_at")
      .on("head_move")
      .columns(["repo_key", "seen_at"])
      .execute();
    await db.schema
      .createIndex("head_move_unsettled")
      .on("head_move")
      .column("repo_key")
      .where(sql.ref("kind"), "is", null)
      .execute();
  },
};
