import { type Kysely, type RawBuilder, sql } from "kysely";
import type { DeliveryResult } from "../contract/webhook-deliveries.ts";
import type { Schema } from "./schema.ts";

/** A delivery that was taken, or those that were not and are alike. */
export interface LoggedDelivery {
  /** Tells it apart from all others. */
  readonly key: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  /** How many there were. */
  readonly came: number;
  readonly result: DeliveryResult;
  readonly status: number;
  /** Empty where it is not known; so are the next two. */
  readonly event: string;
  /** As `owner/name`. */
  readonly repository: string;
  readonly address: string;
  /** Of one that was taken. */
  readonly taken?: {
    readonly id: string;
    readonly repoKey: string;
    readonly isAnswered: boolean;
    readonly runId: string | null;
    readonly replayRunId: string | null;
  };
}

/** A place in the list: everything after it is older, or as old and of a smaller key. */
export interface LogPosition {
  readonly atMs: number;
  readonly key: string;
}

export interface DeliveryQuestion {
  readonly limit: number;
  readonly before?: LogPosition | undefined;
  /** `repeated`: taken, and came again. */
  readonly result?: DeliveryResult | "repeated" | undefined;
  /** By its store key where deliveries were taken, by its `owner/name` in any case where they were not. */
  readonly repo?: { readonly key: string; readonly fullName: string | undefined } | undefined;
}

const ACCEPTED = 202;
const TAKEN_KEY = sql<string>`'t ' || repo_key || ' ' || id`;
const REFUSED_KEY = sql<string>`'r ' || key`;

interface Listed {
  readonly atMs: number;
  readonly delivery: LoggedDelivery;
}

/** Reads what became of deliveries. */
export class DeliveryLog {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Newest first: those that were taken by when they came first, the others by when they came last. */
  async list(question: DeliveryQuestion): Promise<{ deliveries: LoggedDelivery[]; next?: LogPosition }> {
    const { limit, result } = question;
    const isOfTaken = result === "taken" || result === "repeated";
    const taken = isOfTaken || result === undefined ? await this.#taken(question) : [];
    const refused = isOfTaken ? [] : await this.#refused(question);
    // Within each the order is the database's.
    const all = [...taken, ...refused].sort((a, b) => b.atMs - a.atMs);
    const page = all.slice(0, limit);
    const last = page.at(-1);
    return {
      deliveries: page.map(({ delivery }) => delivery),
      ...(all.length > limit && last && { next: { atMs: last.atMs, key: last.delivery.key } }),
    };
  }

  async #taken({ limit, before, result, repo }: DeliveryQuestion): Promise<Listed[]> {
    let query = this.#db.selectFrom("delivery").selectAll().select(TAKEN_KEY.as("key"));
    if (repo !== undefined) query = query.where("repo_key", "=", repo.key);
    if (result === "repeated") query = query.where("repeats", ">", 0);
    if (before !== undefined) query = query.where(comesAfter(before, sql.ref("received_at"), TAKEN_KEY));
    const rows = await query
      .orderBy("received_at", "desc")
      .orderBy(TAKEN_KEY, "desc")
      .limit(limit + 1)
      .execute();
    return rows.map((row) => ({
      atMs: row.received_at,
      delivery: {
        key: row.key,
        firstAtMs: row.received_at,
        lastAtMs: row.repeated_at ?? row.received_at,
        came: row.repeats + 1,
        result: "taken",
        status: ACCEPTED,
        event: row.event,
        repository: "",
        address: "",
        taken: {
          id: row.id,
          repoKey: row.repo_key,
          isAnswered: row.finished_at !== null,
          runId: row.run_id,
          replayRunId: row.replay_run_id,
        },
      },
    }));
  }

  async #refused({ limit, before, result, repo }: DeliveryQuestion): Promise<Listed[]> {
    let query = this.#db
      .selectFrom("refused_delivery")
      .select(["result", "status", "event", "repository", "address", "came", "first_at", "last_at"])
      .select(REFUSED_KEY.as("key"));
    if (repo !== undefined) {
      const name = repo.fullName?.toLowerCase() ?? "";
      query = query
        .where("repository", "!=", "")
        .where(({ eb, fn }) => eb(fn("lower", ["repository"]), "=", name));
    }
    if (result !== undefined && result !== "taken" && result !== "repeated")
      query = query.where("result", "=", result);
    if (before !== undefined) query = query.where(comesAfter(before, sql.ref("last_at"), REFUSED_KEY));
    const rows = await query
      .orderBy("last_at", "desc")
      .orderBy(REFUSED_KEY, "desc")
      .limit(limit + 1)
      .execute();
    return rows.map(({ first_at, last_at, ...row }) => ({
      atMs: last_at,
      delivery: { ...row, firstAtMs: first_at, lastAtMs: last_at },
    }));
  }
}

function comesAfter({ atMs, key }: LogPosition, at: RawBuilder<unknown>, ownKey: RawBuilder<string>) {
  return sql<boolean>`(${at} < ${atMs} or (${at} = ${atMs} and ${ownKey} < ${key}))`;
}
