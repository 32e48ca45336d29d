import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/** Statements are prepared once; queries of varying length are bounded by dropping them all. */
const MAX_PREPARED = 200;

/**
 * Lets kysely's SQLite dialect work on a `node:sqlite` database. A transaction takes the write lock when it begins: one
 * that first reads and then writes would otherwise fail, without waiting, when another process wrote in between.
 */
export function nodeSqlite(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      let statement = prepared.get(sql);
      if (!statement) {
        if (prepared.size >= MAX_PREPARED) prepared.clear();
        statement = adapt(database.prepare(sql === "begin" ? "begin immediate" : sql));
        if (sql === "rollback") statement = ifNeeded(statement, database);
        prepared.set(sql, statement);
      }
      return statement;
    },
  };
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(toInput)),
    run: (parameters) => statement.run(...parameters.map(toInput)),
    iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
  };
}

/** On a full disk SQLite rolls back by itself, and asking for it again would hide why. */
function ifNeeded(rollback: SqliteStatement, database: DatabaseSync): SqliteStatement {
  return {
    ...rollback,
    run: (parameters) =>
      database.isTransaction ? rollback.run(parameters) : { changes: 0, lastInsertRowid: 0 },
  };
}

/** @throws {TypeError} for what SQLite has no type for: `node:sqlite` would store a Date as NULL. */
function toInput(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "string" || typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `a ${value instanceof Date ? "Date" : typeof value} cannot be stored; convert it first`,
  );
}
