import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { ApiTokens } from "./api-tokens.ts";

const MINUTE_MS = 60_000;

async function setUp() {
  const [clock, { db }] = [new ManualClock(), await memoryDatabase()];
  const tokens = new ApiTokens(db, () => clock.wallNow());
  const rows = () => db.selectFrom("api_token").selectAll().execute();
  return { clock, tokens, rows };
}

const WANTED = { name: "ci", scopes: ["sync"] } as const;

test("a secret finds its token, another finds none, and only its hash is kept", async () => {
  const { clock, tokens, rows } = await setUp();
  const { secret, token } = await tokens.create({ ...WANTED, repos: ["widget"] });
  expect(secret).toMatch(/^stackit_[\w-]{43}$/);
  expect(token).toEqual({
    ...WANTED,
    id: expect.stringMatching(/^[\w-]{36}$/),
    repos: ["widget"],
    createdAtMs: clock.wallNow(),
  });
  expect(await tokens.find(secret)).toEqual({ ...token, usedAtMs: clock.wallNow() });
  for (const wrong of [`${secret}x`, secret.slice("stackit_".length), token.id, "stackit_", ""]) {
    expect(await tokens.find(wrong)).toBeUndefined();
  }
  const [row] = await rows();
  expect(JSON.stringify(row)).not.toContain(secret.slice("stackit_".length));
  expect(await tokens.find(`stackit_${row?.secret_hash}`)).toBeUndefined();
});

test("one that expires opens nothing from then on, and is still listed", async () => {
  const { clock, tokens } = await setUp();
  const expiresAtMs = clock.wallNow() + MINUTE_MS;
  const { secret, token } = await tokens.create({ ...WANTED, expiresAtMs });
  const lasting = await tokens.create(WANTED);
  await clock.advance(MINUTE_MS - 1);
  expect(await tokens.find(secret)).toMatchObject({ id: token.id, expiresAtMs });
  expect(await tokens.isOpen(token.id)).toBe(true);
  await clock.advance(1);
  expect(await tokens.find(secret)).toBeUndefined();
  expect(await tokens.isOpen(token.id)).toBe(false);
  expect((await tokens.list()).map(({ id }) => id).sort()).toEqual([token.id, lasting.token.id].sort());
  await clock.advance(3_650 * 86_400_000);
  expect(await tokens.find(lasting.secret)).toBeDefined();
});

test("one that was revoked opens nothing any more, and the others stay", async () => {
  const { tokens } = await setUp();
  const [one, other] = [await tokens.create(WANTED), await tokens.create(WANTED)];
  expect(one.secret).not.toBe(other.secret);
  expect(await tokens.revoke(one.token.id)).toBe(true);
  expect(await tokens.revoke(one.token.id)).toBe(false);
  expect(await tokens.find(one.secret)).toBeUndefined();
  expect(await tokens.isOpen(one.token.id)).toBe(false);
  expect(await tokens.find(other.secret)).toMatchObject({ id: other.token.id });
});

test("its last use is noted to the minute, and looking whether it is open is no use", async () => {
  const { clock, tokens } = await setUp();
  const { secret, token } = await tokens.create(WANTED);
  const usedAtMs = async () => (await tokens.list())[0]?.usedAtMs;
  await tokens.isOpen(token.id);
  expect(await usedAtMs()).toBeUndefined();
  await tokens.find(secret);
  const firstUseMs = clock.wallNow();
  expect(await usedAtMs()).toBe(firstUseMs);
  await clock.advance(MINUTE_MS - 1);
  await tokens.find(secret);
  expect(await usedAtMs()).toBe(firstUseMs);
  await clock.advance(1);
  await tokens.find(secret);
  expect(await usedAtMs()).toBe(firstUseMs + MINUTE_MS);
});

test("a repository that is forgotten leaves every token, so that another with its id is open to none of them", async () => {
  const { tokens } = await setUp();
  const both = await tokens.create({ ...WANTED, repos: ["widget", "other"] });
  const one = await tokens.create({ ...WANTED, repos: ["widget"] });
  const all = await tokens.create(WANTED);
  await tokens.forgetRepo("widget");
  expect((await tokens.find(both.secret))?.repos).toEqual(["other"]);
  expect((await tokens.find(one.secret))?.repos).toEqual([]);
  expect((await tokens.find(all.secret))?.repos).toBeUndefined();
});
