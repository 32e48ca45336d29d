import { type Kysely, sql } from "kysely";
import { problems } from "../contract/problems.ts";
import type { Submission } from "../contract/submit.ts";
import type { Schema } from "./schema.ts";

/** Written out in the statement: SQLite chooses the index of unfinished ones by that. */
const FINISHED = sql.lit("finished" as const);
const KEPT = 200;

/** What people submitted, the newest 200 of each repository. */
export class Submissions {
  readonly #db: Kysely<Schema>;
  readonly #wallNow: () => number;

  constructor(db: Kysely<Schema>, wallNow: () => number = Date.now) {
    this.#db = db;
    this.#wallNow = wallNow;
  }

  /** Records it as it stands. */
  async save(repoKey: string, submission: Submission): Promise<void> {
    const row = { state: submission.state, submission: JSON.stringify(submission) };
    await this.#db
      .insertInto("submission")
      .values({
        repo_key: repoKey,
        id: submission.id,
        requested_at: Date.parse(submission.requestedAt),
        ...row,
      })
      .onConflict((conflict) => conflict.columns(["repo_key", "id"]).doUpdateSet(row))
      .execute();
    if (submission.state === "finished") await this.#forgetOld(repoKey);
  }

  async get(repoKey: string, id: string): Promise<Submission | undefined> {
    const row = await this.#db
      .selectFrom("submission")
      .select("submission")
      .where("repo_key", "=", repoKey)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && toSubmission(row);
  }

  /** The last that was begun of that stack. */
  async lastOf(repoKey: string, rootBranch: string): Promise<Submission | undefined> {
    const rows = await this.#db
      .selectFrom("submission")
      .select("submission")
      .where("repo_key", "=", repoKey)
      .orderBy("id", "desc")
      .execute();
    return rows.map(toSubmission).find((one) => one.rootBranch === rootBranch);
  }

  /** The store keys of repositories that have some which are not finished. */
  async unfinished(): Promise<Set<string>> {
    const rows = await this.#db
      .selectFrom("submission")
      .select("repo_key")
      .distinct()
      .where("state", "!=", FINISHED)
      .execute();
    return new Set(rows.map(({ repo_key }) => repo_key));
  }

  /** Ends those that a dead process left behind: what they had done by then is done. Another process may still be at one of them, and says so itself. */
  async closeAbandoned(repoKey: string, requestedBeforeMs: number): Promise<void> {
    const rows = await this.#db
      .selectFrom("submission")
      .select("submission")
      .where("repo_key", "=", repoKey)
      .where("state", "!=", FINISHED)
      .where("requested_at", "<", requestedBeforeMs)
      .execute();
    for (const row of rows) await this.save(repoKey, interrupted(toSubmission(row), this.#wallNow()));
  }

  async #forgetOld(repoKey: string): Promise<void> {
    await this.#db
      .deleteFrom("submission")
      .where("repo_key", "=", repoKey)
      .where("id", "<=", ({ selectFrom }) =>
        selectFrom("submission")
          .select("id")
          .where("repo_key", "=", repoKey)
          .orderBy("id", "desc")
          .offset(KEPT)
          .limit(1),
      )
      .execute();
  }
}

function toSubmission(row: { submission: string }): Submission {
  return JSON.parse(row.submission);
}

function interrupted(submission: Submission, wallMs: number): Submission {
  return {
    ...submission,
    state: "finished",
    outcome: "interrupted",
    finishedAt: new Date(wallMs).toISOString(),
    error: {
      code: "sync/shutting-down",
      title: problems["sync/shutting-down"].title,
      detail: "The server ended in the midst of this submit. Submit again: what is done is not done twice.",
    },
  };
}
