import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommand } from "../support/cli.ts";
import { on, refuse } from "../support/git-host-behaviours.ts";
import { createScene } from "../support/git-scene.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";
import { serveFolder } from "../support/served-folders.ts";
import { teamServer } from "../support/team-server.ts";

let fleet: RepoFleet;
beforeAll(async () => {
  fleet = await repoFleet(["web", "shop"]);
});
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
});

const repair = (args: readonly string[], server = fleet.server.url) =>
  runCommand(["repair", ...args], { cwd: "/", env: { STACKIT_SERVER: server } });

test("repair removes what a killed git left, reads everything, and says so", async () => {
  await writeFile(join(fleet.mirrorDir("web"), "packed-refs.lock"), "");
  const { code, stdout, stderr } = await repair(["web"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^web: unchanged in .+\n {3}every object has been read; 1 file was left by a killed git/,
  );
  const json = await repair(["web", "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ state: "finished", repair: { leftovers: 0 } });
});

test("repair clones anew what lacks objects, and with --reclone whatever the state", async () => {
  const anew = "   the mirror has been cloned anew\n";
  expect((await repair(["web"])).stdout).not.toContain(anew);
  const reclone = await repair(["web", "--reclone"]);
  expect(reclone.code).toBe(0);
  expect(reclone.stdout).toContain(anew);
  expect(reclone.stdout).not.toContain("every object has been read");

  const objects = join(fleet.mirrorDir("web"), "objects");
  await rm(objects, { recursive: true });
  await mkdir(objects);
  const { code, stdout } = await repair(["web"]);
  expect(code).toBe(0);
  expect(stdout).toContain(anew);
});

test("a clone that fails ends with 1, why, and what to do", async () => {
  const { host } = fleet.upstream("shop");
  host.front = on("fetch", refuse(503));
  const { code, stdout, stderr } = await repair(["shop", "--reclone"]);
  host.front = undefined;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^shop: failed in /);
  expect(stderr).toMatch(/is kept as it was.*\(sync\/remote-error\)\n {2}→ /);
});

test("repair of what is no mirror, is not there or was not named is refused in words", async () => {
  const unnamed = await repair([]);
  expect(unnamed).toMatchObject({ code: 2, stdout: "" });
  expect(unnamed.stderr).toContain("missing required argument 'repo'");
  const nobody = await repair(["nobody"]);
  expect(nobody).toMatchObject({ code: 1, stdout: "" });
  expect(nobody.stderr).toMatch(/\(repo\/not-found\)\n {2}→ `stackit status`/);
  await using scene = await createScene((writer) => writer.commit("main"));
  await using served = await serveFolder(scene.path);
  const copy = await repair(["default"], served.url);
  expect(copy).toMatchObject({ code: 1, stdout: "" });
  expect(copy.stderr).toMatch(/\(repo\/working-copy\)\n {2}→ Only a mirror is repaired/);
});

test("where people sign in the command says where operators repair", async () => {
  await using team = await teamServer(() => []);
  const { code, stderr } = await repair(["web"], team.url);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /\(access\/sign-in-required\)\n {2}→ Where people sign in, operators do this on the page/,
  );
});
