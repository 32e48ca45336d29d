import type { Kysely } from "kysely";
import type { ExpectedRef } from "../contract/sync-run.ts";
import type { KeptPayload } from "../contract/webhook-deliveries.ts";
import { gathered } from "../lib/gathered.ts";
import type { HeardOf } from "../stacks/pull-request.ts";
import { chunks } from "./chunks.ts";
import type { DeliveryRow, Schema } from "./schema.ts";

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_ROWS = 100_000;

/** What a delivery of a forge asks of one repository; one that concerns several stands once for each. */
export interface Delivery {
  /** The forge's own, the same when it delivers again. */
  readonly id: string;
  readonly event: string;
  /** Store key of the repository. */
  readonly repoKey: string;
  readonly task: DeliveryTask;
  readonly payload?: KeptPayload | undefined;
}

export interface DeliveryTask {
  /** The forge's number for the repository, which stays when it is renamed. */
  readonly forgeRepoId?: number;
  readonly expect: readonly ExpectedRef[];
  /** Whose push it tells of. */
  readonly pushedBy?: string;
  /** Its forge is to be asked for these; instead of a run. */
  readonly heardOf?: HeardOf;
}

/**
 * The deliveries of GitHub's webhooks: so that none is taken twice, and none that was acknowledged is lost. Kept for 30
 * days and not without bound; of too many, the oldest go that are finished.
 */
export class Deliveries {
  readonly #db: Kysely<Schema>;
  readonly #maxRows: number;
  readonly #wallNow: () => number;
  readonly #addRow: (row: DeliveryRow) => Promise<boolean>;
  /** Deliveries that may be stored before the next look at which are too old or too many. */
  #roomLeft = 0;

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#maxRows = maxRows;
    this.#wallNow = wallNow;
    this.#addRow = gathered((rows) => this.#addAll(rows));
  }

  /**
   * Once this has settled, the delivery survives the death of the process. False when it was known before. Those that come in one
   * turn of the event loop are written together: a burst costs a transaction a turn.
   */
  async add({ id, event, repoKey, task, payload }: Delivery, { finished = false } = {}): Promise<boolean> {
    const now = this.#wallNow();
    return this.#addRow({
      forge: "github",
      id,
      event,
      repo_key: repoKey,
      task: JSON.stringify(task),
      received_at: now,
      finished_at: finished ? now : null,
      run_id: null,
      replay_run_id: null,
      repeats: 0,
      repeated_at: null,
      payload: payload === undefined ? null : JSON.stringify(payload),
    });
  }

  async #addAll(rows: readonly DeliveryRow[]): Promise<boolean[]> {
    this.#roomLeft -= rows.length;
    if (this.#roomLeft < 0) await this.#forgetOld();
    const added = new Set<string>();
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(rows)) {
        const inserted = await transaction
          .insertInto("delivery")
          .values(chunk)
          .onConflict((conflict) => conflict.columns(["forge", "id", "repo_key"]).doNothing())
          .returning(["id", "repo_key"])
          .execute();
        for (const row of inserted) added.add(keyOf(row));
      }
    });
    // Of several with one key, the first.
    return rows.map((row) => added.delete(keyOf(row)));
  }

  /** Ids that are not known, or finished before, change nothing. `runId`: of the run that answered them. */
  async finish(repoKey: string, ids: readonly string[], runId: string | null = null): Promise<void> {
    for (const chunk of chunks(ids)) {
      await this.#db
        .updateTable("delivery")
        .set({ finished_at: this.#wallNow(), run_id: runId })
        .where("forge", "=", "github")
        .where("repo_key", "=", repoKey)
        .where("id", "in", chunk)
        .where("finished_at", "is", null)
        .execute();
    }
  }

  /** Counts that one came again. */
  async noteRepeat({ repoKey, id }: Pick<Delivery, "repoKey" | "id">): Promise<void> {
    await this.#one(repoKey, id)
      .set(({ eb }) => ({ repeats: eb("repeats", "+", 1), repeated_at: this.#wallNow() }))
      .execute();
  }

  async noteReplay({ repoKey, id }: Pick<Delivery, "repoKey" | "id">, runId: string): Promise<void> {
    await this.#one(repoKey, id).set({ replay_run_id: runId }).execute();
  }

  async find(repoKey: string, id: string): Promise<Delivery | undefined> {
    const row = await this.#db
      .selectFrom("delivery")
      .select(["id", "event", "repo_key", "task", "payload"])
      .where("forge", "=", "github")
      .where("repo_key", "=", repoKey)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && toDelivery(row);
  }

  /** In the order in which they came. */
  async unfinished(repoKey: string): Promise<Delivery[]> {
    const rows = await this.#db
      .selectFrom("delivery")
      .select(["id", "event", "repo_key", "task", "payload"])
      .where("repo_key", "=", repoKey)
      .where("finished_at", "is", null)
      .orderBy("received_at")
      .execute();
    return rows.map(toDelivery);
  }

  #one(repoKey: string, id: string) {
    return this.#db
      .updateTable("delivery")
      .where("forge", "=", "github")
      .where("repo_key", "=", repoKey)
      .where("id", "=", id);
  }

  async #forgetOld(): Promise<void> {
    this.#roomLeft = Math.floor(this.#maxRows / 20);
    await this.#db
      .deleteFrom("delivery")
      .where("received_at", "<", this.#wallNow() - KEPT_MS)
      .execute();
    const { rows } = await this.#db
      .selectFrom("delivery")
      .select(({ fn }) => fn.countAll<number>().as("rows"))
      .executeTakeFirstOrThrow();
    const excess = Number(rows) - this.#maxRows;
    if (excess > 0) await this.#forgetFinished(excess);
  }

  async #forgetFinished(howMany: number): Promise<void> {
    const newestToGo = await this.#db
      .selectFrom("delivery")
      .select("received_at")
      .where("finished_at", "is not", null)
      .orderBy("received_at")
      .offset(howMany - 1)
      .limit(1)
      .executeTakeFirst();
    await this.#db
      .deleteFrom("delivery")
      .where("finished_at", "is not", null)
      .where("received_at", "<=", newestToGo?.received_at ?? this.#wallNow())
      .execute();
  }
}

function keyOf({ id, repo_key }: Pick<DeliveryRow, "id" | "repo_key">): string {
  return `${repo_key}\n${id}`;
}

function toDelivery({
  id,
  event,
  repo_key,
  task,
  payload,
}: Pick<DeliveryRow, "id" | "event" | "repo_key" | "task" | "payload">): Delivery {
  const kept = payload === null ? {} : { payload: JSON.parse(payload) };
  return { id, event, repoKey: repo_key, task: JSON.parse(task), ...kept };
}
