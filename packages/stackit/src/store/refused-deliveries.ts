import type { Kysely } from "kysely";
import { chunks } from "./chunks.ts";
import type { RefusedDeliveryRow, Schema } from "./schema.ts";

/** A delivery that was not taken. Nothing else of it is kept. */
export interface RefusedDelivery {
  readonly result: RefusedDeliveryRow["result"];
  /** What it was answered. */
  readonly status: number;
  /** Only where it is known, as the next two. */
  readonly event?: string | undefined;
  /** As `owner/name`. */
  readonly repository?: string | undefined;
  readonly address?: string | undefined;
}

export interface RefusedLimits {
  /** Rows of what was signed. */
  readonly signed: number;
  /** Of the rest, apart: strangers must not drive out what GitHub sent. */
  readonly others: number;
}

const LIMITS: RefusedLimits = { signed: 2_000, others: 1_000 };
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** What is alike within this time is one row. */
const WINDOW_MS = 600_000;
/** How many rows are written before the next look at which are too many. */
const PRUNE_EVERY = 100;
const SIGNED = ["ignored", "invalid"] as const;

/** Counts the deliveries that were not taken, in a bounded number of rows: the latest, and not older than 30 days. */
export class RefusedDeliveries {
  readonly #db: Kysely<Schema>;
  readonly #limits: RefusedLimits;
  readonly #wallNow: () => number;
  #untilPrune = 0;

  constructor(
    db: Kysely<Schema>,
    { limits = LIMITS, wallNow = Date.now }: { limits?: RefusedLimits; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#limits = limits;
    this.#wallNow = wallNow;
  }

  /** At once. `came`: how many there were of each. */
  async add(refused: readonly { readonly one: RefusedDelivery; readonly came: number }[]): Promise<void> {
    const now = this.#wallNow();
    const rows = refused.map(({ one, came }) => toRow(one, came, now));
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(rows)) {
        await transaction
          .insertInto("refused_delivery")
          .values(chunk)
          .onConflict((conflict) =>
            conflict.column("key").doUpdateSet(({ eb, ref }) => ({
              came: eb("refused_delivery.came", "+", ref("excluded.came")),
              last_at: ref("excluded.last_at"),
            })),
          )
          .execute();
      }
    });
    this.#untilPrune -= rows.length;
    if (this.#untilPrune < 0) await this.#prune();
  }

  async #prune(): Promise<void> {
    this.#untilPrune = PRUNE_EVERY;
    await this.#db
      .deleteFrom("refused_delivery")
      .where("last_at", "<", this.#wallNow() - KEPT_MS)
      .execute();
    await this.#keep("in", this.#limits.signed);
    await this.#keep("not in", this.#limits.others);
  }

  async #keep(among: "in" | "not in", count: number): Promise<void> {
    const kept = this.#db
      .selectFrom("refused_delivery")
      .select("key")
      .where("result", among, SIGNED)
      .orderBy("last_at", "desc")
      .orderBy("key")
      .limit(count);
    await this.#db
      .deleteFrom("refused_delivery")
      .where("result", among, SIGNED)
      .where("key", "not in", kept)
      .execute();
  }
}

function toRow(
  { result, status, event = "", repository = "", address = "" }: RefusedDelivery,
  came: number,
  now: number,
): RefusedDeliveryRow {
  const window = Math.floor(now / WINDOW_MS);
  return {
    key: JSON.stringify([window, result, status, event, repository, address]),
    result,
    status,
    event,
    repository,
    address,
    came,
    first_at: now,
    last_at: now,
  };
}
