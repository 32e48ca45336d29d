import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, SqliteDialect, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { ActivityLog } from "./activity-log.ts";
import { AddedRepos } from "./added-repos.ts";
import { ApiTokens } from "./api-tokens.ts";
import { AuditLog } from "./audit-log.ts";
import { Deliveries } from "./deliveries.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { DepartedBranches } from "./departed-branches.ts";
import { ForgeFacts } from "./forge-facts.ts";
import { forgetRepo } from "./forget-repo.ts";
import { HeadMoves } from "./head-moves.ts";
import { Hooks } from "./hooks.ts";
import { LandedBranches } from "./landed-branches.ts";
import { LineCounts } from "./line-counts.ts";
import { ListedLogins } from "./listed-logins.ts";
import { migrations } from "./migrations/migrations.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { PatchIds } from "./patch-ids.ts";
import { People } from "./people.ts";
import { RefusedDeliveries } from "./refused-deliveries.ts";
import { Repositories } from "./repositories.ts";
import { type Salvaged, salvageDatabase } from "./salvage-database.ts";
import type { Schema } from "./schema.ts";
import { Sessions } from "./sessions.ts";
import { Stacks } from "./stacks.ts";
import { Submissions } from "./submissions.ts";
import { SyncRuns } from "./sync-runs.ts";

const FILE_NAME = "stackit.sqlite";
/** How long to wait for another process that writes to the same file. The event loop waits too. */
const BUSY_TIMEOUT_MS = 5_000;
const RETRY_MS = 20;
/** Up to this size, a database is read through when it is opened, to find out whether it is whole. */
const MAX_CHECKED_BYTES = 64 * 2 ** 20;

export interface SetAside {
  /** Where it is now. */
  readonly file: string;
  /** What came over into the new one; undefined when nothing of it could be read. */
  readonly salvaged: Salvaged | undefined;
}

export interface Store extends AsyncDisposable {
  readonly syncRuns: SyncRuns;
  readonly lineCounts: LineCounts;
  readonly deliveries: Deliveries;
  readonly refusedDeliveries: RefusedDeliveries;
  readonly deliveryLog: DeliveryLog;
  readonly hooks: Hooks;
  readonly patchIds: PatchIds;
  headMoves(repoKey: string): HeadMoves;
  landed(repoKey: string): LandedBranches;
  departed(repoKey: string): DepartedBranches;
  stacks(repoKey: string): Stacks;
  readonly repositories: Repositories;
  readonly forgeFacts: ForgeFacts;
  readonly people: People;
  readonly listedLogins: ListedLogins;
  readonly sessions: Sessions;
  readonly apiTokens: ApiTokens;
  readonly audit: AuditLog;
  readonly addedRepos: AddedRepos;
  readonly activity: ActivityLog;
  readonly submissions: Submissions;
  /** Removes everything that is held of a repository that is served no more. */
  forget(repoKey: string): Promise<void>;
  /** What became of the file that was found, when it was no whole database. */
  readonly setAside: SetAside | undefined;
  /** @throws when the database does not answer. */
  ping(): Promise<void>;
}

/**
 * Opens `stackit.sqlite` in `dataDir`, which is made when it is missing, or a store in memory for `":memory:"`. Several
 * processes may share a data folder. What a write answered survives the death of the process. A file that is no whole database is set
 * aside, and what can be read of it comes over into a new one.
 * @throws when the folder cannot be written, the file is not ours to read, or a newer version of the program made it.
 */
export async function openStore(dataDir: string): Promise<Store> {
  if (dataDir === ":memory:") return migrated(new DatabaseSync(":memory:"), undefined);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, FILE_NAME);
  const foundInode = createPrivately(file);
  try {
    return await openFile(file, undefined);
  } catch (error) {
    if (!isBroken(error))
      throw new Error(`The database ${file} cannot be opened: ${messageOf(error)}`, { cause: error });
    return await openFile(file, replaceBroken(file, foundInode));
  }
}

async function openFile(file: string, setAside: SetAside | undefined): Promise<Store> {
  createPrivately(file);
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    refuseNewer(database);
    await journalAhead(database);
    database.exec("pragma synchronous = normal");
    if (statSync(file).size <= MAX_CHECKED_BYTES) check(database);
    return await migrated(database, setAside);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Before anything is written: what a newer version made is left as it is. */
function refuseNewer(database: DatabaseSync): void {
  const isOurs = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (!isOurs) return;
  const rows = database.prepare("select name from kysely_migration order by name").all();
  const unknown = rows.map(({ name }) => String(name)).find((name) => !(name in migrations));
  if (unknown === undefined) return;
  throw new Error(
    `a newer version of Stackit has made it, which knows "${unknown}". Install that version or a newer one, or restore a backup of this one's.`,
  );
}

/** SQLite does not wait by itself for another process that makes the same file: of two that do so at once, one is refused. */
async function journalAhead(database: DatabaseSync): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      database.exec("pragma journal_mode = wal");
      return;
    } catch (error) {
      if (primaryCodeOf(error) !== SQLITE_BUSY || waitedMs >= BUSY_TIMEOUT_MS) throw error;
    }
    await sleep(RETRY_MS);
  }
}

/** The files that SQLite puts beside it take over its mode. Returns the inode. */
function createPrivately(file: string): number {
  closeSync(openSync(file, "a", 0o600));
  return statSync(file).ino;
}

async function migrated(database: DatabaseSync, setAside: SetAside | undefined): Promise<Store> {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: nodeSqlite(database) }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  // The lock makes a second process that starts at the same time wait and then find the work done.
  database.exec("begin immediate");
  const { error } = await migrator.migrateToLatest();
  database.exec(error ? "rollback" : "commit");
  if (error) throw error;
  return {
    syncRuns: new SyncRuns(db),
    lineCounts: new LineCounts(db),
    deliveries: new Deliveries(db),
    refusedDeliveries: new RefusedDeliveries(db),
    deliveryLog: new DeliveryLog(db),
    hooks: new Hooks(db),
    patchIds: new PatchIds(db),
    headMoves: (repoKey) => new HeadMoves(db, repoKey),
    landed: (repoKey) => new LandedBranches(db, repoKey),
    departed: (repoKey) => new DepartedBranches(db, repoKey),
    stacks: (repoKey) => new Stacks(db, repoKey),
    repositories: new Repositories(db),
    forgeFacts: new ForgeFacts(db),
    people: new People(db),
    listedLogins: new ListedLogins(db),
    sessions: new Sessions(db),
    apiTokens: new ApiTokens(db),
    audit: new AuditLog(db),
    addedRepos: new AddedRepos(db),
    activity: new ActivityLog(db),
    submissions: new Submissions(db),
    forget: (repoKey) => forgetRepo(db, repoKey),
    setAside,
    ping: async () => void (await sql`select 1`.execute(db)),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}

const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

class BrokenDatabase extends Error {}

function check(database: DatabaseSync): void {
  const finding = database.prepare("pragma quick_check(1)").get()?.quick_check;
  if (finding !== "ok") throw new BrokenDatabase(String(finding));
}

function isBroken(error: unknown): boolean {
  const code = primaryCodeOf(error);
  return error instanceof BrokenDatabase || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

function primaryCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

/** Undefined when another process has already replaced the file. Whoever is killed in the midst of it leaves the broken one or the new one. */
function replaceBroken(file: string, foundInode: number): SetAside | undefined {
  const built = `${file}.salvaged-${crypto.randomUUID().slice(0, 8)}`;
  createPrivately(built);
  const salvaged = salvageDatabase(file, built);
  if (statSync(file).ino !== foundInode) {
    rmSync(built, { force: true });
    return undefined;
  }
  const aside = `${file}.broken-${new Date().toISOString().replaceAll(":", "")}`;
  if (salvaged) linkSync(file, aside);
  else renameSync(file, aside);
  // What they held has come over, and they must not be taken for the new one's.
  for (const ending of ["-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true });
  if (salvaged) renameSync(built, file);
  return { file: aside, salvaged };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
