import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Whose each login is that the operator listed: the first person's who came with it. */
export class ListedLogins {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Person ids by login. What is not among `listed` any more is let go, so that it can be taken anew when it is listed again. */
  async keepOnly(listed: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.#db.selectFrom("listed_login").selectAll().execute();
    const kept = new Map(rows.map(({ login, person_id }) => [login, person_id]));
    for (const login of kept.keys()) {
      if (listed.includes(login)) continue;
      await this.#db.deleteFrom("listed_login").where("login", "=", login).execute();
      kept.delete(login);
    }
    return kept;
  }

  /** Whose it is from now on: who took it first keeps it. */
  async take(login: string, personId: string): Promise<string> {
    await this.#db
      .insertInto("listed_login")
      .values({ login, person_id: personId })
      .onConflict((conflict) => conflict.column("login").doNothing())
      .execute();
    const row = await this.#db
      .selectFrom("listed_login")
      .select("person_id")
      .where("login", "=", login)
      .executeTakeFirstOrThrow();
    return row.person_id;
  }
}
