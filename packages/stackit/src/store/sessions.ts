import type { Kysely } from "kysely";
import { hashOf, newSecret } from "../lib/secret-hash.ts";
import type { Schema, SessionRow } from "./schema.ts";

export interface Session {
  /** Names it in lists; opens nothing. */
  readonly id: string;
  readonly personId: string;
  readonly createdAtMs: number;
  readonly usedAtMs: number;
  readonly expiresAtMs: number;
  /** From where it was begun, and by which browser. */
  readonly address: string;
  readonly agent: string;
}

export interface SessionLimits {
  /** After so long without use it has ended. */
  readonly idleMs: number;
  /** After so long it has ended. */
  readonly lifeMs: number;
}

const DAY_MS = 86_400_000;
export const SESSION_LIMITS: SessionLimits = { idleMs: 7 * DAY_MS, lifeMs: 30 * DAY_MS };

/** How exactly the last use is known. */
const USE_STEP_MS = 60_000;
const MAX_AGENT_LENGTH = 200;
/** Of one person; the one that was unused for longest makes room. */
const MAX_SESSIONS = 50;

/** The sessions of browsers. Of the secret that opens one nothing is kept but its hash. */
export class Sessions {
  readonly #db: Kysely<Schema>;
  readonly #limits: SessionLimits;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, limits: SessionLimits = SESSION_LIMITS, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#limits = limits;
    this.#wallNow = wallNow;
  }

  async begin(
    personId: string,
    { address, agent }: Pick<Session, "address" | "agent">,
  ): Promise<{ secret: string; session: Session }> {
    const now = this.#wallNow();
    const secret = newSecret();
    const row: SessionRow = {
      id: crypto.randomUUID(),
      secret_hash: hashOf(secret),
      person_id: personId,
      created_at: now,
      used_at: now,
      expires_at: now + this.#limits.lifeMs,
      address,
      agent: agent.slice(0, MAX_AGENT_LENGTH),
    };
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.insertInto("session").values(row).execute();
      await transaction
        .deleteFrom("session")
        .where(({ eb, or }) =>
          or([eb("expires_at", "<=", now), eb("used_at", "<=", now - this.#limits.idleMs)]),
        )
        .execute();
      const kept = transaction
        .selectFrom("session")
        .select("id")
        .where("person_id", "=", personId)
        .orderBy("used_at", "desc")
        .orderBy("created_at", "desc")
        .limit(MAX_SESSIONS);
      await transaction
        .deleteFrom("session")
        .where("person_id", "=", personId)
        .where("id", "not in", kept)
        .where("id", "!=", row.id)
        .execute();
    });
    return { secret, session: toSession(row) };
  }

  /** Undefined for one that has ended, or never was. Its use is noted. */
  async find(secret: string): Promise<Session | undefined> {
    const hash = hashOf(secret);
    const row = await this.#db
      .selectFrom("session")
      .selectAll()
      .where("secret_hash", "=", hash)
      .executeTakeFirst();
    const now = this.#wallNow();
    if (!row || this.#isOver(row, now)) return undefined;
    if (now - row.used_at >= USE_STEP_MS) {
      await this.#db.updateTable("session").set({ used_at: now }).where("secret_hash", "=", hash).execute();
    }
    return toSession({ ...row, used_at: now });
  }

  /** Whether it can still be used, without using it. */
  async isOpen(id: string): Promise<boolean> {
    const row = await this.#db.selectFrom("session").selectAll().where("id", "=", id).executeTakeFirst();
    return row !== undefined && !this.#isOver(row, this.#wallNow());
  }

  /** Those that can be used, the one used last first. */
  async list(personId: string): Promise<Session[]> {
    const rows = await this.#db
      .selectFrom("session")
      .selectAll()
      .where("person_id", "=", personId)
      .orderBy("used_at", "desc")
      .orderBy("id")
      .execute();
    const now = this.#wallNow();
    return rows.filter((row) => !this.#isOver(row, now)).map(toSession);
  }

  /** One of that person's, or all of them. Returns the ids of those that were ended. */
  async end(personId: string, id?: string): Promise<string[]> {
    const rows = await this.#db
      .deleteFrom("session")
      .where("person_id", "=", personId)
      .$if(id !== undefined, (query) => query.where("id", "=", id ?? ""))
      .returning("id")
      .execute();
    return rows.map((row) => row.id);
  }

  #isOver({ used_at, expires_at }: SessionRow, now: number): boolean {
    return expires_at <= now || used_at + this.#limits.idleMs <= now;
  }
}

function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    personId: row.person_id,
    createdAtMs: row.created_at,
    usedAtMs: row.used_at,
    expiresAtMs: row.expires_at,
    address: row.address,
    agent: row.agent,
  };
}
