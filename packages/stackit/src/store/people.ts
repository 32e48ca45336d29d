import type { Kysely } from "kysely";
import type { PersonRow, Schema } from "./schema.ts";

export interface Person {
  /** The forge's host and its number for the person, such as `github.com:583231`. */
  readonly id: string;
  readonly login: string;
  /** Sealed. Absent once the person is signed out everywhere. */
  readonly tokens?: string;
}

/** Who has signed in here, ever. */
export class People {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
  }

  async find(id: string): Promise<Person | undefined> {
    const row = await this.#db.selectFrom("person").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toPerson(row);
  }

  async save({ id, login, tokens }: Person): Promise<void> {
    const now = this.#wallNow();
    const row = { login, tokens: tokens ?? null, last_seen_at: now };
    await this.#db
      .insertInto("person")
      .values({ id, ...row, first_seen_at: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
  }
}

function toPerson({ id, login, tokens }: PersonRow): Person {
  return { id, login, ...(tokens !== null && { tokens }) };
}
