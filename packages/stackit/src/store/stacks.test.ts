import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import type { KnownStack } from "../stacks/stack-identity.ts";
import { stacks as stacksMigration } from "./migrations/0009-stacks.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import type { Schema } from "./schema.ts";
import { Stacks } from "./stacks.ts";

const known = (id: string, more: Partial<KnownStack> = {}): KnownStack => ({
  id,
  roots: [`über/${id}`, "before"],
  formerIds: ["x"],
  members: new Map([
    [`über/${id}`, "1"],
    ["b", "2"],
  ]),
  ...more,
});

test("stacks come back as they were kept, replaced and forgotten by id, and none of another repository", async () => {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await stacksMigration.up(db);
  const [shop, other] = [new Stacks(db, "mirror:shop"), new Stacks(db, "mirror:other")];
  await shop.keep([known("a"), known("b"), known("c", { goneAtMs: 5 })], []);
  await other.keep([known("a", { formerIds: [] })], []);
  expect(await shop.recall()).toEqual([known("a"), known("b"), known("c", { goneAtMs: 5 })]);
  await shop.keep([known("c"), known("b", { goneAtMs: 7, members: new Map() })], ["a", "nobody"]);
  expect(await shop.recall()).toEqual([known("b", { goneAtMs: 7, members: new Map() }), known("c")]);
  expect(await other.recall()).toEqual([known("a", { formerIds: [] })]);
});
