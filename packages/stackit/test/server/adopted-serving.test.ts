import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { filesOf } from "../support/adopted-scene.ts";
import { runCommand, startServe } from "../support/cli.ts";
import { fingerprintTree } from "../support/fingerprint-tree.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { stillRunning } from "../support/processes.ts";
import { descendantsOf, startServerProcess } from "../support/server-process.ts";
import { testSecret } from "../support/test-secret.ts";

const TOKEN = testSecret("a-token-that-only-the-remote-sees");

/** A remote with the stack `api ← ui`, a clone of it on `main`, and a file that lists `entries` besides. */
async function remoteAndClone() {
  const upstream = await createScene(
    (writer) => {
      writer.commit("main", { files: { "a.txt": "one\n" } });
      writer.stacked("api", "main");
      writer.stacked("ui", "api");
    },
    { bare: true },
  );
  const { root } = upstream;
  const host = await gitHttpHost(dirname(upstream.path));
  const url = `${host.url}/repo.git`;
  const clone = join(root, "old");
  const list = join(root, "repos.json");
  const remake = async () => {
    await rm(clone, { recursive: true, force: true });
    await upstream.gitIn(root, "clone", "--quiet", "--template=", url, clone);
  };
  await remake();
  return {
    upstream,
    host,
    url,
    clone,
    list,
    /** The clone anew, as a person would clone it. */
    remake,
    args: ["--repos-config", list, "--data-dir", join(root, "data"), "--sync-interval", "0"],
    listRepos: (...repos: object[]) => writeFile(list, JSON.stringify({ repos })),
    git: (...args: string[]) => upstream.gitIn(clone, ...args),
    branchesOf: (folder: string) =>
      upstream.gitIn(folder, "for-each-ref", "refs/heads", "refs/stackit/metadata"),
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test("a clone that is handed over is served and synced, says what is in the way, and goes on once that is mended", async () => {
  await using world = await remoteAndClone();
  const { upstream, clone, url, git } = world;
  await world.listRepos({ id: "old", path: "old", managed: true, url, credentialEnv: "OLD_TOKEN" });
  const env = { OLD_TOKEN: TOKEN };
  const doctor = () => runCommand(["doctor", ...world.args, "--port", "0"], { cwd: upstream.root, env });
  const [files, head] = [await filesOf(clone), await git("rev-parse", "HEAD")];
  const untouched = await fingerprintTree(clone);
  const checked = await doctor();
  expect(checked.stdout).toContain(
    `✓ repository old: ${clone} is handed over to the server; its HEAD will be detached\n` +
      `✓ repository old: mirror of ${url}, which answers with the token in OLD_TOKEN\n`,
  );
  expect(await fingerprintTree(clone)).toBe(untouched);

  await using server = await startServe(world.args, { cwd: upstream.root, env });
  expect(server.stdout()).toBe(
    `Stackit serves ${clone} as old at ${server.url}\nIt is open to whoever uses this machine, without sign-in.\n`,
  );
  const command = (...args: string[]) => runCommand([...args, "--server", server.url], { cwd: "/" });
  expect((await command("sync", "old")).code).toBe(0);
  expect(await readFile(join(clone, ".git/HEAD"), "utf8")).toBe(`${head}\n`);
  await upstream.commit("main");
  await upstream.git("branch", "more", "ui");
  expect((await command("sync", "old")).stdout).toMatch(
    /^old: updated in .*\n.* main\n \* \[new branch\] +more\n/,
  );
  expect(await world.branchesOf(clone)).toBe(await world.branchesOf(upstream.path));
  expect(await filesOf(clone)).toBe(files);
  expect((await command("status")).stdout).toMatch(/^fresh\s+old\s+main\s+-\s/m);
  expect(new Set(world.host.credentials.slice(-3))).toEqual(
    new Set([`Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`]),
  );

  await writeFile(join(clone, "a.txt"), "half a thought\n");
  await upstream.commit("ui");
  const before = await world.branchesOf(clone);
  const refused = await command("sync", "old");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/uncommitted changes \(files: 1 changed\).*\(sync\/checkout-refused\)/);
  const answer = await fetch(`${server.url}/api/v1/repos/old/sync`, { method: "POST" });
  expect(answer.status).toBe(409);
  expect(await world.branchesOf(clone)).toBe(before);
  expect((await command("status")).stdout).toMatch(/^failing\s+old\s/m);
  const told = await doctor();
  expect(told.code).toBe(1);
  expect(told.stdout).toContain(
    `✗ repository old: ${clone} cannot be handed over. It has uncommitted changes (files: 1 changed).\n  → \`git status\``,
  );

  await git("checkout", "--", "a.txt");
  expect((await command("sync", "old")).code).toBe(0);
  expect(await world.branchesOf(clone)).toBe(await world.branchesOf(upstream.path));
  expect(server.stderr() + told.stdout + refused.stderr).not.toContain(TOKEN);
});

test("GitHub's token reaches a clone's remote on GitHub, and none that its configuration names elsewhere", async () => {
  await using github = await remoteAndClone();
  await using elsewhere = await remoteAndClone();
  const env = { STACKIT_GIT_TOKEN: TOKEN, STACKIT_GITHUB_URL: github.host.url };
  await github.listRepos(
    { id: "there", path: github.clone, managed: true },
    { id: "elsewhere", path: elsewhere.clone, managed: true },
  );
  const asked = { there: github.host.credentials.length, elsewhere: elsewhere.host.credentials.length };
  await using server = await startServe(github.args, { cwd: github.upstream.root, env });
  for (const id of ["there", "elsewhere"]) {
    expect((await runCommand(["sync", id, "--server", server.url], { cwd: "/" })).code).toBe(0);
  }
  const secret = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;
  expect(new Set(github.host.credentials.slice(asked.there))).toEqual(new Set([secret]));
  expect(new Set(elsewhere.host.credentials.slice(asked.elsewhere))).toEqual(new Set([""]));
});

test("a clone that is listed as a working copy too stays one, byte by byte", async () => {
  await using world = await remoteAndClone();
  await world.listRepos(
    { id: "mine", path: "old/../old" },
    { id: "old", path: "old", managed: true },
    { id: "again", path: "old", managed: true },
  );
  const before = await fingerprintTree(world.clone);
  await using server = await startServe(world.args, { cwd: world.upstream.root });
  const sync = (id: string) => runCommand(["sync", id, "--server", server.url], { cwd: "/" });
  for (const id of ["old", "again"])
    expect((await sync(id)).stderr).toContain("is served a second time here");
  expect((await sync("mine")).code).toBe(0);
  expect(await fingerprintTree(world.clone)).toBe(before);
});

test("a server that is killed while it takes a clone over leaves HEAD whole, and the next one finishes", async () => {
  await using world = await remoteAndClone();
  const { upstream, clone, git } = world;
  await world.listRepos({ id: "old", path: "old", managed: true });
  for (let round = 0; round < 4; round++) {
    await world.remake();
    await rm(join(upstream.root, "data"), { recursive: true, force: true });
    const [files, head] = [await filesOf(clone), await git("rev-parse", "HEAD")];
    const server = await startServerProcess(world.args);
    const fetching = Promise.withResolvers<void>();
    world.host.front = (request) => {
      if (Number(request.headers["content-length"]) > 200) fetching.resolve();
      return false;
    };
    void fetch(`${server.url}/api/v1/repos/old/sync`, { method: "POST" }).catch(() => {});
    await fetching.promise;
    await new Promise((done) => setTimeout(done, round * 100 * Math.random()));
    const started = await descendantsOf(server.pid);
    await server[Symbol.asyncDispose]();
    await expect.poll(() => stillRunning(started), { timeout: 20_000 }).toEqual([]);

    const headFile = await readFile(join(clone, ".git/HEAD"), "utf8");
    expect([`ref: refs/heads/main\n`, `${head}\n`]).toContain(headFile);
    expect(await git("rev-parse", "HEAD")).toBe(head);
    expect(await filesOf(clone)).toBe(files);
    await git("fsck", "--no-dangling");
    const lock = join(clone, ".git/HEAD.lock");
    await utimes(lock, new Date(0), new Date(0)).catch(() => {});

    await using next = await startServerProcess(world.args);
    const run = await fetch(`${next.url}/api/v1/repos/old/sync`, { method: "POST" });
    expect(run.status, await run.text()).toBe(200);
    expect(await readFile(join(clone, ".git/HEAD"), "utf8")).toBe(`${head}\n`);
    expect(await world.branchesOf(clone)).toBe(await world.branchesOf(upstream.path));
    expect(await filesOf(clone)).toBe(files);
    await git("fsck", "--no-dangling");
  }
}, 180_000);
