import { expect, test } from "vitest";
import { createScene } from "../support/git-scene.ts";
import { teamServer } from "../support/team-server.ts";

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
