import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { repositories as repositoriesMigration } from "./migrations/0004-repositories.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { type KnownRepository, Repositories } from "./repositories.ts";
import type { Schema } from "./schema.ts";

const AS_CONFIGURED: KnownRepository = {
  configuredUrl: "https://github.com/octo/widget.git",
  configuredName: "octo/widget",
  url: "https://github.com/octo/widget.git",
  fullName: "octo/widget",
  formerNames: [],
};
const RENAMED: KnownRepository = {
  ...AS_CONFIGURED,
  forgeRepoId: 2 ** 52,
  url: "https://github.com/acme/gear.git",
  fullName: "acme/gear",
  formerNames: ["octo/widget"],
  namedAtMs: Date.UTC(2026, 0, 2),
  deletedAtMs: Date.UTC(2026, 0, 3),
};

test("what is known is replaced whole, and when it was first and last seen is kept beside it", async () => {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await repositoriesMigration.up(db);
  let now = 1;
  const repositories = new Repositories(db, () => now);
  expect(await repositories.find("mirror:a")).toBeUndefined();
  for (const known of [AS_CONFIGURED, RENAMED, AS_CONFIGURED, RENAMED]) {
    await repositories.save("mirror:a", known);
    expect(await repositories.find("mirror:a")).toEqual(known);
    now++;
  }
  await repositories.save("mirror:b", AS_CONFIGURED);
  expect(await repositories.find("mirror:a")).toEqual(RENAMED);
  const seen = await db.selectFrom("repository").select(["first_seen_at", "last_seen_at"]).execute();
  expect(seen).toEqual([
    { first_seen_at: 1, last_seen_at: 4 },
    { first_seen_at: 5, last_seen_at: 5 },
  ]);
});
