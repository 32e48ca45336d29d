import { expect, test } from "vitest";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { forgetRepo } from "./forget-repo.ts";

test("of a forgotten repository no table that knows repositories has a row left, and of others all", async () => {
  const { db, file } = await memoryDatabase();
  const tables = file
    .prepare(
      "select m.name as name, c.name as key from sqlite_master m, pragma_table_info(m.name) c where c.name in ('repo_key', 'store_key')",
    )
    .all();
  expect(tables.length).toBeGreaterThan(8);
  for (const { name, key } of tables) {
    const columns = file.prepare(`select name from pragma_table_info('${name}')`).all();
    for (const repo of ["mirror:widget", "mirror:widget-2"]) {
      const values = columns.map((column) => (column.name === key ? repo : repo.length));
      file.prepare(`insert into ${name} values (${columns.map(() => "?").join(", ")})`).run(...values);
    }
  }
  await forgetRepo(db, "mirror:widget");
  for (const { name, key } of tables) {
    const rows = file.prepare(`select ${key} as repo from ${name}`).all();
    expect({ name, rows }).toEqual({ name, rows: [{ repo: "mirror:widget-2" }] });
  }
});
