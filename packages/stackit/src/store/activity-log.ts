import { type ExpressionWrapper, type Kysely, type SqlBool, sql } from "kysely";
import type { ActivityEvent, ActivityKind } from "../contract/activity.ts";
import { createRunIds } from "../lib/run-id.ts";
import { chunks } from "./chunks.ts";
import { pageOf } from "./page-of.ts";
import type { Schema } from "./schema.ts";

/** What happened; the rest of the event is known here, or by who asks. `people`: who did it and whose it is. */
export type ActivityNote = Omit<ActivityEvent, "id" | "at" | "repoId"> & {
  readonly people?: readonly string[];
};
/** One that was written down. */
export type ActivityEntry = Omit<ActivityEvent, "repoId">;

export interface ActivityQuestion {
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
  readonly kind?: ActivityKind | undefined;
  /** A login or name in any case: what they did, and what happened to what is theirs. */
  readonly person?: string | undefined;
  /** A stack's id. */
  readonly stack?: string | undefined;
  /** Only what failed. */
  readonly failures?: boolean | undefined;
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Of one repository. */
const MAX_ROWS = 10_000;
/** How often it is looked whether there are more. */
const PRUNE_EVERY = 100;

/** What happened in each repository, 90 days back and not without bound. */
export class ActivityLog {
  readonly #db: Kysely<Schema>;
  readonly #maxRows: number;
  readonly #wallNow: () => number;
  readonly #newId: () => string;
  readonly #untilPrune = new Map<string, number>();

  constructor(
    db: Kysely<Schema>,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#maxRows = maxRows;
    this.#wallNow = wallNow;
    this.#newId = createRunIds(wallNow);
  }

  /** In the order in which it happened. Once this has settled, it survives the death of the process. */
  async write(repoKey: string, notes: readonly ActivityNote[]): Promise<ActivityEntry[]> {
    const atMs = this.#wallNow();
    const at = new Date(atMs).toISOString();
    const rows = notes.map(({ people, ...event }) => ({
      people,
      entry: { id: this.#newId(), at, ...event },
    }));
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(rows)) {
        const values = chunk.map(({ people = [], entry: { id, kind, ...rest } }) => ({
          id,
          repo_key: repoKey,
          at: atMs,
          kind,
          failed: isFailure({ kind, ...rest }) ? 1 : 0,
          people: people.map((name) => `\n${name.toLowerCase()}\n`).join(""),
          stack_id: rest.stack?.id ?? null,
          branch: rest.branch ?? null,
          event: JSON.stringify(rest),
        }));
        await transaction.insertInto("activity").values(values).execute();
      }
    });
    await this.#pruneSometimes(repoKey, rows.length);
    return rows.map(({ entry }) => entry);
  }

  /** Newest first, of these repositories together. */
  async list(
    repoKeys: readonly string[],
    { limit, before, kind, person, stack, failures = false }: ActivityQuestion,
  ): Promise<{ entries: { repoKey: string; entry: ActivityEntry }[]; next?: string }> {
    let query = this.#db
      .selectFrom("activity")
      .select(["id", "repo_key", "kind", "event"])
      .where("at", ">=", this.#wallNow() - KEPT_MS)
      .where(({ eb, or }) => or([...chunks(repoKeys)].map((some) => eb("repo_key", "in", some))));
    if (before !== undefined) query = query.where("id", "<", before);
    if (kind !== undefined) query = query.where("kind", "=", kind);
    if (stack !== undefined) query = query.where("stack_id", "=", stack);
    if (failures) query = query.where("failed", "=", 1);
    if (person !== undefined) query = query.where(({ ref }) => includes(ref("people"), person));
    const rows = await query
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const { page, rest } = pageOf(rows, limit);
    return {
      entries: page.map(({ id, repo_key, kind, event }) => ({
        repoKey: repo_key,
        entry: { id, kind, ...JSON.parse(event) },
      })),
      ...rest,
    };
  }

  /** What was last said of the checks of a branch. */
  async lastChecks(repoKey: string, branch: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom("activity")
      .select("event")
      .where("repo_key", "=", repoKey)
      .where("kind", "=", "checks")
      .where("branch", "=", branch)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    const event: Partial<ActivityEntry> | undefined = row && JSON.parse(row.event);
    return event?.state;
  }

  /** The first time in each process too, since it may not live long. */
  async #pruneSometimes(repoKey: string, written: number): Promise<void> {
    const left = (this.#untilPrune.get(repoKey) ?? 0) - written;
    this.#untilPrune.set(repoKey, left < 0 ? PRUNE_EVERY : left);
    if (left >= 0) return;
    const ofRepo = this.#db.selectFrom("activity").where("repo_key", "=", repoKey);
    const first = await ofRepo
      .select("id")
      .orderBy("id", "desc")
      .offset(this.#maxRows)
      .limit(1)
      .executeTakeFirst();
    await this.#db
      .deleteFrom("activity")
      .where("repo_key", "=", repoKey)
      .where(({ eb, or }) =>
        or([eb("at", "<", this.#wallNow() - KEPT_MS), ...(first ? [eb("id", "<=", first.id)] : [])]),
      )
      .execute();
  }
}

function isFailure({ kind, state }: Pick<ActivityEntry, "kind" | "state">): boolean {
  return kind === "sync-failed" || (kind === "checks" && state === "failing");
}

function includes(people: ExpressionWrapper<Schema, "activity", string>, person: string) {
  const literally = person.toLowerCase().replaceAll(/[\\%_]/g, "\\$&");
  return sql<SqlBool>`${people} like ${`%\n${literally}\n%`} escape '\\'`;
}
