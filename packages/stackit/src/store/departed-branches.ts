import type { Kysely } from "kysely";
import type { Departed } from "../stacks/departed.ts";
import { chunks } from "./chunks.ts";
import { allButNewest } from "./row-limit.ts";
import type { Schema } from "./schema.ts";

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
/** Of one repository: the newest are kept. */
const MAX_ROWS = 1_000;

/** Branches of one repository that left its stacks: 90 days back, and not without bound. */
export class DepartedBranches {
  readonly #db: Kysely<Schema>;
  readonly #repoKey: string;
  readonly #maxRows: number;
  readonly #wallNow: () => number;

  constructor(
    db: Kysely<Schema>,
    repoKey: string,
    { maxRows = MAX_ROWS, wallNow = Date.now }: { maxRows?: number; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#repoKey = repoKey;
    this.#maxRows = maxRows;
    this.#wallNow = wallNow;
  }

  /** Oldest first. */
  async recall(): Promise<Departed[]> {
    const rows = await this.#db
      .selectFrom("departed")
      .select("facts")
      .where("repo_key", "=", this.#repoKey)
      .where("left_at", ">", this.#wallNow() - KEPT_MS)
      .orderBy("left_at", "desc")
      .limit(this.#maxRows)
      .execute();
    return rows.map(({ facts }): Departed => JSON.parse(facts)).reverse();
  }

  /** One of the same name is replaced. */
  async remember(departed: readonly Departed[]): Promise<void> {
    if (departed.length === 0) return;
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(departed)) {
        const rows = chunk.map((each) => {
          const { name, leftAtMs } = each;
          return { repo_key: this.#repoKey, name, left_at: leftAtMs, facts: JSON.stringify(each) };
        });
        await transaction
          .insertInto("departed")
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(["repo_key", "name"]).doUpdateSet(({ ref }) => ({
              left_at: ref("excluded.left_at"),
              facts: ref("excluded.facts"),
            })),
          )
          .execute();
      }
      const tooMany = allButNewest(
        { table: "departed", key: "name", age: "left_at" },
        { repoKey: this.#repoKey, maxRows: this.#maxRows },
      );
      await transaction
        .deleteFrom("departed")
        .where("repo_key", "=", this.#repoKey)
        .where((where) =>
          where.or([where("left_at", "<=", this.#wallNow() - KEPT_MS), where("name", "in", tooMany)]),
        )
        .execute();
    });
  }

  /** They are branches again. */
  async forget(names: readonly string[]): Promise<void> {
    for (const chunk of chunks(names)) {
      await this.#db
        .deleteFrom("departed")
        .where("repo_key", "=", this.#repoKey)
        .where("name", "in", chunk)
        .execute();
    }
  }
}
