import { type Kysely, type SelectQueryBuilder, sql } from "kysely";
import { type EndedRun, historyAfter, type RunHistory } from "./run-history.ts";
import type { RunHistoryRow, Schema } from "./schema.ts";

/**
 * What the finished runs of each repository leave behind, so that nobody reads all of them to know it. One that lacks a run which is
 * finished counts as absent: runs are the truth, this follows from them.
 */
export class RunHistories {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Of all repositories that have one, by store key. */
  async all(): Promise<Map<string, RunHistory>> {
    const rows = await whole(this.#db).execute();
    return new Map(rows.map(parsed).filter((one) => one !== undefined));
  }

  async find(storeKey: string): Promise<RunHistory | undefined> {
    const row = await whole(this.#db).where("run_history.store_key", "=", storeKey).executeTakeFirst();
    return row && parsed(row)?.[1];
  }

  /** `through`: the last run that it takes in, empty when there is none. */
  async keep(storeKey: string, through: string, history: RunHistory): Promise<void> {
    const row = { through, history: JSON.stringify(history) };
    await this.#db
      .insertInto("run_history")
      .values({ store_key: storeKey, ...row })
      .onConflict((conflict) => conflict.column("store_key").doUpdateSet(row))
      .execute();
  }

  /** Takes in a run, in the transaction that records it as finished. One that does not come last makes the history absent. */
  async add(storeKey: string, run: EndedRun): Promise<void> {
    const kept = await this.#db
      .selectFrom("run_history")
      .selectAll()
      .where("store_key", "=", storeKey)
      .executeTakeFirst();
    const before = kept && parsed(kept)?.[1];
    if (!kept || !before) return;
    if (run.id > kept.through) await this.keep(storeKey, run.id, historyAfter(before, run));
    else await this.#db.deleteFrom("run_history").where("store_key", "=", storeKey).execute();
  }
}

function whole(db: Kysely<Schema>): SelectQueryBuilder<Schema, "run_history", RunHistoryRow> {
  return db
    .selectFrom("run_history")
    .selectAll()
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("sync_run")
            .select("sync_run.id")
            .whereRef("sync_run.store_key", "=", "run_history.store_key")
            .whereRef("sync_run.id", ">", "run_history.through")
            .where("sync_run.state", "=", sql.lit("finished" as const)),
        ),
      ),
    );
}

function parsed({ store_key, history }: RunHistoryRow): readonly [string, RunHistory] | undefined {
  try {
    return [store_key, JSON.parse(history)];
  } catch {
    return undefined;
  }
}
