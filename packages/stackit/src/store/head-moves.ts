import type { Kysely } from "kysely";
import type { HeadMove } from "../stacks/head-move.ts";
import type { HeadMoveRow, Schema } from "./schema.ts";

/** More than these are not taken over at a start. */
const MAX_RECALLED = 20_000;
/** Rows in one statement: few statements, and far below what a statement may hold. */
const CHUNK = 500;

type Leaving = Pick<HeadMove, "ref" | "old" | "seenAtMs">;

/** Where the branches of one repository have been. A row without a kind is announced: what became of it is not known yet. */
export class HeadMoves {
  readonly #db: Kysely<Schema>;
  readonly #repoKey: string;

  constructor(db: Kysely<Schema>, repoKey: string) {
    this.#db = db;
    this.#repoKey = repoKey;
  }

  /** Newest first; and oldest first what was announced and never settled. */
  async recall(): Promise<{ moves: HeadMove[]; leaving: Leaving[] }> {
    const rows = await this.#db
      .selectFrom("head_move")
      .selectAll()
      .where("repo_key", "=", this.#repoKey)
      .orderBy("seen_at", "desc")
      .limit(MAX_RECALLED)
      .execute();
    const moves = rows.flatMap((row) => toMove(row) ?? []);
    const leaving = rows.flatMap(({ ref, old_oid, seen_at, kind }) =>
      kind === null ? [{ ref, old: old_oid, seenAtMs: seen_at }] : [],
    );
    return { moves, leaving: leaving.reverse() };
  }

  /** What is known already stays as it is. */
  async announce(leaving: readonly Leaving[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(leaving)) {
        await transaction
          .insertInto("head_move")
          .values(chunk.map((each) => ({ ...this.#toRow(each), new_oid: null, kind: null, was_last: 0 })))
          .onConflict((conflict) => conflict.columns(["repo_key", "ref", "seen_at"]).doNothing())
          .execute();
      }
    });
  }

  /** What became of all that was announced: what is not among the moves did not happen. */
  async settle(moves: readonly HeadMove[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(moves)) {
        const rows = chunk.map((move) => ({
          ...this.#toRow(move),
          new_oid: move.new ?? null,
          kind: move.kind,
          was_last: move.wasLast ? 1 : 0,
        }));
        await transaction
          .insertInto("head_move")
          .values(rows)
          .onConflict((conflict) =>
            conflict.columns(["repo_key", "ref", "seen_at"]).doUpdateSet(({ ref }) => ({
              new_oid: ref("excluded.new_oid"),
              kind: ref("excluded.kind"),
              was_last: ref("excluded.was_last"),
            })),
          )
          .execute();
      }
      await transaction
        .deleteFrom("head_move")
        .where("repo_key", "=", this.#repoKey)
        .where("kind", "is", null)
        .execute();
    });
  }

  #toRow({ ref, old, seenAtMs }: Leaving): Pick<HeadMoveRow, "repo_key" | "ref" | "old_oid" | "seen_at"> {
    return { repo_key: this.#repoKey, ref, old_oid: old, seen_at: seenAtMs };
  }
}

function toMove({ ref, old_oid, new_oid, kind, was_last, seen_at }: HeadMoveRow): HeadMove | undefined {
  if (kind === null) return undefined;
  return {
    ref,
    old: old_oid,
    ...(new_oid !== null && { new: new_oid }),
    kind,
    wasLast: was_last === 1,
    seenAtMs: seen_at,
  };
}

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
