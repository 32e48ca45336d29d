import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { SESSION_LIMITS, Sessions } from "./sessions.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ADA = "github.com:7";
const BROWSER = { address: "203.0.113.9", agent: "Firefox" };

async function setUp(limits = SESSION_LIMITS) {
  const [clock, { db }] = [new ManualClock(), await memoryDatabase()];
  const sessions = new Sessions(db, limits, () => clock.wallNow());
  const rows = () => db.selectFrom("session").selectAll().execute();
  return { clock, sessions, rows };
}

test("a secret finds its session, another finds none, and only its hash is kept", async () => {
  const { clock, sessions, rows } = await setUp();
  const { secret, session } = await sessions.begin(ADA, { ...BROWSER, agent: "x".repeat(1000) });
  const now = clock.wallNow();
  expect(session).toEqual({
    id: expect.stringMatching(/^[\w-]{36}$/),
    personId: ADA,
    createdAtMs: now,
    usedAtMs: now,
    expiresAtMs: now + 30 * DAY_MS,
    address: BROWSER.address,
    agent: "x".repeat(200),
  });
  expect(await sessions.find(secret)).toEqual(session);
  expect(await sessions.find(`${secret}x`)).toBeUndefined();
  expect(await sessions.find(session.id)).toBeUndefined();
  const [row] = await rows();
  expect(JSON.stringify(row)).not.toContain(secret);
  expect(await sessions.find(row?.secret_hash ?? "")).toBeUndefined();
});

test("each sign-in has a secret of its own, and ending one leaves the others", async () => {
  const { sessions } = await setUp();
  const [before, after] = [await sessions.begin(ADA, BROWSER), await sessions.begin(ADA, BROWSER)];
  expect(after.secret).not.toBe(before.secret);
  expect(await sessions.end(ADA, before.session.id)).toEqual([before.session.id]);
  expect(await sessions.find(before.secret)).toBeUndefined();
  expect(await sessions.isOpen(before.session.id)).toBe(false);
  expect(await sessions.find(after.secret)).toMatchObject({ id: after.session.id });
  expect(await sessions.end(ADA, before.session.id)).toEqual([]);
});

test("it ends after seven days without use, to the millisecond", async () => {
  const { clock, sessions } = await setUp();
  const { secret, session } = await sessions.begin(ADA, BROWSER);
  await clock.advance(7 * DAY_MS - 1);
  expect(await sessions.isOpen(session.id)).toBe(true);
  expect(await sessions.list(ADA)).toHaveLength(1);
  await clock.advance(1);
  expect(await sessions.isOpen(session.id)).toBe(false);
  expect(await sessions.list(ADA)).toEqual([]);
  expect(await sessions.find(secret)).toBeUndefined();
});

test("use keeps it open, and after thirty days it ends nevertheless", async () => {
  const { clock, sessions } = await setUp();
  const { secret, session } = await sessions.begin(ADA, BROWSER);
  for (let day = 1; day < 30; day++) {
    await clock.advance(DAY_MS);
    expect(await sessions.find(secret)).toMatchObject({ id: session.id });
  }
  await clock.advance(DAY_MS - 1);
  expect(await sessions.isOpen(session.id)).toBe(true);
  await clock.advance(1);
  expect(await sessions.isOpen(session.id)).toBe(false);
  expect(await sessions.find(secret)).toBeUndefined();
});

test("its last use is noted to the minute, and looking whether it is open is no use", async () => {
  const { clock, sessions } = await setUp();
  const begunAtMs = clock.wallNow();
  const { secret, session } = await sessions.begin(ADA, BROWSER);
  const usedAtMs = async () => (await sessions.list(ADA))[0]?.usedAtMs;
  await clock.advance(MINUTE_MS - 1);
  await sessions.find(secret);
  expect(await usedAtMs()).toBe(begunAtMs);
  await clock.advance(1);
  await sessions.isOpen(session.id);
  expect(await usedAtMs()).toBe(begunAtMs);
  await sessions.find(secret);
  expect(await usedAtMs()).toBe(begunAtMs + MINUTE_MS);
});

test("of one person fifty are kept: the one unused for longest makes room, and nobody else's", async () => {
  const { clock, sessions } = await setUp();
  const other = await sessions.begin("github.com:8", BROWSER);
  const begun = [];
  for (let count = 0; count < 50; count++) {
    begun.push(await sessions.begin(ADA, BROWSER));
    await clock.advance(MINUTE_MS);
  }
  const [first, second] = begun;
  // The oldest is in use, so it is the next one's turn.
  await sessions.find(first?.secret ?? "");
  const last = await sessions.begin(ADA, BROWSER);
  const open = (await sessions.list(ADA)).map(({ id }) => id);
  expect(open).toHaveLength(50);
  expect(open).toEqual(expect.arrayContaining([first?.session.id, last.session.id]));
  expect(open).not.toContain(second?.session.id);
  expect(await sessions.find(second?.secret ?? "")).toBeUndefined();
  expect(await sessions.find(other.secret)).toBeDefined();
});

test("one just begun stays, also when the clock was set back below those before", async () => {
  const { clock, sessions } = await setUp();
  for (let count = 0; count < 50; count++) await sessions.begin(ADA, BROWSER);
  clock.setWallBack(HOUR_MS);
  const { secret } = await sessions.begin(ADA, BROWSER);
  expect(await sessions.find(secret)).toBeDefined();
});

test("what has ended is cleared away with the next sign-in of anybody", async () => {
  const { clock, sessions, rows } = await setUp({ idleMs: DAY_MS, lifeMs: 2 * DAY_MS });
  await sessions.begin(ADA, BROWSER);
  const kept = await sessions.begin(ADA, BROWSER);
  await clock.advance(DAY_MS - 1);
  await sessions.find(kept.secret);
  await clock.advance(1);
  const { session } = await sessions.begin("github.com:8", BROWSER);
  expect((await rows()).map(({ id }) => id).sort()).toEqual([kept.session.id, session.id].sort());
  await clock.advance(DAY_MS - 2);
  await sessions.find(kept.secret);
  await clock.advance(2);
  await sessions.begin("github.com:8", BROWSER);
  expect((await rows()).map(({ id }) => id)).not.toContain(kept.session.id);
});

test("the one used last is listed first, and signing out everywhere ends one's own alone", async () => {
  const { clock, sessions } = await setUp();
  const a = await sessions.begin(ADA, BROWSER);
  const b = await sessions.begin(ADA, BROWSER);
  const other = await sessions.begin("github.com:8", BROWSER);
  await clock.advance(HOUR_MS);
  await sessions.find(a.secret);
  expect((await sessions.list(ADA)).map(({ id }) => id)).toEqual([a.session.id, b.session.id]);
  expect(await sessions.end("github.com:8", a.session.id)).toEqual([]);
  expect(await sessions.isOpen(a.session.id)).toBe(true);
  expect((await sessions.end(ADA)).sort()).toEqual([a.session.id, b.session.id].sort());
  expect(await sessions.list(ADA)).toEqual([]);
  expect(await sessions.find(other.secret)).toBeDefined();
});
