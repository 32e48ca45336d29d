import type { Kysely } from "kysely";
import type { Landed } from "../stacks/landed.ts";
import type { Schema } from "./schema.ts";

/** Of one repository: the newest are kept. */
const MAX_ROWS = 20_000;
/** Rows in one statement: few statements, and far below what a statement may hold. */
const CHUNK = 500;
/** What comes after an offset needs a limit in SQLite. */
const ALL = Number.MAX_SAFE_INTEGER;

/** What of one repository has landed. */
export class LandedBranches {
  readonly #db: Kysely<Schema>;
  readonly #repoKey: string;
  readonly #maxRows: number;

  constructor(db: Kysely<Schema>, repoKey: string, { maxRows = MAX_ROWS }: { maxRows?: number } = {}) {
    this.#db = db;
    this.#repoKey = repoKey;
    this.#maxRows = maxRows;
  }

  async recall(): Promise<Landed[]> {
    const rows = await this.#db
      .selectFrom("landed")
      .selectAll()
      .where("repo_key", "=", this.#repoKey)
      .orderBy("seen_at", "desc")
      .limit(this.#maxRows)
      .execute();
    return rows.map(({ trunk_commit, landed_at, seen_at, tip, base, trunk, how }) => {
      return { tip, base, trunk, how, commit: trunk_commit, landedAtMs: landed_at, seenAtMs: seen_at };
    });
  }

  async remember(found: readonly Landed[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (let start = 0; start < found.length; start += CHUNK) {
        const rows = found.slice(start, start + CHUNK).map(({ commit, landedAtMs, seenAtMs, ...rest }) => {
          return {
            ...rest,
            repo_key: this.#repoKey,
            trunk_commit: commit,
            landed_at: landedAtMs,
            seen_at: seenAtMs,
          };
        });
        await transaction
          .insertInto("landed")
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(["repo_key", "tip"]).doUpdateSet(({ ref }) => ({
              base: ref("excluded.base"),
              trunk: ref("excluded.trunk"),
              how: ref("excluded.how"),
              trunk_commit: ref("excluded.trunk_commit"),
              landed_at: ref("excluded.landed_at"),
              seen_at: ref("excluded.seen_at"),
            })),
          )
          .execute();
      }
      const tooMany = transaction
        .selectFrom("landed")
        .select("tip")
        .where("repo_key", "=", this.#repoKey)
        .orderBy("seen_at", "desc")
        .offset(this.#maxRows)
        .limit(ALL);
      await transaction
        .deleteFrom("landed")
        .where("repo_key", "=", this.#repoKey)
        .where("tip", "in", tooMany)
        .execute();
    });
  }

  /** The trunk has them no longer. */
  async forget(tips: readonly string[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (let start = 0; start < tips.length; start += CHUNK) {
        await transaction
          .deleteFrom("landed")
          .where("repo_key", "=", this.#repoKey)
          .where("tip", "in", tips.slice(start, start + CHUNK))
          .execute();
      }
    });
  }
}
