import type { Kysely } from "kysely";
import type { AuditEntry } from "../contract/audit.ts";
import { createRunIds } from "../lib/run-id.ts";
import type { Schema } from "./schema.ts";

/** More is not kept; the oldest go. */
const MAX_ROWS = 100_000;
/** How often it is looked whether there are more. */
const PRUNE_EVERY = 1_000;

/** Who did what, when, and from where. Entries are never changed. */
export class AuditLog {
  readonly #db: Kysely<Schema>;
  readonly #maxRows: number;
  readonly #wallNow: () => number;
  readonly #newId: () => string;
  #untilPrune = 0;

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#maxRows = maxRows;
    this.#wallNow = wallNow;
    this.#newId = createRunIds(wallNow);
  }

  /** Once this has settled, it survives the death of the process. */
  async write(entry: Omit<AuditEntry, "id" | "at">): Promise<AuditEntry> {
    const atMs = this.#wallNow();
    const written: AuditEntry = { id: this.#newId(), at: new Date(atMs).toISOString(), ...entry };
    const { id, action, actor } = written;
    await this.#db
      .insertInto("audit")
      .values({ id, at: atMs, action, actor: actor?.id ?? "", entry: JSON.stringify(written) })
      .execute();
    if (this.#untilPrune-- <= 0) await this.#prune();
    return written;
  }

  /** Newest first. `before` is an id. */
  async list({ limit, before }: { limit: number; before?: string }): Promise<AuditEntry[]> {
    const rows = await this.#db
      .selectFrom("audit")
      .select("entry")
      .$if(before !== undefined, (query) => query.where("id", "<", before ?? ""))
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
    return rows.map(({ entry }) => JSON.parse(entry));
  }

  async #prune(): Promise<void> {
    this.#untilPrune = PRUNE_EVERY;
    const last = await this.#db
      .selectFrom("audit")
      .select("id")
      .orderBy("id", "desc")
      .offset(this.#maxRows)
      .limit(1)
      .executeTakeFirst();
    if (last) await this.#db.deleteFrom("audit").where("id", "<=", last.id).execute();
  }
}
