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
