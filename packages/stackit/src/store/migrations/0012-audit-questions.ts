import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

interface Before {
  audit: { id: string; entry: string; actor_name: string; target: string };
}

export const auditQuestions: Migration = {
  async up(db: Kysely<Before>) {
    await db.schema
      .alterTable("audit")
      .addColumn("actor_name", "text", (column) => column.notNull().defaultTo(""))
      .execute();
    await db.schema
      .alterTable("audit")
      .addColumn("target", "text", (column) => column.notNull().defaultTo(""))
      .execute();
    for (const { id, entry } of await db.selectFrom("audit").select(["id", "entry"]).execute()) {
      const { actor, target = "" } = JSON.parse(entry);
      const actor_name = String(actor?.name ?? "").toLowerCase();
      await db.updateTable("audit").set({ actor_name, target }).where("id", "=", id).execute();
    }
    for (const column of ["action", "actor", "actor_name", "target"]) {
      await db.schema.createIndex(`audit_${column}`).on("audit").columns([column, "id"]).execute();
    }
  },
};
