import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { memoryDatabase } from "../../test/support/memory-database.ts";
import { Vault } from "../lib/vault.ts";
import { People } from "./people.ts";

const ID = "github.com:7";

async function setUp() {
  const [clock, { db, file }] = [new ManualClock(), await memoryDatabase()];
  const people = new People(db, () => clock.wallNow());
  const row = (id: string) => file.prepare("select * from person where id = ?").get(id);
  return { clock, people, row };
}

test("somebody is found by the number, under the latest login", async () => {
  const { clock, people, row } = await setUp();
  const begunAtMs = clock.wallNow();
  await people.save({ id: ID, login: "ada", tokens: "sealed" });
  await people.save({ id: "github.com:77", login: "robin" });
  await clock.advance(1000);
  await people.save({ id: ID, login: "lovelace", tokens: "sealed anew" });
  expect(await people.find(ID)).toEqual({ id: ID, login: "lovelace", tokens: "sealed anew" });
  expect(await people.find("github.com:77")).toEqual({ id: "github.com:77", login: "robin" });
  expect(await people.find("github.com:8")).toBeUndefined();
  expect(row(ID)).toMatchObject({ first_seen_at: begunAtMs, last_seen_at: begunAtMs + 1000 });
});

test("of who is signed out everywhere nothing is left that asks in their name", async () => {
  const { people, row } = await setUp();
  await people.save({ id: ID, login: "ada", tokens: "sealed" });
  await people.save({ id: ID, login: "ada" });
  expect(await people.find(ID)).toEqual({ id: ID, login: "ada" });
  expect(row(ID)?.tokens).toBeNull();
});

test("what is sealed for one opens for nobody else, and with a new key once it was sealed anew", async () => {
  const { people, row } = await setUp();
  const [old, young] = [randomBytes(32), randomBytes(32)];
  const secret = "ghu_what-nobody-may-read";
  await people.save({ id: ID, login: "ada", tokens: new Vault([old]).seal(secret, ID) });
  expect(JSON.stringify(row(ID))).not.toContain(secret);
  const kept = (await people.find(ID))?.tokens ?? "";
  const both = new Vault([young, old]);
  expect([both.open(kept, ID), both.open(kept, "github.com:8")]).toEqual([secret, undefined]);
  expect([both.isOld(kept), new Vault([young]).isKnown(kept)]).toEqual([true, false]);
  await people.save({ id: ID, login: "ada", tokens: both.seal(secret, ID) });
  const renewed = (await people.find(ID))?.tokens ?? "";
  expect(new Vault([young]).open(renewed, ID)).toBe(secret);
  expect([both.isOld(renewed), new Vault([young]).isKnown(renewed)]).toEqual([false, true]);
});
