import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { migrations } from "../../src/store/migrations/migrations.ts";
import { nodeSqlite } from "../../src/store/node-sqlite.ts";
import type { Schema } from "../../src/store/schema.ts";

/** All tables, empty, for as long as it is held. `file` is the database itself, for what a thief of it would read. */
export async function memoryDatabase(): Promise<{ db: Kysely<Schema>; file: DatabaseSync }> {
  const file = new DatabaseSync(":memory:");
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: nodeSqlite(file) }) });
  for (const { up } of Object.values(migrations)) await up(db);
  return { db, file };
}
