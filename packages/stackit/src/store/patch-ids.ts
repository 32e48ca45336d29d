import { setImmediate } from "node:timers/promises";
import type { Kysely } from "kysely";
import { chunks } from "./chunks.ts";
import { RowLimit } from "./row-limit.ts";
import type { Schema } from "./schema.ts";

const MAX_ROWS = 1_000_000;

/**
 * Remembers what changes do to files, which never changes. A key names a commit or two; an empty patch is an empty text. Of too
 * many, those go that were written first: they can be made again.
 */
export class PatchIds {
  readonly #db: Kysely<Schema>;
  readonly #limit: RowLimit<"patch_id">;
  readonly #wallNow: () => number;

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#limit = new RowLimit(db, { table: "patch_id", key: "change", age: "written_at" }, maxRows);
    this.#wallNow = wallNow;
  }

  /** Those that are known. */
  async getMany(changes: readonly string[]): Promise<Map<string, string>> {
    const known = new Map<string, string>();
    for (const chunk of chunks(changes)) {
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
    for (const chunk of chunks(rows)) {
      await this.#db
        .insertInto("patch_id")
        .values(chunk)
        .onConflict((conflict) => conflict.column("change").doNothing())
        .execute();
      await setImmediate();
    }
    await this.#limit.wrote(rows.length);
  }
}
