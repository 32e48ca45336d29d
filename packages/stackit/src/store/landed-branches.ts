import type { Kysely } from "kysely";
import type { Landed } from "../stacks/landed.ts";
import { chunks } from "./chunks.ts";
import { allButNewest } from "./row-limit.ts";
import type { Schema } from "./schema.ts";

/** Of one repository: the newest are kept. */
const MAX_ROWS = 20_000;

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
      for (const chunk of chunks(found)) {
        const rows = chunk.map(({ commit, landedAtMs, seenAtMs, ...rest }) => {
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
      const tooMany = allButNewest(
        { table: "landed", key: "tip", age: "seen_at" },
        { repoKey: this.#repoKey, maxRows: this.#maxRows },
      );
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
      for (const chunk of chunks(tips)) {
        await transaction
          .deleteFrom("landed")
          .where("repo_key", "=", this.#repoKey)
          .where("tip", "in", chunk)
          .execute();
      }
    });
  }
}
