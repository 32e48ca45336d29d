import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Schema } from "./schema.ts";

type Column<Table extends keyof Schema> = keyof Schema[Table] & string;

/** Keeps a table of what can be made again from growing without bound: of too many rows, the oldest go. */
export class RowLimit<Table extends keyof Schema> {
  readonly #db: Kysely<Schema>;
  readonly #columns: { readonly table: Table; readonly key: Column<Table>; readonly age: Column<Table> };
  readonly #maxRows: number;
  /** Rows that may be written before the next look at how many there are. */
  #roomLeft = 0;

  /** `age`: the column that is smaller in what goes first. */
  constructor(
    db: Kysely<Schema>,
    columns: { table: Table; key: Column<Table>; age: Column<Table> },
    maxRows: number,
  ) {
    this.#db = db;
    this.#columns = columns;
    this.#maxRows = maxRows;
  }

  /** To be called after rows were written. Makes room for a while, so that they are seldom counted. */
  async wrote(rows: number): Promise<void> {
    this.#roomLeft -= rows;
    if (this.#roomLeft >= 0) return;
    const { table, key, age } = namesOf(this.#columns);
    const counted = await sql<{ rows: number }>`select count(*) as rows from ${table}`.execute(this.#db);
    const excess = Number(counted.rows[0]?.rows) - this.#maxRows;
    if (excess > 0) {
      const oldest = sql`select ${key} from ${table} order by ${age} limit ${excess}`;
      await sql`delete from ${table} where ${key} in (${oldest})`.execute(this.#db);
    }
    this.#roomLeft = Math.floor(this.#maxRows / 20);
  }
}

/** What comes after an offset needs a limit in SQLite. */
const ALL = Number.MAX_SAFE_INTEGER;

/** The keys of all rows of a repository but the newest. */
export function allButNewest<Table extends "departed" | "landed">(
  columns: { table: Table; key: Column<Table>; age: Column<Table> },
  { repoKey, maxRows }: { repoKey: string; maxRows: number },
): RawBuilder<string> {
  const { table, key, age } = namesOf(columns);
  return sql<string>`(select ${key} from ${table} where repo_key = ${repoKey} order by ${age} desc limit ${ALL} offset ${maxRows})`;
}

function namesOf({ table, key, age }: { table: string; key: string; age: string }) {
  return { table: sql.table(table), key: sql.ref(key), age: sql.ref(age) };
}
