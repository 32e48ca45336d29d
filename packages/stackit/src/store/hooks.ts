import type { Kysely } from "kysely";
import { chunks } from "./chunks.ts";
import type { Schema } from "./schema.ts";

/** What is known of a repository's webhook. */
export interface KnownHook {
  /** When it last announced a push, in epoch milliseconds; undefined when it never did. */
  readonly lastPushAtMs: number | undefined;
  readonly silence: Silence | undefined;
}

/** A change came that no webhook announced. */
export interface Silence {
  /** When the run ended that found it, in epoch milliseconds. */
  readonly sinceMs: number;
  readonly runId: string;
}

/** What is known of webhooks, by the store keys of their repositories. */
export class Hooks {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  async list(): Promise<Map<string, KnownHook>> {
    const rows = await this.#db.selectFrom("hook").selectAll().execute();
    return new Map(
      rows.map(({ repo_key, last_push_at, silent_since, silent_run }) => [
        repo_key,
        {
          lastPushAtMs: last_push_at,
          silence:
            silent_since === null || silent_run === null
              ? undefined
              : { sinceMs: silent_since, runId: silent_run },
        },
      ]),
    );
  }

  /** Those that never announced a push are none. */
  async save(known: ReadonlyMap<string, KnownHook>): Promise<void> {
    const rows = [...known].flatMap(([repo_key, { lastPushAtMs, silence }]) =>
      lastPushAtMs === undefined
        ? []
        : {
            repo_key,
            last_push_at: lastPushAtMs,
            silent_since: silence?.sinceMs ?? null,
            silent_run: silence?.runId ?? null,
          },
    );
    for (const chunk of chunks(rows)) {
      await this.#db
        .insertInto("hook")
        .values(chunk)
        .onConflict((conflict) =>
          conflict.column("repo_key").doUpdateSet(({ ref }) => ({
            last_push_at: ref("excluded.last_push_at"),
            silent_since: ref("excluded.silent_since"),
            silent_run: ref("excluded.silent_run"),
          })),
        )
        .execute();
    }
  }
}
