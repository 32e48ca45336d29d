import type { Kysely } from "kysely";
import type { AuditAction, AuditEntry, AuditList } from "../contract/audit.ts";
import { createRunIds } from "../lib/run-id.ts";
import { pageOf } from "./page-of.ts";
import type { Schema } from "./schema.ts";

/** What somebody did; the rest of the entry is known here. */
export type AuditNote = Omit<AuditEntry, "id" | "at" | "outcome">;

export interface AuditQuestion {
  readonly limit: number;
  /** `next` of the page before. */
  readonly before?: string | undefined;
  /** The id of a person or token, or a login or name in any case. */
  readonly who?: string | undefined;
  readonly what?: AuditAction | undefined;
  /** A repository's id. */
  readonly repo?: string | undefined;
  /** From then on. */
  readonly sinceMs?: number | undefined;
  /** Before then. */
  readonly untilMs?: number | undefined;
}

export interface AuditLimits {
  /** Of what was done. */
  readonly done: number;
  /** Of what was refused: apart, since strangers who knock must not drive out what people did. */
  readonly refused: number;
}

/** More is not kept; the oldest go. */
const LIMITS: AuditLimits = { done: 100_000, refused: 10_000 };
/** How often it is looked whether there are more. */
const PRUNE_EVERY = 1_000;

const REFUSALS: readonly AuditAction[] = ["sign-in-refused", "access-refused"];
/** Their target is the id of a repository. */
const ON_REPOS: readonly AuditAction[] = [
  "sync",
  "submit",
  "repo-added",
  "repo-removed",
  "webhook-replayed",
  "run-cancelled",
  "mirror-recloned",
  "mirror-repaired",
  "access-refused",
];

/** Who did what, when, and from where. Entries are never changed. */
export class AuditLog {
  readonly #db: Kysely<Schema>;
  readonly #limits: AuditLimits;
  readonly #wallNow: () => number;
  readonly #newId: () => string;
  #untilPrune = 0;

  constructor(
    db: Kysely<Schema>,
    { limits = LIMITS, wallNow = Date.now }: { limits?: AuditLimits; wallNow?: () => number } = {},
  ) {
    this.#db = db;
    this.#limits = limits;
    this.#wallNow = wallNow;
    this.#newId = createRunIds(wallNow);
  }

  /** Once this has settled, it survives the death of the process. */
  async write(note: AuditNote): Promise<void> {
    const at = this.#wallNow();
    const id = this.#newId();
    const { action, actor, target = "" } = note;
    // Who was refused at sign-in is no actor yet, and still whom one looks for.
    const name = actor?.name ?? (action === "sign-in-refused" ? target : "");
    await this.#db
      .insertInto("audit")
      .values({
        id,
        at,
        action,
        actor: actor?.id ?? "",
        actor_name: name.toLowerCase(),
        target,
        entry: JSON.stringify({ id, at: new Date(at).toISOString(), ...note }),
      })
      .execute();
    if (this.#untilPrune-- <= 0) await this.#prune();
  }

  /** Newest first. */
  async list({ limit, before, who, what, repo, sinceMs, untilMs }: AuditQuestion): Promise<AuditList> {
    let query = this.#db.selectFrom("audit").select(["id", "action", "entry"]);
    if (before !== undefined) query = query.where("id", "<", before);
    if (who !== undefined) {
      query = query.where(({ eb, or }) =>
        or([eb("actor", "=", who), eb("actor_name", "=", who.toLowerCase())]),
      );
    }
    if (what !== undefined) query = query.where("action", "=", what);
    if (repo !== undefined) query = query.where("target", "=", repo).where("action", "in", ON_REPOS);
    if (sinceMs !== undefined) query = query.where("at", ">=", sinceMs);
    if (untilMs !== undefined) query = query.where("at", "<", untilMs);
    const rows = await query
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    const { page, rest } = pageOf(rows, limit);
    return { entries: page.map(toEntry), ...rest };
  }

  async #prune(): Promise<void> {
    this.#untilPrune = PRUNE_EVERY;
    await this.#keep("not in", this.#limits.done);
    await this.#keep("in", this.#limits.refused);
  }

  async #keep(among: "in" | "not in", count: number): Promise<void> {
    const first = await this.#db
      .selectFrom("audit")
      .select("id")
      .where("action", among, REFUSALS)
      .orderBy("id", "desc")
      .offset(count)
      .limit(1)
      .executeTakeFirst();
    if (!first) return;
    await this.#db.deleteFrom("audit").where("action", among, REFUSALS).where("id", "<=", first.id).execute();
  }
}

function toEntry({ action, entry }: { action: AuditAction; entry: string }): AuditEntry {
  return { outcome: REFUSALS.includes(action) ? "refused" : "done", ...JSON.parse(entry) };
}
