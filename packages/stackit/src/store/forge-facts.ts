import type { Kysely, Transaction } from "kysely";
import type { PullRequest } from "../stacks/pull-request.ts";
import { chunks } from "./chunks.ts";
import type { ForgeLookRow, PullRequestRow, Schema } from "./schema.ts";

/** How well the pull requests of a repository are known. Times are epoch milliseconds. */
export interface ForgeLook {
  /** The forge's number for the repository that they are of. */
  readonly forgeRepoId: number;
  /** Of the forge's list of what was touched last. */
  readonly etag?: string | undefined;
  /** When the forge last said that there is nothing else. */
  readonly checkedAtMs: number;
  /** When something else was last found. */
  readonly changedAtMs: number;
  /** When the forge was last asked for all that are open, and answered whole. */
  readonly sweptAtMs?: number | undefined;
}

/** What was learned of a repository's pull requests at once. */
export interface ForgeNews {
  readonly look: ForgeLook;
  /** They take the place of what was known of the same numbers. */
  readonly pullRequests?: readonly PullRequest[];
  /** Numbers that are none, or not worth remembering. */
  readonly forgotten?: readonly number[];
  /** Branches whose pull requests were asked for. */
  readonly askedBranches?: readonly string[];
  /** Branches that are gone. */
  readonly goneBranches?: readonly string[];
}

export interface KnownForgeFacts {
  readonly look: ForgeLook;
  readonly pullRequests: readonly PullRequest[];
  readonly askedBranches: readonly string[];
}

/** What forges said of pull requests, by the store key of the repository. */
export class ForgeFacts {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Undefined when its forge was never asked. */
  async find(repoKey: string): Promise<KnownForgeFacts | undefined> {
    const look = await this.#db
      .selectFrom("forge_look")
      .selectAll()
      .where("repo_key", "=", repoKey)
      .executeTakeFirst();
    if (!look) return undefined;
    const rows = await this.#db
      .selectFrom("pull_request")
      .select("facts")
      .where("repo_key", "=", repoKey)
      .orderBy("number")
      .execute();
    const branches = await this.#db
      .selectFrom("forge_branch")
      .select("branch")
      .where("repo_key", "=", repoKey)
      .execute();
    return {
      look: toLook(look),
      pullRequests: rows.map(({ facts }) => JSON.parse(facts)),
      askedBranches: branches.map(({ branch }) => branch),
    };
  }

  /** All of it, or nothing. Once this has settled, it survives the death of the process. */
  async save(
    repoKey: string,
    { look, pullRequests = [], forgotten = [], askedBranches = [], goneBranches = [] }: ForgeNews,
  ): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      const row = toRow(look);
      await db
        .insertInto("forge_look")
        .values({ repo_key: repoKey, ...row })
        .onConflict((conflict) => conflict.column("repo_key").doUpdateSet(row))
        .execute();
      await savePullRequests(db, repoKey, pullRequests);
      for (const chunk of chunks(forgotten)) {
        await db
          .deleteFrom("pull_request")
          .where("repo_key", "=", repoKey)
          .where("number", "in", chunk)
          .execute();
      }
      for (const chunk of chunks(askedBranches)) {
        await db
          .insertInto("forge_branch")
          .values(chunk.map((branch) => ({ repo_key: repoKey, branch })))
          .onConflict((conflict) => conflict.columns(["repo_key", "branch"]).doNothing())
          .execute();
      }
      for (const chunk of chunks(goneBranches)) {
        await db
          .deleteFrom("forge_branch")
          .where("repo_key", "=", repoKey)
          .where("branch", "in", chunk)
          .execute();
      }
    });
  }

  /** To be called when another repository has taken the place. */
  async forget(repoKey: string): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      for (const table of ["pull_request", "forge_branch", "forge_look"] as const) {
        await db.deleteFrom(table).where("repo_key", "=", repoKey).execute();
      }
    });
  }
}

async function savePullRequests(
  db: Transaction<Schema>,
  repoKey: string,
  pullRequests: readonly PullRequest[],
): Promise<void> {
  for (const chunk of chunks(pullRequests)) {
    const rows = chunk.map((pullRequest): PullRequestRow => {
      const { number, state, updatedAtMs } = pullRequest;
      return {
        repo_key: repoKey,
        number,
        state,
        updated_at: updatedAtMs,
        facts: JSON.stringify(pullRequest),
      };
    });
    await db
      .insertInto("pull_request")
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(["repo_key", "number"]).doUpdateSet(({ ref }) => ({
          state: ref("excluded.state"),
          updated_at: ref("excluded.updated_at"),
          facts: ref("excluded.facts"),
        })),
      )
      .execute();
  }
}

function toRow(look: ForgeLook): Omit<ForgeLookRow, "repo_key"> {
  return {
    forge_id: look.forgeRepoId,
    etag: look.etag ?? null,
    checked_at: look.checkedAtMs,
    changed_at: look.changedAtMs,
    swept_at: look.sweptAtMs ?? null,
  };
}

function toLook(row: ForgeLookRow): ForgeLook {
  return {
    forgeRepoId: row.forge_id,
    etag: row.etag ?? undefined,
    checkedAtMs: row.checked_at,
    changedAtMs: row.changed_at,
    sweptAtMs: row.swept_at ?? undefined,
  };
}
