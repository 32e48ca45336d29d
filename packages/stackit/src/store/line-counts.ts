import type { Kysely } from "kysely";
import { chunks } from "./chunks.ts";
import { RowLimit } from "./row-limit.ts";
import type { LineCountRow, Schema } from "./schema.ts";

export interface LineCount {
  readonly added: number;
  readonly deleted: number;
  readonly files: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_ROWS = 500_000;

/**
 * Remembers the size of the difference between two commits, which never changes. The key names the two commits; its form
 * is the caller's. What could not be counted is not remembered, since the objects may arrive later. Of too many, those
 * go that were not asked for the longest.
 */
export class LineCounts {
  readonly #db: Kysely<Schema>;
  readonly #limit: RowLimit<"line_count">;
  readonly #wallNow: () => number;

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#limit = new RowLimit(db, { table: "line_count", key: "pair", age: "used_at" }, maxRows);
    this.#wallNow = wallNow;
  }

  /** Those that are known. */
  async getMany(pairs: readonly string[]): Promise<Map<string, LineCount>> {
    const known = new Map<string, LineCount>();
    const notUsedToday: string[] = [];
    const today = this.#today();
    for (const chunk of chunks(pairs)) {
      const rows = await this.#db.selectFrom("line_count").selectAll().where("pair", "in", chunk).execute();
      for (const { pair, added, deleted, files, used_at } of rows) {
        known.set(pair, { added, deleted, files });
        if (used_at < today) notUsedToday.push(pair);
      }
    }
    for (const chunk of chunks(notUsedToday)) {
      await this.#db.updateTable("line_count").set({ used_at: today }).where("pair", "in", chunk).execute();
    }
    return known;
  }

  async putMany(counts: ReadonlyMap<string, LineCount>): Promise<void> {
    if (counts.size === 0) return;
    const used_at = this.#today();
    const rows: LineCountRow[] = Array.from(counts, ([pair, { added, deleted, files }]) => {
      return { pair, added, deleted, files, used_at };
    });
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(rows)) {
        await transaction
          .insertInto("line_count")
          .values(chunk)
          .onConflict((conflict) => conflict.column("pair").doNothing())
          .execute();
      }
    });
    await this.#limit.wrote(rows.length);
  }

  #today(): number {
    return Math.floor(this.#wallNow() / DAY_MS) * DAY_MS;
  }
}
