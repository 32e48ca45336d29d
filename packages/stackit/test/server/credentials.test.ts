import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccessWorld, type SignedInBrowser, startAccessWorld } from "../support/access-world.ts";
import { EventReader } from "../support/event-reader.ts";
import { widget } from "../support/started-server.ts";

let world: AccessWorld;
let member: SignedInBrowser;

beforeAll(async () => {
  const repos = [
    [widget("widget", "acme/widget"), "forge"],
    [widget("other", "acme/other"), "operators"],
  ] as const;
  world = await startAccessWorld({ repos });
  member = await world.signIn("ada", { "acme/widget": "WRITE" });
});

afterAll(() => world[Symbol.asyncDispose]());

async function status(path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
  const response = await fetch(world.origin + path, { headers, method, redirect: "manual" });
  await response.body?.cancel();
  return response.status;
}

const SYNC = "/api/v1/repos/widget/sync";

test("with a cookie and a bearer the bearer decides, for less and for more", async () => {
  const reading = await world.token({ scopes: ["read"], repos: ["other"] });
  expect(await status("/api/v1/repos/widget", member.headers)).toBe(200);
  expect(await status("/api/v1/repos/widget", { ...member.headers, ...reading })).toBe(404);
  expect(await status("/api/v1/repos/other", { ...member.headers, ...reading })).toBe(200);
  expect(await status("/auth/me", { ...member.headers, ...reading })).toBe(401);
});

test.each([
  "Bearer stackit_unknown",
  "Bearer",
  "bearer ",
  "BEARER  a b",
  "Bearer not,a token",
  `Bearer ${"x".repeat(60)}`,
])("a bearer that opens nothing is not made up for by a cookie: %s", async (authorization) => {
  expect(await status("/api/v1/repos/widget", { ...member.headers, authorization })).toBe(401);
});

test("what a proxy asks for itself leaves the cookie's session as it is", async () => {
  const authorization = `Basic ${btoa("proxy:password")}`;
  expect(await status("/api/v1/repos/widget", { ...member.headers, authorization })).toBe(200);
});

test.each([
  [{ "sec-fetch-site": "cross-site" }],
  [{ "sec-fetch-site": "same-site" }],
  [{ origin: "https://evil.example.com" }],
  [{ origin: "null" }],
])("a page of another site does nothing with a person's cookie: %j", async (from) => {
  const headers = { ...member.headers, ...from };
  expect(await status(SYNC, headers, "POST")).toBe(403);
  expect(await status("/api/v1/events", headers)).toBe(403);
  expect(await status("/auth/logout", headers, "POST")).toBe(403);
  expect(await status("/auth/sessions/any", headers, "DELETE")).toBe(403);
  expect(await status("/auth/me", member.headers)).toBe(200);
});

test("a token ends when its time is over, and when it is revoked", async () => {
  const over = await world.token({ scopes: ["sync"], expiresAtMs: Date.now() - 1 });
  const good = await world.token({ scopes: ["sync"], expiresAtMs: Date.now() + 3_600_000 });
  expect(await status(SYNC, over, "POST")).toBe(401);
  expect(await status(SYNC, good, "POST")).toBe(200);
  const { store } = world;
  for (const { id } of await store.apiTokens.list()) await store.apiTokens.revoke(id);
  expect(await status(SYNC, good, "POST")).toBe(401);
});

test("a stream ends with its token", async () => {
  const { store, accessClock } = world;
  const headers = await world.token({ scopes: ["read"] });
  const stream = await EventReader.open(`${world.origin}/api/v1/events`, headers);
  await stream.take(1);
  const [token] = (await store.apiTokens.list()).slice(-1);
  await store.apiTokens.revoke(token?.id ?? "");
  await accessClock.advance(20_000);
  expect(await stream.next()).toBeUndefined();
});

test("what a token had open and was closed while the token was looked at is not looked after any more", async () => {
  await using fresh = await startAccessWorld({ repos: [] });
  const { access, accessClock, store } = fresh;
  const { authorization = "" } = await fresh.token({ scopes: ["read"] });
  const bearer = authorization.replace("Bearer ", "");
  const caller = await access.identify(await access.recognize({ bearer, sessionSecret: undefined }));
  const { leave } = caller.open();
  let looks = 0;
  store.apiTokens.isOpen = async () => {
    looks++;
    leave();
    return true;
  };
  await accessClock.advance(100_000);
  expect([looks, accessClock.pendingTimers]).toEqual([1, 0]);
});

test("no answer of a team's server may be kept by a cache that people share", async () => {
  const paths = [
    "/api/v1/repos",
    "/api/v1/config",
    "/api/v1/openapi.json",
    "/api/v1/repos/widget",
    "/api/v1/repos/widget/view",
    "/api/v1/repos/widget/stacks/api",
    "/api/v1/repos/widget/branch-diff/api",
    "/api/v1/repos/widget/sync-runs",
    "/api/v1/repos/none",
    "/api/v1/repos/widget/events",
    "/auth/me",
    "/auth/sessions",
    "/problems",
  ];
  for (const path of paths) {
    for (const headers of [{}, { "if-none-match": "*" }]) {
      const hangUp = new AbortController();
      const answer = await fetch(world.origin + path, {
        headers: { ...member.headers, ...headers },
        signal: hangUp.signal,
      });
      hangUp.abort();
      const cacheControl = answer.headers.get("cache-control") ?? "";
      expect.soft(cacheControl, path).toMatch(/^(?:no-store|private, no-cache)\b/);
      if (cacheControl.startsWith("private")) {
        expect.soft(answer.headers.get("vary"), path).toBe("accept-encoding, authorization, cookie");
      }
    }
  }
  const written = await fetch(world.origin + SYNC, { method: "POST", headers: member.headers });
  expect(written.headers.get("cache-control")).toBe("no-store");
  const out = await fetch(`${world.origin}/auth/logout`, { method: "POST" });
  expect(out.headers.get("cache-control")).toBe("no-store");
});

test("no line of the log has a secret that a request brought", async () => {
  const token = await world.token({ scopes: ["read"] });
  await status("/api/v1/repos/widget", token);
  await status("/api/v1/repos/none", { ...member.headers, ...token });
  await status(`/api/v1/repos?token=${token.authorization}`, token);
  const text = JSON.stringify(world.log);
  expect(world.log.length).toBeGreaterThan(3);
  expect(text).not.toContain(token.authorization?.replace("Bearer ", ""));
  for (const secret of member.cookies.values()) expect(text).not.toContain(secret);
});
