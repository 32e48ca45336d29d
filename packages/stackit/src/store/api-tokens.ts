import type { Kysely } from "kysely";
import { hashOf, newSecret } from "../lib/secret-hash.ts";
import type { ApiTokenRow, Schema } from "./schema.ts";

export const TOKEN_SCOPES = ["read", "sync", "metrics"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

export interface ApiToken {
  /** Names it in lists; opens nothing. */
  readonly id: string;
  readonly name: string;
  /** `sync` may read as well. */
  readonly scopes: readonly TokenScope[];
  /** Ids; absent for all that are served. */
  readonly repos?: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly usedAtMs?: number;
}

/** Tells our tokens from others, for people and for programs that look for leaked ones. */
const PREFIX = "stackit_";
/** How exactly the last use is known. */
const USE_STEP_MS = 60_000;

/** What programs sign in with. Of the secret nothing is kept but its hash. */
export class ApiTokens {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
  }

  /** The secret is told once, here. */
  async create(
    wanted: Pick<ApiToken, "name" | "scopes" | "repos" | "expiresAtMs">,
  ): Promise<{ secret: string; token: ApiToken }> {
    const secret = PREFIX + newSecret();
    const row: ApiTokenRow = {
      id: crypto.randomUUID(),
      secret_hash: hashOf(secret),
      name: wanted.name,
      scopes: JSON.stringify(wanted.scopes),
      repos: wanted.repos ? JSON.stringify(wanted.repos) : null,
      created_at: this.#wallNow(),
      expires_at: wanted.expiresAtMs ?? null,
      used_at: null,
    };
    await this.#db.insertInto("api_token").values(row).execute();
    return { secret, token: toToken(row) };
  }

  /** Undefined for one that was revoked, has expired, or never was. Its use is noted. */
  async find(secret: string): Promise<ApiToken | undefined> {
    if (!secret.startsWith(PREFIX)) return undefined;
    const hash = hashOf(secret);
    const row = await this.#db
      .selectFrom("api_token")
      .selectAll()
      .where("secret_hash", "=", hash)
      .executeTakeFirst();
    const now = this.#wallNow();
    if (!row || isOver(row, now)) return undefined;
    if (now - (row.used_at ?? 0) >= USE_STEP_MS) {
      await this.#db.updateTable("api_token").set({ used_at: now }).where("id", "=", row.id).execute();
    }
    return toToken({ ...row, used_at: now });
  }

  /** Whether it can still be used, without using it. */
  async isOpen(id: string): Promise<boolean> {
    const row = await this.#db.selectFrom("api_token").selectAll().where("id", "=", id).executeTakeFirst();
    return row !== undefined && !isOver(row, this.#wallNow());
  }

  /** Oldest first; expired ones too. */
  async list(): Promise<ApiToken[]> {
    const rows = await this.#db
      .selectFrom("api_token")
      .selectAll()
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    return rows.map(toToken);
  }

  /** None is for it any more, so that none opens another repository that gets its id. */
  async forgetRepo(repoId: string): Promise<void> {
    await this.#db.transaction().execute(async (all) => {
      const rows = await all.selectFrom("api_token").select(["id", "repos"]).execute();
      for (const { id, repos } of rows) {
        const ids: string[] = repos === null ? [] : JSON.parse(repos);
        if (!ids.includes(repoId)) continue;
        const left = JSON.stringify(ids.filter((one) => one !== repoId));
        await all.updateTable("api_token").set({ repos: left }).where("id", "=", id).execute();
      }
    });
  }

  /** Whether there was one. */
  async revoke(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom("api_token").where("id", "=", id).executeTakeFirst();
    return numDeletedRows > 0n;
  }
}

function isOver({ expires_at }: ApiTokenRow, now: number): boolean {
  return expires_at !== null && expires_at <= now;
}

function toToken(row: ApiTokenRow): ApiToken {
  return {
    id: row.id,
    name: row.name,
    scopes: JSON.parse(row.scopes),
    ...(row.repos !== null && { repos: JSON.parse(row.repos) }),
    createdAtMs: row.created_at,
    ...(row.expires_at !== null && { expiresAtMs: row.expires_at }),
    ...(row.used_at !== null && { usedAtMs: row.used_at }),
  };
}
