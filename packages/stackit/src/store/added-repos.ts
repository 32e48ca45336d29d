import type { Kysely } from "kysely";
import type { Visibility } from "../contract/role.ts";
import type { AddedRepoRow, Schema } from "./schema.ts";

/** A repository that somebody had served, beside those that the operator lists. */
export interface AddedRepo {
  readonly id: string;
  readonly url: string;
  readonly visibility: Visibility;
  /** The person's id; empty on a server without sign-in. */
  readonly addedBy: string;
}

/** What was added while the server ran, so that the next start serves it again. */
export class AddedRepos {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
  }

  /** The oldest first. */
  async list(): Promise<AddedRepo[]> {
    const rows = await this.#db.selectFrom("added_repo").selectAll().orderBy("added_at").execute();
    return rows.map(toAdded);
  }

  async find(id: string): Promise<AddedRepo | undefined> {
    const row = await this.#db.selectFrom("added_repo").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toAdded(row);
  }

  /** Once this has settled, it survives the death of the process. @throws when its id or URL is there already */
  async save({ id, url, visibility, addedBy }: AddedRepo): Promise<void> {
    const row = { id, url, visibility, added_by: addedBy, added_at: this.#wallNow() };
    await this.#db.insertInto("added_repo").values(row).execute();
  }

  async remove(id: string): Promise<void> {
    await this.#db.deleteFrom("added_repo").where("id", "=", id).execute();
  }
}

function toAdded({ id, url, visibility, added_by }: AddedRepoRow): AddedRepo {
  return { id, url, visibility, addedBy: added_by };
}
