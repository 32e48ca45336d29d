import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.ts";
import type { AboutPerson, PersonTokens } from "../forge/github-people.ts";
import { RemoteError } from "../git/wire/remote-failure.ts";
import { Vault } from "../lib/vault.ts";
import { openStore } from "../store/open-store.ts";
import { AllowedPeople } from "./allow-list.ts";
import { PeopleWatch, Unverified } from "./people-watch.ts";

const ID = "github.com:7";
const ADA: AboutPerson = { id: 7, login: "ada", isMember: true, repos: new Map(), unanswered: new Set() };
const MINUTE_MS = 60_000;
const refused = () => new RemoteError("auth-failed", "no");
const unreachable = () => new RemoteError("unreachable", "no answer");

/** Somebody of an organisation who is signed in and has something open. */
async function setUp(tokens: PersonTokens = { token: "first" }) {
  const [clock, store, key] = [new ManualClock(), await openStore(":memory:"), randomBytes(32)];
  const github = {
    says: (): AboutPerson => ADA,
    renews: (): PersonTokens => ({ token: "renewed" }),
    askedWith: [] as string[],
    renewedWith: [] as string[],
  };
  const removed: string[] = [];
  const watchWith = (...keys: Buffer[]) =>
    new PeopleWatch({
      people: store.people,
      sessions: store.sessions,
      github: {
        async about(token) {
          github.askedWith.push(token);
          return github.says();
        },
        async refresh(token) {
          github.renewedWith.push(token);
          return github.renews();
        },
      },
      vault: new Vault(keys),
      allowed: new AllowedPeople(
        { allowedUsers: new Set(["robin"]), allowedOrg: "acme", operators: new Set() },
        new Map(),
        async (_, personId) => personId,
      ),
      clock,
      repos: () => [],
      onRemoved: ({ login }, why) => void removed.push(`${login} ${why}`),
    });
  const watch = watchWith(key);
  await watch.welcome(ADA, tokens, ID);
  const { session } = await store.sessions.begin(ID, { address: "127.0.0.1", agent: "" });
  return {
    clock,
    github,
    removed,
    store,
    key,
    watch,
    watchWith,
    session,
    open: watch.attach(ID, session.id),
    async [Symbol.asyncDispose]() {
      await watch[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

const removals: [string, () => AboutPerson, string][] = [
  [
    "left the organisation and is on no list",
    () => ({ ...ADA, login: "eve", isMember: false }),
    "is not on the list any more",
  ],
  ["has another number", () => ({ ...ADA, id: 8 }), "is somebody else"],
  [
    "took the sign-in back",
    () => {
      throw refused();
    },
    "took back the sign-in at the forge",
  ],
];
test.for(removals)("within a minute nothing is open any more of one who %s", async ([, says, why]) => {
  await using world = await setUp();
  const { clock, github, watch, store, open, removed } = world;
  await clock.advance(5 * MINUTE_MS);
  expect(open.ended.aborted).toBe(false);
  github.says = says;
  await clock.advance(MINUTE_MS);
  expect(open.ended.aborted).toBe(true);
  expect(await watch.current(ID)).toBeUndefined();
  expect(await store.sessions.list(ID)).toEqual([]);
  expect(await store.people.find(ID)).toEqual({ id: ID, login: "ada" });
  expect(removed[0]).toBe(`ada ${why}`);
});

test("one who has nothing open is not let in by an answer older than a minute", async () => {
  await using world = await setUp();
  const { clock, github, watch, open, session, store } = world;
  open.leave();
  await clock.advance(10 * MINUTE_MS);
  github.says = () => ({ ...ADA, login: "eve", isMember: false });
  expect(await watch.current(ID)).toBeUndefined();
  expect(await store.sessions.isOpen(session.id)).toBe(false);
});

test("while GitHub does not answer, what it said holds for 15 minutes, and the sessions outlive that", async () => {
  await using world = await setUp();
  const { clock, github, watch, open, session, removed } = world;
  github.says = () => {
    throw unreachable();
  };
  await clock.advance(14 * MINUTE_MS);
  expect(await watch.current(ID)).toMatchObject({ login: "ada" });
  expect(open.ended.aborted).toBe(false);
  await clock.advance(2 * MINUTE_MS);
  expect(open.ended.aborted).toBe(true);
  await expect(watch.current(ID)).rejects.toBeInstanceOf(Unverified);
  open.leave();
  github.says = () => ADA;
  expect(await watch.current(ID)).toMatchObject({ login: "ada" });
  expect(watch.attach(ID, session.id).ended.aborted).toBe(false);
  expect(removed).toEqual([]);
});

test("a token that ends is renewed once for many requests, and who cannot renew it signs in again", async () => {
  const clock = new ManualClock();
  await using world = await setUp({
    token: "first",
    refreshToken: "refresh",
    expiresAtMs: clock.wallNow() + 10 * MINUTE_MS,
  });
  const { github, watch, open, removed } = world;
  open.leave();
  github.renews = () => ({
    token: "second",
    refreshToken: "refresh again",
    expiresAtMs: clock.wallNow() + 60 * MINUTE_MS,
  });
  await world.clock.advance(30 * MINUTE_MS);
  github.askedWith.length = 0;
  github.renewedWith.length = 0;
  await Promise.all(Array.from({ length: 20 }, () => watch.current(ID)));
  expect([github.renewedWith, github.askedWith]).toEqual([["refresh"], ["second"]]);
  github.renews = () => {
    throw refused();
  };
  await world.clock.advance(60 * MINUTE_MS);
  expect(await watch.current(ID)).toBeUndefined();
  expect(github.renewedWith).toEqual(["refresh", "refresh again"]);
  expect(removed).toEqual(["ada took back the sign-in at the forge"]);
});

test("a new key in front opens what the old one sealed and seals it anew; another key alone has people sign in again", async () => {
  await using world = await setUp();
  const { key, watchWith, store, removed } = world;
  const [newKey, strange] = [randomBytes(32), randomBytes(32)];
  await using both = watchWith(newKey, key);
  expect(await both.current(ID)).toMatchObject({ login: "ada" });
  await using renewed = watchWith(newKey);
  expect(await renewed.current(ID)).toMatchObject({ login: "ada" });
  await using other = watchWith(strange);
  expect(await other.current(ID)).toBeUndefined();
  expect(await store.sessions.list(ID)).toEqual([]);
  expect(removed).toEqual(["ada has to sign in again"]);
});
