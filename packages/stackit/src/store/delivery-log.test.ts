import { DatabaseSync } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import { expect, test } from "vitest";
import { Deliveries } from "./deliveries.ts";
import { DeliveryLog, type DeliveryQuestion, type LoggedDelivery } from "./delivery-log.ts";
import { deliveries as deliveriesMigration } from "./migrations/0002-deliveries.ts";
import { deliveryLog } from "./migrations/0015-delivery-log.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { RefusedDeliveries, type RefusedDelivery, type RefusedLimits } from "./refused-deliveries.ts";
import type { Schema } from "./schema.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const DAY_MS = 86_400_000;

async function setUp(limits?: RefusedLimits) {
  const db = new Kysely<Schema>({
    dialect: new SqliteDialect({ database: nodeSqlite(new DatabaseSync(":memory:")) }),
  });
  await deliveriesMigration.up(db);
  await deliveryLog.up(db);
  const time = { nowMs: NOON };
  const wallNow = () => time.nowMs;
  const deliveries = new Deliveries(db, { wallNow });
  const refused = new RefusedDeliveries(db, { wallNow, ...(limits && { limits }) });
  const log = new DeliveryLog(db);
  return {
    time,
    deliveries,
    log,
    take: (id: string, repoKey = "widget") =>
      deliveries.add({ id, event: "push", repoKey, task: { expect: [] } }),
    refuse: (one: RefusedDelivery, came = 1) => refused.add([{ one, came }]),
    all: async (question: Partial<DeliveryQuestion> = {}) =>
      (await log.list({ limit: 1000, ...question })).deliveries.map(inWords),
  };
}

function inWords({ result, status, event, repository, address, came, taken }: LoggedDelivery): string {
  const who = taken ? [taken.repoKey, taken.id] : [repository, address];
  return [`${came} ${result}`, status, event, ...who].filter((word) => word !== "").join(" ");
}

const FORGED: RefusedDelivery = {
  result: "bad-signature",
  status: 401,
  event: "push",
  address: "203.0.113.9",
};
const UNKNOWN: RefusedDelivery = { result: "ignored", status: 204, event: "push", repository: "octo/Other" };

test("those that were taken and those that were not are one list, newest first", async () => {
  const { time, take, refuse, all, deliveries } = await setUp();
  await take("1");
  time.nowMs++;
  await refuse(FORGED);
  time.nowMs++;
  await take("2");
  await deliveries.noteRepeat({ repoKey: "widget", id: "2" });
  time.nowMs++;
  await refuse(UNKNOWN);
  expect(await all()).toEqual([
    "1 ignored 204 push octo/Other",
    "2 taken 202 push widget 2",
    "1 bad-signature 401 push 203.0.113.9",
    "1 taken 202 push widget 1",
  ]);
});

test("which run answered a delivery, and which replayed it, is told", async () => {
  const { time, take, log, deliveries } = await setUp();
  for (const id of ["1", "2"]) await take(id);
  await deliveries.finish("widget", ["1"], "run-1");
  await deliveries.noteReplay({ repoKey: "widget", id: "1" }, "run-2");
  await deliveries.noteReplay({ repoKey: "other", id: "2" }, "run-3");
  time.nowMs += 5;
  await deliveries.noteRepeat({ repoKey: "widget", id: "2" });
  const { deliveries: found } = await log.list({ limit: 9 });
  expect(found).toMatchObject([
    {
      firstAtMs: NOON,
      lastAtMs: NOON + 5,
      came: 2,
      taken: { id: "2", isAnswered: false, runId: null, replayRunId: null },
    },
    { lastAtMs: NOON, came: 1, taken: { id: "1", isAnswered: true, runId: "run-1", replayRunId: "run-2" } },
  ]);
});

test("refused ones that are alike are one row for ten minutes, however many come", async () => {
  const { time, refuse, log } = await setUp();
  for (let n = 0; n < 100; n++) await refuse(FORGED, 7);
  await refuse({ ...FORGED, address: "203.0.113.10" });
  time.nowMs += 599_999;
  await refuse(FORGED);
  time.nowMs += 1;
  await refuse(FORGED);
  const { deliveries: found } = await log.list({ limit: 9 });
  expect(found.map(({ came, address, firstAtMs, lastAtMs }) => [came, address, firstAtMs, lastAtMs])).toEqual(
    [
      [1, "203.0.113.9", NOON + 600_000, NOON + 600_000],
      [701, "203.0.113.9", NOON, NOON + 599_999],
      [1, "203.0.113.10", NOON, NOON],
    ],
  );
});

test("pages follow each other without a gap and without a repetition, also among those of one instant", async () => {
  const { time, take, refuse, log } = await setUp();
  for (let n = 0; n < 30; n++) {
    await take(`id ${n}`, n % 2 === 0 ? "widget" : "gädget");
    await refuse({ ...UNKNOWN, repository: `octo/${n}` });
    if (n % 10 === 9) time.nowMs++;
  }
  const { deliveries: whole } = await log.list({ limit: 1000 });
  expect(whole).toHaveLength(60);
  const paged: LoggedDelivery[] = [];
  let before: DeliveryQuestion["before"];
  do {
    const page = await log.list({ limit: 7, before });
    paged.push(...page.deliveries);
    before = page.next;
  } while (before !== undefined);
  expect(paged).toEqual(whole);
});

test("filters tell results and repositories apart", async () => {
  const { take, refuse, all, deliveries } = await setUp();
  await take("1");
  await take("2", "gadget");
  await deliveries.noteRepeat({ repoKey: "gadget", id: "2" });
  await refuse(FORGED);
  await refuse(UNKNOWN);
  expect(await all({ result: "taken" })).toEqual(["1 taken 202 push widget 1", "2 taken 202 push gadget 2"]);
  expect(await all({ result: "repeated" })).toEqual(["2 taken 202 push gadget 2"]);
  expect(await all({ result: "bad-signature" })).toEqual(["1 bad-signature 401 push 203.0.113.9"]);
  expect(await all({ result: "invalid" })).toEqual([]);
  const other = { key: "other", fullName: "OCTO/other" };
  expect(await all({ repo: other })).toEqual(["1 ignored 204 push octo/Other"]);
  expect(await all({ repo: other, result: "taken" })).toEqual([]);
  expect(await all({ repo: { key: "widget", fullName: undefined } })).toEqual(["1 taken 202 push widget 1"]);
});

test("what strangers send fills no more than its room, and drives out neither what was signed nor what was taken", async () => {
  const { time, take, refuse, all } = await setUp({ signed: 5, others: 10 });
  await take("1");
  time.nowMs++;
  await refuse(UNKNOWN);
  for (let n = 0; n < 300; n++) {
    time.nowMs++;
    await refuse({ ...FORGED, address: `2001:db8:0:${n}::/64` });
  }
  const found = await all();
  expect(found.length).toBeLessThanOrEqual(2 + 10 + 101);
  expect(found.slice(0, 1)).toEqual(["1 bad-signature 401 push 2001:db8:0:299::/64"]);
  expect(found.slice(-2)).toEqual(["1 ignored 204 push octo/Other", "1 taken 202 push widget 1"]);
});

test("refused ones are forgotten after 30 days", async () => {
  const { time, refuse, all } = await setUp();
  await refuse(FORGED);
  time.nowMs += 31 * DAY_MS;
  for (let n = 0; n < 101; n++) await refuse(UNKNOWN);
  expect(await all()).toEqual(["101 ignored 204 push octo/Other"]);
});
