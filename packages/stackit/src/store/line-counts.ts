import type { Kysely } from "kysely";
import type { LineCountRow, Schema } from "./schema.ts";

export interface LineCount {
  readonly added: number;
  readonly deleted: number;
  readonly files: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_ROWS = 500_000;
/** Rows in one statement: few statements, and far below what a statement may hold. */
const CHUNK = 500;

/**
 * Remembers the size of the difference between two commits, which never changes. The key names the two commits; its form
 * is the caller's. What could not be counted is not remembered, since the objects may arrive later. Of too many, those
 * go that were not asked for the longest.
 */
export class LineCounts {
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
    this.#roomLeft -= rows.length;
    if (this.#roomLeft < 0) await this.#evict();
  }

  /** Makes room for a while, so that rows are seldom counted. */
  async #evict(): Promise<void> {
    const { rows } = await this.#db
      .selectFrom("line_count")
      .select(({ fn }) => fn.countAll<number>().as("rows"))
      .executeTakeFirstOrThrow();
    const excess = Number(rows) - this.#maxRows;
    if (excess > 0) {
      await this.#db
        .deleteFrom("line_count")
        .where("pair", "in", (eb) =>
          eb.selectFrom("line_count").select("pair").orderBy("used_at").limit(excess),
        )
        .execute();
    }
    this.#roomLeft = Math.floor(this.#maxRows / 20);
  }

  #today(): number {
    return Math.floor(this.#wallNow() / DAY_MS) * DAY_MS;
  }
}

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
