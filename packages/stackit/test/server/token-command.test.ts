import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startCommand } from "../support/cli.ts";
import { createScene } from "../support/git-scene.ts";
import { teamServer } from "../support/team-server.ts";

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), "stackit-tokens-"));
  const run = async (args: readonly string[], env: Record<string, string> = {}) => {
    const started = startCommand(args, { cwd: path, env: { STACKIT_DATA_DIR: path, ...env } });
    return { code: await started.ended, stdout: started.stdout(), stderr: started.stderr() };
  };
  return { path, run, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("a token that was made on the server opens what it is for, is seen in use, and is revoked", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await using folder = await dataFolder();
  await using team = await teamServer(
    () => [
      { kind: "working-copy", id: "widget", path: scene.path },
      { kind: "working-copy", id: "other", path: scene.path },
    ],
    { dataDir: folder.path },
  );
  const made = await folder.run(["token", "create", "--scope", "sync", "--repo", "widget", "--name", "ci"]);
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^stackit_[\w-]{43}\n$/);
  const env = { STACKIT_TOKEN: made.stdout.trim(), STACKIT_SERVER: team.url };
  expect(await folder.run(["sync", "widget"], env)).toMatchObject({ code: 0 });
  expect(await folder.run(["sync", "other"], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/repo\/not-found/),
  });
  const status = await folder.run(["status", "--json"], env);
  expect(JSON.parse(status.stdout)).toMatchObject({ repos: [{ id: "widget" }] });

  const [token] = JSON.parse((await folder.run(["token", "list", "--json"])).stdout).tokens;
  expect(token).toMatchObject({ name: "ci", scopes: ["sync"], repos: ["widget"] });
  expect(Date.parse(token.usedAt)).toBeGreaterThan(Date.now() - 60_000);
  expect(Date.parse(token.expiresAt)).toBeGreaterThan(Date.now() + 89 * 86_400_000);

  expect(await folder.run(["token", "revoke", token.id])).toMatchObject({ code: 0 });
  expect(await folder.run(["sync", "widget"], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/access\/sign-in-required/),
  });
  expect(await folder.run(["token", "revoke", token.id])).toMatchObject({ code: 1 });
  for (const name of await readdir(folder.path)) {
    const bytes = await readFile(join(folder.path, name)).catch(() => Buffer.alloc(0));
    expect(bytes.includes(made.stdout.trim()), name).toBe(false);
  }
});

test("what only reads does not sync, and what is over opens nothing", async () => {
  await using scene = await createScene((s) => s.commit("main"));
  await using folder = await dataFolder();
  await using team = await teamServer(() => [{ kind: "working-copy", id: "widget", path: scene.path }], {
    dataDir: folder.path,
  });
  const create = async (...args: string[]) =>
    (await folder.run(["token", "create", "--all-repos", ...args])).stdout.trim();
  const status = async (bearer: string, path: string, method = "GET") =>
    (await fetch(`${team.url}${path}`, { method, headers: { authorization: `Bearer ${bearer}` } })).status;
  const reading = await create("--scope", "read");
  expect(await status(reading, "/api/v1/repos/widget")).toBe(200);
  expect(await status(reading, "/api/v1/repos/widget/sync", "POST")).toBe(403);
  const measuring = await create("--scope", "metrics");
  expect(await status(measuring, "/api/v1/repos/widget")).toBe(404);
  expect(await status(measuring, "/metrics")).toBe(200);
  expect(await status(`${reading}x`, "/api/v1/repos")).toBe(401);
});

test.each([
  [["--repo", "a"], "a token needs --scope"],
  [["--scope", "write", "--repo", "a"], '--scope is "write"; it must be one of read, sync, metrics'],
  [["--scope", "read"], "say for which repositories"],
  [["--scope", "read", "--repo", "a/b"], '--repo is "a/b"'],
  [["--scope", "read", "--repo", "a", "--all-repos"], "exclude each other"],
  [["--scope", "read", "--repo", "a", "--expires", "0d"], '--expires is "0d"; it must be days from 1d'],
])("%j makes no token", async (args, sentence) => {
  await using folder = await dataFolder();
  const run = await folder.run(["token", "create", ...args]);
  expect(run).toMatchObject({ code: 2, stdout: "" });
  expect(run.stderr).toContain(sentence);
  expect(await readdir(folder.path)).toEqual([]);
});

test("a token is never sent in the clear to another machine", async () => {
  await using folder = await dataFolder();
  const env = { STACKIT_TOKEN: "stackit_x", STACKIT_SERVER: "http://stacks.example.com" };
  expect(await folder.run(["status"], env)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/would cross the network in the clear/),
  });
});
