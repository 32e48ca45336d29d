import { type Kysely, sql } from "kysely";
import { problems } from "../contract/problems.ts";
import type { SyncRun } from "../contract/sync-run.ts";
import { gathered } from "../lib/gathered.ts";
import { chunks } from "./chunks.ts";
import { pageOf } from "./page-of.ts";
import { RunHistories } from "./run-histories.ts";
import { type EndedRun, endedRun, historyAfter, NO_HISTORY, type RunHistory } from "./run-history.ts";
import type { Schema, SyncRunRow } from "./schema.ts";

/** Written out in the statement: SQLite chooses the index of unfinished ones by that. */
const FINISHED = sql.lit("finished" as const);
const KEPT_RUNS = 500;
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/** The recorded runs of all repositories, told apart by their store key. Several processes may write at once. */
export class SyncRuns {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;
  readonly #saveUnfinished: (row: SyncRunRow) => Promise<boolean>;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
    this.#saveUnfinished = gathered((rows) => this.#saveAll(rows));
  }

  /**
   * Records the run as it stands. A finished run is final: an older state that comes late is ignored. Unfinished ones that come in one turn
   * of the event loop are written together: a start with a thousand repositories costs one transaction.
   */
  async save(storeKey: string, run: Readonly<SyncRun>): Promise<void> {
    if (run.state !== "finished") {
      await this.#saveUnfinished(rowOf(storeKey, run));
      return;
    }
    await this.#db.transaction().execute(async (db) => {
      await put(db, [rowOf(storeKey, run)]);
      await new RunHistories(db).add(storeKey, endedRun(run));
      await this.#forgetOld(db, storeKey);
    });
  }

  async #saveAll(rows: readonly SyncRunRow[]): Promise<boolean[]> {
    // Of several states of one run, the last.
    const latest = new Map(rows.map((row) => [`${row.store_key}\n${row.id}`, row]));
    await this.#db.transaction().execute(async (db) => {
      for (const chunk of chunks([...latest.values()])) await put(db, chunk);
    });
    return rows.map(() => true);
  }

  async get(storeKey: string, id: string): Promise<SyncRun | undefined> {
    const row = await this.#db
      .selectFrom("sync_run")
      .select("run")
      .where("store_key", "=", storeKey)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && toRun(row);
  }

  /** Newest first. `next` is the `before` of the page that follows, absent on the last one. */
  async list(
    storeKey: string,
    { limit, before }: { limit: number; before?: string | undefined },
  ): Promise<{ runs: SyncRun[]; next?: string }> {
    const rows = await this.#db
      .selectFrom("sync_run")
      .select(["id", "run"])
      .where("store_key", "=", storeKey)
      .$if(before !== undefined, (query) => query.where("id", "<", before ?? ""))
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const { page, rest } = pageOf(rows, limit);
    return { runs: page.map(toRun), ...rest };
  }

  /** What the runs so far say about the repository, for its freshness before the first run of this process. */
  async history(storeKey: string): Promise<RunHistory> {
    const known = await new RunHistories(this.#db).find(storeKey);
    if (known) return known;
    return this.#db.transaction().execute(async (db) => {
      const ended = await endedRuns(db, storeKey);
      const history = ended.reduce(historyAfter, NO_HISTORY);
      await new RunHistories(db).keep(storeKey, ended.at(-1)?.id ?? "", history);
      return history;
    });
  }

  /** The same of all repositories at once, by store key; of those that are not among them nothing was kept yet. */
  histories(): Promise<Map<string, RunHistory>> {
    return new RunHistories(this.#db).all();
  }

  /** The store keys of repositories that have runs which are not finished. */
  async unfinished(): Promise<Set<string>> {
    const rows = await this.#db
      .selectFrom("sync_run")
      .select("store_key")
      .distinct()
      .where("state", "!=", FINISHED)
      .execute();
    return new Set(rows.map(({ store_key }) => store_key));
  }

  /**
   * Ends the runs that a dead process left behind, as cut short. Call it when the repository is registered, with the
   * time this process started. A run of a live process that shares the file may be among them: it overwrites this with
   * its own end.
   */
  async closeAbandoned(storeKey: string, requestedBeforeMs: number): Promise<number> {
    const rows = await this.#db
      .selectFrom("sync_run")
      .select("run")
      .where("store_key", "=", storeKey)
      .where("state", "!=", FINISHED)
      .where("requested_at", "<", requestedBeforeMs)
      .execute();
    for (const row of rows) await this.save(storeKey, cutShort(toRun(row), this.#wallNow()));
    return rows.length;
  }

  async #forgetOld(db: Kysely<Schema>, storeKey: string): Promise<void> {
    await db
      .deleteFrom("sync_run")
      .where("store_key", "=", storeKey)
      .where(({ eb, or, selectFrom }) =>
        or([
          eb("requested_at", "<", this.#wallNow() - KEPT_MS),
          eb(
            "id",
            "<=",
            selectFrom("sync_run")
              .select("id")
              .where("store_key", "=", storeKey)
              .orderBy("id", "desc")
              .offset(KEPT_RUNS)
              .limit(1),
          ),
        ]),
      )
      .execute();
  }
}

function rowOf(storeKey: string, run: Readonly<SyncRun>): SyncRunRow {
  const { changed, announced } = endedRun(run);
  return {
    store_key: storeKey,
    id: run.id,
    state: run.state,
    outcome: run.outcome ?? null,
    error_code: run.error?.code ?? null,
    requested_at: Date.parse(run.requestedAt),
    finished_at: run.finishedAt === undefined ? null : Date.parse(run.finishedAt),
    changed: changed ? 1 : 0,
    announced: announced ? 1 : 0,
    run: JSON.stringify(run),
  };
}

/** No two of one run. */
async function put(db: Kysely<Schema>, rows: readonly SyncRunRow[]): Promise<void> {
  await db
    .insertInto("sync_run")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["store_key", "id"])
        .doUpdateSet(({ ref }) => ({
          state: ref("excluded.state"),
          outcome: ref("excluded.outcome"),
          error_code: ref("excluded.error_code"),
          requested_at: ref("excluded.requested_at"),
          finished_at: ref("excluded.finished_at"),
          changed: ref("excluded.changed"),
          announced: ref("excluded.announced"),
          run: ref("excluded.run"),
        }))
        .where(({ eb, or, ref }) =>
          or([eb(ref("excluded.state"), "=", "finished"), eb("sync_run.state", "!=", "finished")]),
        ),
    )
    .execute();
}

/** In the order in which they ended. */
async function endedRuns(db: Kysely<Schema>, storeKey: string): Promise<EndedRun[]> {
  const rows = await db
    .selectFrom("sync_run")
    .select(["id", "outcome", "error_code", "finished_at", "changed", "announced"])
    .select(sql<number | null>`run ->> '$.durationMs'`.as("duration_ms"))
    .select(sql<string | null>`run ->> '$.error.detail'`.as("error_detail"))
    .where("store_key", "=", storeKey)
    .where("state", "=", "finished")
    .orderBy("id")
    .execute();
  return rows.map(toEndedRun);
}

function cutShort(run: SyncRun, wallMs: number): SyncRun {
  const { title } = problems["sync/shutting-down"];
  return {
    ...run,
    state: "finished",
    outcome: "failed",
    finishedAt: new Date(wallMs).toISOString(),
    error: {
      code: "sync/shutting-down",
      title,
      detail: "The server ended before this run had.",
      retryable: true,
    },
  };
}

function toEndedRun(
  row: Pick<SyncRunRow, "id" | "outcome" | "error_code" | "finished_at" | "changed" | "announced"> & {
    duration_ms: number | null;
    error_detail: string | null;
  },
): EndedRun {
  return {
    id: row.id,
    changed: row.changed === 1,
    announced: row.announced === 1,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.finished_at === null ? {} : { finishedAt: new Date(row.finished_at).toISOString() }),
    ...(row.duration_ms === null ? {} : { durationMs: row.duration_ms }),
    ...(row.error_code === null
      ? {}
      : { error: { code: row.error_code, ...(row.error_detail !== null && { detail: row.error_detail }) } }),
  };
}

function toRun(row: { run: string }): SyncRun {
  return JSON.parse(row.run);
}
