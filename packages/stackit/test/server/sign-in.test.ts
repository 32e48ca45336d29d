import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { type Browser, teamServer } from "../support/team-server.ts";

test("who is on the list signs in, is sent where they wanted to go, and sees what they may", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await using team = await teamServer(() => [
    { kind: "working-copy", id: "ours", path: scene.path, visibility: "team" },
    { kind: "working-copy", id: "hidden", path: scene.path },
  ]);
  const { github } = team;
  const [ada, root] = [github.person("Ada"), github.person("root")];

  const stranger = team.browser();
  expect(await stranger.status("/api/v1/repos")).toBe(401);
  expect(await stranger.status("/auth/me")).toBe(401);
  expect(await stranger.status("/healthz")).toBe(200);

  github.signedIn = ada;
  const there = await stranger.follow("/auth/login?return=%2Fr%2Flocal%2Fours%3Fq%3D1");
  expect(there).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\/oauth\/authorize\?/);
  const back = await stranger.follow(there);
  expect(back).toMatch(/\/auth\/callback\?/);
  expect(await stranger.follow(back)).toBe("/r/local/ours?q=1");

  const me = await stranger.fetch("/auth/me");
  expect(await me.json()).toEqual({ id: `${github.url.host}:${ada.id}`, login: "Ada", isOperator: false });
  const list = await stranger.fetch("/api/v1/repos");
  expect(await list.json()).toMatchObject({ repos: [{ id: "ours" }] });
  expect(await stranger.status("/api/v1/repos/hidden")).toBe(404);
  expect(await stranger.status("/api/v1/repos/ours/sync", { method: "POST" })).toBe(200);

  const operator = await team.signIn(root);
  const all = await operator.fetch("/api/v1/repos");
  expect(await all.json()).toMatchObject({ repos: [{ id: "hidden" }, { id: "ours" }] });
});

test("what a person can read on GitHub is shown from the first moment", async () => {
  // That it cannot be fetched changes nothing of who sees it.
  await using team = await teamServer((github) => [
    {
      kind: "mirror",
      id: "shop",
      url: new URL(`${github.url.origin}/acme/shop.git`),
      owner: "acme",
      name: "shop",
    },
  ]);
  const { github } = team;
  const reader = github.person("ada", { "acme/shop": "READ" });
  const writer = github.person("robin", { "acme/shop": "WRITE" });
  const nobody = github.person("root2");
  const browser = await team.signIn(reader);
  const role = async (who: Browser, path: string) => (await who.fetch(`/api/v1/repos${path}`)).json();
  expect(await role(browser, "/shop")).toMatchObject({ role: "reader" });
  expect(await role(browser, "")).toMatchObject({ repos: [{ role: "reader" }] });
  expect(await role(await team.signIn(writer), "/shop")).toMatchObject({ role: "member" });
  expect(await browser.status("/api/v1/repos/shop/sync", { method: "POST" })).toBe(403);
  expect(await (await team.signIn(writer)).status("/api/v1/repos/shop/sync", { method: "POST" })).not.toBe(
    403,
  );
  expect(await (await team.signIn(nobody)).status("/api/v1/repos")).toBe(401);
});

/** As far as GitHub sends the browser back. */
async function sentBack(browser: Browser): Promise<string> {
  return browser.follow(await browser.follow("/auth/login?return=%2Fr%2Fx"));
}

test("who is on no list, says no, comes a second time or with another browser is sent away", async () => {
  await using team = await teamServer(() => [], { allowedOrg: "acme" });
  const { github } = team;
  const refused = (why: string, rest = "") => `/sign-in?refused=${why}${rest}&return=%2Fr%2Fx`;

  const browser = team.browser();
  github.signedIn = github.person("mallory", {}, ["other"]);
  expect(await browser.follow(await sentBack(browser))).toBe(refused("not-allowed", "&login=mallory"));
  expect(github.tokens.size).toBe(0);
  github.signedIn = undefined;
  expect(await browser.follow(await sentBack(browser))).toBe(refused("cancelled"));
  expect(browser.cookies.size).toBe(0);

  github.signedIn = github.person("member", {}, ["acme"]);
  const back = await sentBack(browser);
  const kept = [...browser.cookies];
  expect(await team.browser().follow(back)).toBe("/sign-in?refused=expired&return=%2F");
  const other = team.browser();
  await sentBack(other);
  expect(await other.follow(back)).toBe("/sign-in?refused=expired&return=%2F");
  expect(await browser.follow(back)).toBe("/r/x");
  expect(await browser.follow(back)).toBe("/sign-in?refused=expired&return=%2F");
  const replaying = team.browser();
  for (const [name, value] of kept) replaying.cookies.set(name, value);
  expect(await replaying.follow(back)).toBe("/sign-in?refused=expired&return=%2F");
  expect(await browser.status("/auth/me")).toBe(200);
  expect(await replaying.status("/auth/me")).toBe(401);
});

test("a new sign-in has a new secret, and ends what the browser had before", async () => {
  await using team = await teamServer(() => []);
  const browser = await team.signIn(team.github.person("ada"));
  const before = team.browser();
  for (const [name, value] of browser.cookies) before.cookies.set(name, value);
  expect(await before.status("/auth/me")).toBe(200);
  expect(await browser.follow(await sentBack(browser))).toBe("/r/x");
  expect([...browser.cookies.values()]).not.toEqual([...before.cookies.values()]);
  expect(await before.status("/auth/me")).toBe(401);
  expect(await browser.status("/auth/me")).toBe(200);
});

test("GitHub is asked for no scope in the name of an App, and a code that it cannot exchange lets nobody in", async () => {
  await using team = await teamServer(() => []);
  const browser = team.browser();
  const there = new URL(await browser.follow("/auth/login"));
  expect(there.searchParams.has("scope")).toBe(false);
  team.github.signedIn = team.github.person("ada");
  for (const asked of ["/login/oauth/access_token", "/api/graphql"]) {
    const back = await sentBack(browser);
    team.github.front = ({ url }, response) => {
      if (url !== asked) return false;
      response.writeHead(502).end();
      return true;
    };
    expect(await browser.follow(back)).toBe("/sign-in?refused=forge&return=%2Fr%2Fx");
    team.github.front = undefined;
  }
  const back = new URL(await sentBack(browser));
  back.searchParams.set("code", "0".repeat(20));
  expect(await browser.follow(back.href)).toBe("/sign-in?refused=expired&return=%2Fr%2Fx");
  expect(await browser.status("/auth/me")).toBe(401);
});
