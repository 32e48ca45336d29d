import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { SyncRun } from "../../contract/sync-run.ts";

/** As the table is after this. */
type Migrated = {
  sync_run: {
    store_key: string;
    id: string;
    outcome: string | null;
    run: string;
    changed: number;
    announced: number;
  };
};

export const runChanges: Migration = {
  async up(db: Kysely<unknown>) {
    for (const name of ["changed", "announced"]) {
      await db.schema
        .alterTable("sync_run")
        .addColumn(name, "smallint", (column) => column.notNull().defaultTo(0))
        .execute();
    }
    await fillIn(db.withTables<Migrated>());
  },
};

async function fillIn(db: Kysely<Migrated>): Promise<void> {
  const found = await db
    .selectFrom("sync_run")
    .select(["store_key", "id"])
    .where("outcome", "in", ["updated", "partial"])
    .execute();
  for (const { store_key, id } of found) {
    const row = db.selectFrom("sync_run").where("store_key", "=", store_key).where("id", "=", id);
    const { run } = await row.select("run").executeTakeFirstOrThrow();
    const { refs, stacks, triggers }: SyncRun = JSON.parse(run);
    const changes = refs.created + refs.updated + refs.deleted + Object.values(stacks).flat().length;
    await db
      .updateTable("sync_run")
      .set({ changed: changes > 0 ? 1 : 0, announced: triggers.includes("webhook") ? 1 : 0 })
      .where("store_key", "=", store_key)
      .where("id", "=", id)
      .execute();
  }
}
