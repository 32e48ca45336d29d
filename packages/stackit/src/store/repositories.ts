import type { Kysely } from "kysely";
import type { RepositoryRow, Schema } from "./schema.ts";

/** What is known of a repository on its forge. Names are `owner/name`, or empty. */
export interface KnownRepository {
  /** What the operator gave. When that changes, all of this is of another repository. */
  readonly configuredUrl: string;
  readonly configuredName: string;
  /** The forge's number for it, which stays when it is renamed. */
  readonly forgeRepoId?: number | undefined;
  readonly url: string;
  readonly fullName: string;
  /** The latest last. */
  readonly formerNames: readonly string[];
  /** The forge's time of the state that the name is from, in epoch milliseconds. */
  readonly namedAtMs?: number | undefined;
  /** When the forge said that it was deleted there, in epoch milliseconds. */
  readonly deletedAtMs?: number | undefined;
}

/** What forges said of the repositories that are served here, told apart by their store key. */
export class Repositories {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
  }

  async find(repoKey: string): Promise<KnownRepository | undefined> {
    const row = await this.#db
      .selectFrom("repository")
      .selectAll()
      .where("repo_key", "=", repoKey)
      .executeTakeFirst();
    return row && toKnown(row);
  }

  /** All, by store key. */
  async list(): Promise<Map<string, KnownRepository>> {
    const rows = await this.#db.selectFrom("repository").selectAll().execute();
    return new Map(rows.map((row) => [row.repo_key, toKnown(row)]));
  }

  /** Once this has settled, it survives the death of the process. */
  async save(repoKey: string, known: KnownRepository): Promise<void> {
    const now = this.#wallNow();
    const row = { ...toRow(known), last_seen_at: now };
    await this.#db
      .insertInto("repository")
      .values({ repo_key: repoKey, ...row, first_seen_at: now })
      .onConflict((conflict) => conflict.column("repo_key").doUpdateSet(row))
      .execute();
  }
}

function toRow(known: KnownRepository): Omit<RepositoryRow, "repo_key" | "first_seen_at" | "last_seen_at"> {
  return {
    configured_url: known.configuredUrl,
    configured_name: known.configuredName,
    forge_id: known.forgeRepoId ?? null,
    url: known.url,
    full_name: known.fullName,
    former_names: JSON.stringify(known.formerNames),
    named_at: known.namedAtMs ?? null,
    deleted_at: known.deletedAtMs ?? null,
  };
}

function toKnown(row: RepositoryRow): KnownRepository {
  return {
    configuredUrl: row.configured_url,
    configuredName: row.configured_name,
    forgeRepoId: row.forge_id ?? undefined,
    url: row.url,
    fullName: row.full_name,
    formerNames: JSON.parse(row.former_names),
    namedAtMs: row.named_at ?? undefined,
    deletedAtMs: row.deleted_at ?? undefined,
  };
}
