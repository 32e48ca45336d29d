import { rmSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

/** What came over of a broken database. */
export interface Salvaged {
  readonly rows: number;
  /** Tables of which some rows did not. */
  readonly damaged: readonly string[];
}

type Row = Readonly<Record<string, SQLInputValue>>;

/** Says which version of the program the tables are of. */
const VERSIONS = "kysely_migration";

/**
 * Copies what can be read of a broken database into the file `to`, which is there and empty: its tables, and of each the rows before
 * and behind what is damaged. A row whose JSON is none any more stays behind. The broken one is not changed.
 * @returns undefined when not even the tables can be known, or there is no room; `to` is removed then.
 */
export function salvageDatabase(from: string, to: string): Salvaged | undefined {
  try {
    return withDatabase(from, { readOnly: true }, (source) =>
      withDatabase(to, { enableForeignKeyConstraints: false }, (target) => copyAll(source, target)),
    );
  } catch {
    for (const ending of ["", "-journal"]) rmSync(`${to}${ending}`, { force: true });
    return undefined;
  }
}

function withDatabase<T>(
  file: string,
  options: { readOnly?: boolean; enableForeignKeyConstraints?: boolean },
  use: (database: DatabaseSync) => T,
): T {
  const database = new DatabaseSync(file, options);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** @throws when the tables cannot be known, or the target cannot be written */
function copyAll(source: DatabaseSync, target: DatabaseSync): Salvaged {
  const parts = source
    .prepare(
      "select type, name, sql from sqlite_master where sql is not null and type in ('table', 'index') and name not like 'sqlite_%' order by type = 'index'",
    )
    .all();
  target.exec("begin");
  let rows = 0;
  const damaged: string[] = [];
  for (const { sql } of parts) target.exec(String(sql));
  for (const { type, name } of parts) {
    if (type !== "table") continue;
    const table = String(name);
    const copied = copyTable(source, target, table);
    rows += copied.rows;
    if (!copied.isWhole) damaged.push(table);
  }
  if (damaged.includes(VERSIONS)) throw new Error("its version is not known");
  target.exec("commit");
  return { rows, damaged };
}

function copyTable(source: DatabaseSync, target: DatabaseSync, table: string): Copied {
  const columns = target.prepare("select name from pragma_table_info(?)").all(table);
  const names = columns.map(({ name }) => String(name));
  const listed = names.map((name) => `"${name}"`).join(", ");
  const insert = target.prepare(
    `insert or ignore into "${table}" (${listed}) values (${names.map(() => "?").join(", ")})`,
  );
  const select = `select rowid as row_number, ${listed} from "${table}"`;
  let rows = 0;
  let last: SQLInputValue | undefined;
  let isWhole = true;
  const copy = (row: Row): void => {
    const values = names.map((name) => row[name] ?? null);
    if (values.some(isBrokenJson)) isWhole = false;
    else rows += Number(insert.run(...values).changes);
  };
  const forward = readable(source, `${select} order by rowid`, []);
  for (const row of forward.rows) {
    last = row.row_number;
    copy(row);
  }
  if (!forward.isBroken()) return { rows, isWhole };
  const [beyond, from] = last === undefined ? ["", []] : ["where rowid > ?", [last]];
  for (const row of readable(source, `${select} ${beyond} order by rowid desc`, from).rows) copy(row);
  return { rows, isWhole: false };
}

interface Copied {
  readonly rows: number;
  readonly isWhole: boolean;
}

/** Rows until one cannot be read. */
function readable(source: DatabaseSync, sql: string, values: readonly SQLInputValue[]) {
  let isBroken = false;
  function* rows(): Generator<Row> {
    try {
      const select = source.prepare(sql);
      select.setReadBigInts(true);
      for (const row of select.iterate(...values)) yield row;
    } catch {
      isBroken = true;
    }
  }
  return { rows: rows(), isBroken: () => isBroken };
}

/** Our JSON is of objects and of lists of texts or objects. */
function isBrokenJson(value: SQLInputValue): boolean {
  if (typeof value !== "string" || !/^(\{"|\["|\[\{)/.test(value)) return false;
  try {
    JSON.parse(value);
    return false;
  } catch {
    return true;
  }
}
