import { expect, test } from "vitest";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { ActivityLog } from "./activity-log.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const pushed = (branch: string) => ({ kind: "pushed" as const, branch });

async function branches(
  log: ActivityLog,
  keys: string[],
  asked: object = {},
): Promise<(string | undefined)[]> {
  const { entries } = await log.list(keys, { limit: 100, ...asked });
  return entries.map(({ entry }) => entry.branch);
}

test("what happened in several repositories is read newest first, page by page, and of others nothing", async () => {
  const { db } = await memoryDatabase();
  const log = new ActivityLog(db);
  await log.write("a", [pushed("one"), pushed("two")]);
  await log.write("b", [pushed("three")]);
  await log.write("c", [pushed("hidden")]);
  const seen: (string | undefined)[] = [];
  let before: string | undefined;
  do {
    const page = await log.list(["a", "b"], { limit: 1, before });
    seen.push(...page.entries.map(({ repoKey, entry }) => `${repoKey} ${entry.branch}`));
    before = page.next;
  } while (before !== undefined);
  expect(seen).toEqual(["b three", "a two", "a one"]);
  expect(await branches(log, [])).toEqual([]);
});

test("it is found by kind, stack, failure, and by who did it or whose it is", async () => {
  const { db } = await memoryDatabase();
  const log = new ActivityLog(db);
  await log.write("a", [
    { kind: "pushed", branch: "mine", actor: "Theo", people: ["Theo", "mira"] },
    { kind: "branch-created", branch: "stacked", stack: { id: "s1", title: "Tokens" } },
    { kind: "checks", branch: "red", state: "failing" },
    { kind: "checks", branch: "green", state: "passing" },
    { kind: "pushed", branch: "other", people: ["theodora", "t_eo"] },
  ]);
  expect(await branches(log, ["a"], { kind: "branch-created" })).toEqual(["stacked"]);
  expect(await branches(log, ["a"], { stack: "s1" })).toEqual(["stacked"]);
  expect(await branches(log, ["a"], { failures: true })).toEqual(["red"]);
  expect(await branches(log, ["a"], { person: "THEO" })).toEqual(["mine"]);
  expect(await branches(log, ["a"], { person: "mira" })).toEqual(["mine"]);
  expect(await branches(log, ["a"], { person: "t_eo" })).toEqual(["other"]);
  expect(await branches(log, ["a"], { person: "%" })).toEqual([]);
});

test("it is kept 90 days and not without bound, of each repository by itself", async () => {
  const { db } = await memoryDatabase();
  let nowMs = 0;
  const log = new ActivityLog(db, { maxRows: 120, wallNow: () => nowMs });
  await log.write("a", [pushed("old")]);
  await log.write("b", [pushed("old")]);
  nowMs = 89 * DAY_MS;
  expect(await branches(log, ["a"])).toEqual(["old"]);
  nowMs = 91 * DAY_MS;
  expect(await branches(log, ["a"])).toEqual([]);
  for (let n = 0; n < 300; n++) await log.write("a", [pushed(`n${n}`)]);
  const rows = await db.selectFrom("activity").select("repo_key").execute();
  const kept = rows.filter(({ repo_key }) => repo_key === "a").length;
  expect(kept).toBeGreaterThanOrEqual(120);
  expect(kept).toBeLessThanOrEqual(222);
  expect(rows.filter(({ repo_key }) => repo_key === "b")).toHaveLength(1);
});
