import type { Kysely } from "kysely";
import type { KnownStack } from "../stacks/stack-identity.ts";
import { chunks } from "./chunks.ts";
import type { Schema } from "./schema.ts";

interface Facts {
  readonly roots: readonly string[];
  readonly formerIds: readonly string[];
  readonly members: readonly (readonly [string, string])[];
}

/** Which stacks one repository has and had. */
export class Stacks {
  readonly #db: Kysely<Schema>;
  readonly #repoKey: string;

  constructor(db: Kysely<Schema>, repoKey: string) {
    this.#db = db;
    this.#repoKey = repoKey;
  }

  async recall(): Promise<KnownStack[]> {
    const rows = await this.#db
      .selectFrom("stack")
      .selectAll()
      .where("repo_key", "=", this.#repoKey)
      .orderBy("id")
      .execute();
    return rows.map(({ id, gone_at, facts }) => {
      const { roots, formerIds, members }: Facts = JSON.parse(facts);
      return {
        id,
        roots,
        formerIds,
        members: new Map(members),
        ...(gone_at !== null && { goneAtMs: gone_at }),
      };
    });
  }

  /** Those of the same ids are replaced. All or none. */
  async keep(stacks: readonly KnownStack[], forgotten: readonly string[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(forgotten)) {
        await transaction
          .deleteFrom("stack")
          .where("repo_key", "=", this.#repoKey)
          .where("id", "in", chunk)
          .execute();
      }
      for (const chunk of chunks(stacks)) {
        const rows = chunk.map(({ id, goneAtMs, roots, formerIds, members }) => {
          const facts: Facts = { roots, formerIds, members: [...members] };
          return { repo_key: this.#repoKey, id, gone_at: goneAtMs ?? null, facts: JSON.stringify(facts) };
        });
        await transaction
          .insertInto("stack")
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(["repo_key", "id"]).doUpdateSet(({ ref }) => ({
              gone_at: ref("excluded.gone_at"),
              facts: ref("excluded.facts"),
            })),
          )
          .execute();
      }
    });
  }
}
