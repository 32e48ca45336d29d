import type { Kysely } from "kysely";
import type { HeadMove } from "../stacks/head-move.ts";
import { chunks } from "./chunks.ts";
import type { HeadMoveRow, Schema } from "./schema.ts";

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;
const MAX_OF_BRANCH = 100;
/** Of one repository. */
const MAX_ROWS = 20_000;

type Leaving = Pick<HeadMove, "ref" | "old" | "seenAtMs">;

/**
 * Where the branches of one repository have been: 90 days back, the newest hundred of each branch and not without bound. A row without a kind is announced: what became of it is not known
 * yet.
 */
export class HeadMoves {
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

  /** Newest first; and oldest first what was announced and never settled. */
  async recall(): Promise<{ moves: HeadMove[]; leaving: Leaving[] }> {
    const rows = await this.#db
      .selectFrom("head_move")
      .selectAll()
      .where("repo_key", "=", this.#repoKey)
      .orderBy("seen_at", "desc")
      .limit(this.#maxRows)
      .execute();
    const moves = rows.flatMap((row) => toMove(row) ?? []);
    const leaving = rows.flatMap(({ ref, old_oid, seen_at, kind }) =>
      kind === null ? [{ ref, old: old_oid, seenAtMs: seen_at }] : [],
    );
    return { moves, leaving: leaving.reverse() };
  }

  /** Of one branch by its full name, newest first: where it was, and nothing that is only announced. */
  async ofBranch(ref: string): Promise<HeadMove[]> {
    const rows = await this.#db
      .selectFrom("head_move")
      .selectAll()
      .where("repo_key", "=", this.#repoKey)
      .where("ref", "=", ref)
      .where("kind", "is not", null)
      .orderBy("seen_at", "desc")
      .limit(MAX_OF_BRANCH)
      .execute();
    return rows.flatMap((row) => toMove(row) ?? []);
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

  /** Removes the rows that say of these commits that no branch leads to them. */
  async drop(oids: readonly string[]): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const chunk of chunks(oids)) {
        await transaction
          .deleteFrom("head_move")
          .where("repo_key", "=", this.#repoKey)
          .where("old_oid", "in", chunk)
          .where("kind", "in", ["rewritten", "deleted"])
          .execute();
      }
    });
  }

  /** Removes what is old or too many. Returns the commits that the rest says no branch holds, or may say so. */
  async forget(): Promise<Set<string>> {
    const ofRepo = this.#db.selectFrom("head_move").where("repo_key", "=", this.#repoKey);
    const oldestToGo = await ofRepo
      .select("seen_at")
      .orderBy("seen_at", "desc")
      .offset(this.#maxRows)
      .limit(1)
      .executeTakeFirst();
    const untilMs = Math.max(this.#wallNow() - KEPT_MS, oldestToGo?.seen_at ?? 0);
    await this.#db
      .deleteFrom("head_move")
      .where("repo_key", "=", this.#repoKey)
      .where("kind", "is not", null)
      .where("seen_at", "<=", untilMs)
      .execute();
    const crowded = await ofRepo
      .select("ref")
      .groupBy("ref")
      .having(({ fn }) => fn.countAll(), ">", MAX_OF_BRANCH)
      .execute();
    for (const { ref } of crowded) await this.#forgetAllButNewest(ref);
    const rows = await ofRepo
      .select("old_oid")
      .distinct()
      .where((where) => where.or([where("kind", "is", null), where("kind", "!=", "forward")]))
      .execute();
    return new Set(rows.map(({ old_oid }) => old_oid));
  }

  async #forgetAllButNewest(ref: string): Promise<void> {
    await this.#db
      .deleteFrom("head_move")
      .where("repo_key", "=", this.#repoKey)
      .where("ref", "=", ref)
      .where("seen_at", "<=", (eb) =>
        eb
          .selectFrom("head_move")
          .select("seen_at")
          .where("repo_key", "=", this.#repoKey)
          .where("ref", "=", ref)
          .orderBy("seen_at", "desc")
          .offset(MAX_OF_BRANCH)
          .limit(1),
      )
      .execute();
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
