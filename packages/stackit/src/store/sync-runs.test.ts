import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test, vi } from "vitest";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import type { SyncRun } from "../contract/sync-run.ts";
import { firstTables } from "./migrations/0001-first-tables.ts";
import { runChanges } from "./migrations/0005-run-changes.ts";
import { submissions } from "./migrations/0016-submissions.ts";
import { runHistories } from "./migrations/0018-run-histories.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { openStore } from "./open-store.ts";
import { NO_HISTORY } from "./run-history.ts";
import type { Schema, SyncRunRow } from "./schema.ts";
import { SyncRuns } from "./sync-runs.ts";

const NOW = Date.now();
const MINUTE_MS = 60_000;

/** The n-th run of a repository, one a minute. */
function run(n: number, more: Partial<SyncRun> = {}): SyncRun {
  const at = new Date(NOW + n * MINUTE_MS).toISOString();
  return {
    id: `run-${String(n).padStart(5, "0")}`,
    repoId: "a",
    triggers: ["watcher"],
    requestedAt: at,
    finishedAt: at,
    state: "finished",
    outcome: "unchanged",
    refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
    stacks: { created: [], changed: [], removed: [] },
    phases: { queueMs: 0, fetchMs: 0, readMs: 1, deriveMs: 2 },
    ...more,
  };
}

const changing: Partial<SyncRun> = {
  outcome: "updated",
  refs: { created: 0, updated: 1, deleted: 0, changes: [], truncated: false },
};

const failed = (n: number, code: string) =>
  run(n, { outcome: "failed", error: { code, title: code, detail: code, retryable: true } });

function unfinished(n: number, state: "queued" | "running"): SyncRun {
  const { finishedAt: _, outcome: __, ...rest } = run(n);
  return { ...rest, state };
}

test("a run is read back as it was saved, and only under its own repository", async () => {
  await using store = await openStore(":memory:");
  const saved = run(1, { requestedBy: "åsa", triggers: ["manual", "webhook"], generation: 7 });
  await store.syncRuns.save("a", saved);
  expect(await store.syncRuns.get("a", saved.id)).toEqual(saved);
  expect(await store.syncRuns.get("b", saved.id)).toBeUndefined();
});

test("a finished run stays finished when an older state comes late", async () => {
  await using store = await openStore(":memory:");
  await store.syncRuns.save("a", unfinished(1, "queued"));
  await store.syncRuns.save("a", run(1));
  await store.syncRuns.save("a", unfinished(1, "running"));
  expect(await store.syncRuns.get("a", run(1).id)).toMatchObject({ state: "finished" });
});

test("the list is newest first and can be read on page by page", async () => {
  await using store = await openStore(":memory:");
  for (let n = 1; n <= 5; n++) await store.syncRuns.save("a", run(n));
  await store.syncRuns.save("b", run(9));
  const pages: string[][] = [];
  let before: string | undefined;
  do {
    const page = await store.syncRuns.list("a", { limit: 2, before });
    pages.push(page.runs.map(({ id }) => id));
    before = page.next;
  } while (before !== undefined);
  expect(pages).toEqual([["run-00005", "run-00004"], ["run-00003", "run-00002"], ["run-00001"]]);
});

test("a repository keeps its last 500 runs and none older than 30 days, and does not touch those of others", async () => {
  await using store = await openStore(":memory:");
  const longAgo = run(0, { id: "run-old", requestedAt: new Date(NOW - 31 * 86_400_000).toISOString() });
  await store.syncRuns.save("b", run(0));
  await store.syncRuns.save("a", longAgo);
  expect((await store.syncRuns.list("a", { limit: 10 })).runs).toEqual([]);
  for (let n = 1; n <= 510; n++) await store.syncRuns.save("a", run(n));
  const { runs } = await store.syncRuns.list("a", { limit: 1000 });
  expect([runs.length, runs.at(-1)?.id]).toEqual([500, "run-00011"]);
  expect((await store.syncRuns.list("b", { limit: 10 })).runs).toHaveLength(1);
});

test("the history says when it last worked, last changed, and how often it failed since", async () => {
  await using store = await openStore(":memory:");
  expect(await store.syncRuns.history("a")).toEqual(NO_HISTORY);
  const runs = [
    run(1, { ...changing, durationMs: 12.5 }),
    run(2),
    failed(3, "sync/unreadable"),
    failed(4, "sync/timeout"),
    failed(5, "sync/shutting-down"),
    unfinished(6, "running"),
  ];
  for (const each of runs) await store.syncRuns.save("a", each);
  expect(await store.syncRuns.history("a")).toEqual({
    lastAttempt: {
      at: run(4).finishedAt,
      runId: run(4).id,
      outcome: "failed",
      code: "sync/timeout",
      detail: failed(4, "sync/timeout").error?.detail,
    },
    lastSuccessAt: run(2).finishedAt,
    lastChangeAt: run(1).finishedAt,
    news: { at: run(1).finishedAt, by: "first-run" },
    consecutiveFailures: 2,
    failingSince: run(3).finishedAt,
    recent: [
      { outcome: "updated", durationMs: 12.5 },
      { outcome: "unchanged" },
      { outcome: "failed" },
      { outcome: "failed" },
    ],
  });
});

test("the history survives restarts, whose first runs say updated and find no change", async () => {
  await using store = await openStore(":memory:");
  const historyWith = async (...runs: SyncRun[]) => {
    for (const each of runs) await store.syncRuns.save("a", each);
    const { lastChangeAt, news } = await store.syncRuns.history("a");
    return { lastChangeAt, news };
  };
  const { finishedAt: at1 } = run(1);
  const { finishedAt: at3 } = run(3);
  const { finishedAt: at5 } = run(5);
  expect(await historyWith(run(1, { outcome: "updated" }), run(2))).toEqual({
    lastChangeAt: undefined,
    news: { at: at1, by: "first-run" },
  });
  const found = { lastChangeAt: at3, news: { at: at3, by: "look" } };
  expect(await historyWith(run(3, changing), run(4, { outcome: "updated" }))).toEqual(found);
  expect(await historyWith(run(5, { ...changing, triggers: ["interval", "webhook"] }), run(6))).toEqual({
    lastChangeAt: at5,
    news: { at: at5, by: "webhook" },
  });
});

test("a webhook that comes after somebody was quicker announced the change all the same", async () => {
  await using store = await openStore(":memory:");
  const runs = [run(1), run(2, { ...changing, triggers: ["manual"] }), run(3, { triggers: ["webhook"] })];
  for (const each of runs) await store.syncRuns.save("a", each);
  expect((await store.syncRuns.history("a")).news).toEqual({ at: run(2).finishedAt, by: "webhook" });
});

test("the history that is kept is what the runs tell, whatever was recorded again, late or by a dead process", async () => {
  const { db } = await memoryDatabase();
  const runs = new SyncRuns(db);
  const toldByRuns = async () => {
    await db.deleteFrom("run_history").execute();
    return runs.history("a");
  };
  await runs.history("a");
  const saves = [
    run(1, { outcome: "updated", durationMs: 3 }),
    unfinished(2, "running"),
    failed(2, "sync/shutting-down"),
    // The process was alive after all.
    run(2, { ...changing, triggers: ["webhook"] }),
    failed(4, "sync/timeout"),
    // Another process took longer.
    run(3),
    run(3),
    failed(5, "sync/unreadable"),
    failed(6, "sync/unreadable"),
  ];
  for (const each of saves) {
    await runs.save("a", each);
    const kept = (await runs.histories()).get("a");
    const shown = await runs.history("a");
    expect(shown).toEqual(await toldByRuns());
    expect([shown, undefined]).toContainEqual(kept);
  }
  expect(await runs.history("a")).toMatchObject({ consecutiveFailures: 3, failingSince: run(4).finishedAt });
});

test("a history that cannot be read, or that lacks a finished run, is told by the runs again", async () => {
  const { db } = await memoryDatabase();
  const runs = new SyncRuns(db);
  await runs.save("a", run(1, changing));
  const told = await runs.history("a");
  expect(told).toMatchObject({ lastChangeAt: run(1).finishedAt });
  expect(await runs.histories()).toEqual(new Map([["a", told]]));
  for (const odd of [{ history: "{" }, { history: JSON.stringify(NO_HISTORY), through: "" }]) {
    await db.updateTable("run_history").set(odd).execute();
    expect(await runs.histories()).toEqual(new Map());
    expect(await runs.history("a")).toEqual(told);
  }
});

test("which repositories have unfinished runs is known without reading those that are finished", async () => {
  const { db, file } = await memoryDatabase();
  const runs = new SyncRuns(db);
  await runs.save("a", run(1));
  await runs.save("b", unfinished(1, "running"));
  const prepare = vi.spyOn(file, "prepare");
  expect(await runs.unfinished()).toEqual(new Set(["b"]));
  const [[sql = ""] = []] = prepare.mock.calls;
  const plan = file.prepare(`explain query plan ${sql}`).all();
  expect(plan.map(({ detail }) => String(detail)).join()).toContain("sync_run_unfinished");
});

test("what older versions stored tells the same", async () => {
  const dialect = new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) });
  const db = new Kysely<{ sync_run: Omit<SyncRunRow, "changed" | "announced"> }>({ dialect });
  await firstTables.up(db);
  const announced = run(2, { ...changing, triggers: ["webhook"] });
  for (const each of [run(1), announced, run(3, { outcome: "updated" })]) {
    const { id, state, outcome = null, requestedAt, finishedAt = "" } = each;
    const times = { requested_at: Date.parse(requestedAt), finished_at: Date.parse(finishedAt) };
    const row = { store_key: "a", id, state, outcome, error_code: null, ...times, run: JSON.stringify(each) };
    await db.insertInto("sync_run").values(row).execute();
  }
  await runChanges.up(db);
  await submissions.up(db);
  await runHistories.up(db);
  expect(await new SyncRuns(new Kysely<Schema>({ dialect })).history("a")).toMatchObject({
    lastChangeAt: announced.finishedAt,
    news: { at: announced.finishedAt, by: "webhook" },
  });
});

test("runs that a dead process left are ended, those of live ones and of other repositories are not", async () => {
  await using store = await openStore(":memory:");
  const startedMs = NOW + 10 * MINUTE_MS;
  for (const each of [unfinished(1, "queued"), unfinished(2, "running"), run(3), unfinished(11, "running")]) {
    await store.syncRuns.save("a", each);
  }
  await store.syncRuns.save("b", unfinished(1, "running"));
  expect(await store.syncRuns.closeAbandoned("a", startedMs)).toBe(2);
  const { runs } = await store.syncRuns.list("a", { limit: 10 });
  expect(runs.map(({ id, state, error }) => [id, state, error?.code])).toEqual([
    ["run-00011", "running", undefined],
    ["run-00003", "finished", undefined],
    ["run-00002", "finished", "sync/shutting-down"],
    ["run-00001", "finished", "sync/shutting-down"],
  ]);
  expect(await store.syncRuns.get("b", "run-00001")).toMatchObject({ state: "running" });

  await store.syncRuns.save("a", run(2, { outcome: "updated" }));
  expect(await store.syncRuns.get("a", "run-00002")).toMatchObject({ outcome: "updated" });
});
