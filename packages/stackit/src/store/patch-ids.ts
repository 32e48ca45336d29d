import { setImmediate } from "node:timers/promises";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

const MAX_ROWS = 1_000_000;
/** Rows in one statement: few statements, and far below what a statement may hold. Others get their turn after each. */
const CHUNK = 500;

/**
 * Remembers what changes do to files, which never changes. A key names a commit or two; an empty patch is an empty text. Of too
 * many, those go that were written first: they can be made again.
 */
export class PatchIds {
  readonly #db: Kysely<Schema>;
  readonly #maxRows: number;
  readonly #wallNow: () => number;
  /** Rows that may be written before the next look at how many there are. */
  #roomLeft = 0;

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#maxRows = maxRows;
    this.#wallNow = wallNow;
  }

  /** Those that are known. */
  async getMany(changes: readonly string[]): Promise<Map<string, string>> {
    const known = new Map<string, string>();
    for (let start = 0; start < changes.length; start += CHUNK) {
      const chunk = changes.slice(start, start + CHUNK);
      const rows = await this.#db
        .selectFrom("patch_id")
        .select(["change", "patch"])
        .where("change", "in", chunk)
        .execute();
      for (const { change, patch } of rows) known.set(change, patch);
      await setImmediate();
    }
    return known;
  }

  async putMany(patches: ReadonlyMap<string, string>): Promise<void> {
    const written_at = this.#wallNow();
    const rows = Array.from(patches, ([change, patch]) => ({ change, patch, written_at }));
    for (let start = 0; start < rows.length; start += CHUNK) {
      await this.#db
        .insertInto("patch_id")
        .values(rows.slice(start, start + CHUNK))
        .onConflict((conflict) => conflict.column("change").doNothing())
        .execute();
      await setImmediate();
    }
    this.#roomLeft -= rows.length;
    if (this.#roomLeft < 0) await this.#evict();
  }

  /** Makes room for a while, so that rows are seldom counted. */
  async #evict(): Promise<void> {
    const { rows } = await this.#db
      .selectFrom("patch_id")
      .select(({ fn }) => fn.countAll<number>().as("rows"))
      .executeTakeFirstOrThrow();
    const excess = Number(rows) - this.#maxRows;
    if (excess > 0) {
      await this.#db
        .deleteFrom("patch_id")
        .where("change", "in", (eb) =>
          eb.selectFrom("patch_id").select("change").orderBy("written_at").limit(excess),
        )
        .execute();
    }
    this.#roomLeft = Math.floor(this.#maxRows / 20);
  }
}
