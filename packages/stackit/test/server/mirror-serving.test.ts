import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { runCommand, startServe } from "../support/cli.ts";
import { EventReader } from "../support/event-reader.ts";
import { filesBelow } from "../support/files-below.ts";
import { after, on, refuse } from "../support/git-host-behaviours.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import { eventThat } from "../support/served-folders.ts";
import { testGit } from "../support/test-git.ts";
import { testSecret } from "../support/test-secret.ts";

const TOKEN = testSecret("a-token-that-only-the-remote-sees");
const AUTHORIZATION = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;

function stack(writer: SceneWriter): void {
  writer.commit("main");
  writer.stacked("api", "main");
  writer.stacked("ui", "api");
}

/** A remote, served as the mirror `shop` by the whole program. */
async function servingMirror(entry: object = {}, write = stack) {
  const upstream = await createScene(write, { bare: true });
  const host = await gitHttpHost(dirname(upstream.path));
  const url = `${host.url}/repo.git`;
  const list = join(upstream.root, "repos.json");
  const repos = [{ id: "shop", url, credentialEnv: "SHOP_TOKEN", ...entry }];
  await writeFile(list, JSON.stringify({ repos }));
  const dataDir = join(upstream.root, "data");
  const start = () =>
    startServe(["--repos-config", list, "--data-dir", dataDir], {
      cwd: upstream.root,
      env: { SHOP_TOKEN: TOKEN, STACKIT_LOG: "trace" },
    });
  const server = await start();
  return {
    upstream,
    host,
    url,
    server,
    dataDir,
    /** The same again, as after a restart. */
    start,
    command: (...args: string[]) => runCommand([...args, "--server", server.url], { cwd: "/" }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test("a listed remote is mirrored, and its interval finds what was pushed to it (B51)", async () => {
  await using world = await servingMirror({ syncInterval: "1s" });
  const { server, upstream } = world;
  expect(server.stdout()).toBe(
    `Stackit serves ${world.url} as shop at ${server.url}\nIt is open to whoever uses this machine, without sign-in.\n`,
  );
  expect((await world.command("sync", "shop")).code).toBe(0);

  await using events = await EventReader.open(`${server.url}/api/v1/repos/shop/events`);
  await pushFromElsewhere(upstream, "more");
  const run = await eventThat(events, ({ name, data }) => name === "sync" && foundBranch(data, "more"));
  expect(run.data).toMatchObject({
    run: { triggers: ["interval"], outcome: "updated" },
    freshness: { health: "fresh", expectedMaxAgeSec: 2, nextDueAt: expect.any(String) },
  });
});

test("a push of so many refs that no webhook comes of it is found whole by the interval (B52)", async () => {
  await using world = await servingMirror({ syncInterval: "1s" });
  const { server, upstream } = world;
  expect((await world.command("sync", "shop")).code).toBe(0);
  await using events = await EventReader.open(`${server.url}/api/v1/repos/shop/events`);
  const tip = await upstream.sha("ui");
  const refs = Array.from({ length: 50 }, (_, number) => `refs/heads/at-once/${number}`);
  const input = ["start", ...refs.map((ref) => `create ${ref} ${tip}`), "prepare", "commit", ""].join("\n");
  await testGit(["update-ref", "--stdin"], { cwd: upstream.path, input });
  const found = new Set<string>();
  while (found.size < refs.length) {
    const { data } = await eventThat(events, ({ name }) => name === "sync");
    const { run } = data as { run: SyncRun };
    expect(run.triggers).toEqual(["interval"]);
    for (const { ref } of run.refs.changes) found.add(ref);
  }
  expect([...found].toSorted()).toEqual(refs.toSorted());
});

test("a restart forgets neither when a mirror last changed nor how often that makes it asked", async () => {
  await using world = await servingMirror();
  const freshnessAt = async (url: string) => {
    const answer = await fetch(`${url}/api/v1/repos/shop`);
    const { freshness }: RepoStatus = await answer.json();
    return freshness;
  };
  expect((await world.command("sync", "shop")).code).toBe(0);
  expect((await freshnessAt(world.server.url)).interval).toEqual({
    everySec: 300,
    reason: "no change since the first sync",
  });
  await pushFromElsewhere(world.upstream, "more");
  expect((await world.command("sync", "shop")).stdout).toContain("shop: updated");
  const { lastChangeAt, interval, expectedMaxAgeSec } = await freshnessAt(world.server.url);
  expect([interval, expectedMaxAgeSec]).toEqual([{ everySec: 60, reason: "changed at the last sync" }, 120]);
  expect((await world.command("status")).stdout).toContain("every 1 min: changed at the last sync");

  await world.server.stop();
  await using again = await world.start();
  const synced = await runCommand(["sync", "shop", "--server", again.url], { cwd: "/" });
  expect(synced.code).toBe(0);
  expect(await freshnessAt(again.url)).toMatchObject({ lastChangeAt, interval });
});

test("without an interval a mirror is read at the start and then when somebody asks", async () => {
  await using world = await servingMirror({ syncInterval: "0" });
  expect((await world.command("sync", "shop")).code).toBe(0);
  await pushFromElsewhere(world.upstream, "more");
  const { stdout } = await world.command("sync", "shop");
  expect(stdout).toMatch(/^shop: updated in .*\n \* \[new branch\] +more\n/);
  expect((await world.command("status")).stdout).toMatch(/^fresh\s+shop\s+main\s+-\s/m);
});

test("who says what must be there is answered when the remote serves it", async () => {
  await using world = await servingMirror({ syncInterval: "0" });
  const { upstream } = world;
  const ask = syncRequests(world.server.url);
  await firstReading(world.server.url);
  const sha = await upstream.git("commit-tree", "-p", "ui", "-m", "Not served yet", "ui^{tree}");
  const asked = world.host.requests.length;
  const answer = ask({ expect: [{ ref: "refs/heads/ui", sha }] });
  await expect.poll(() => world.host.requests.length).toBeGreaterThan(asked + 1);
  await upstream.git("update-ref", "refs/heads/ui", sha);
  expect((await answer).status).toBe(200);
  expect(await (await answer).json()).toMatchObject({
    outcome: "updated",
    refs: { changes: [{ ref: "refs/heads/ui", new: sha }] },
  });
});

test("who expects what never comes is told what the remote serves, and who shares the run is not kept from it", async () => {
  await using world = await servingMirror({ syncInterval: "0" });
  const { upstream } = world;
  const ask = syncRequests(world.server.url);
  await firstReading(world.server.url);
  await upstream.git("branch", "more", "ui");
  const [actual, sha] = [await upstream.sha("ui"), "1".repeat(40)];
  const first = ask({}, { prefer: "respond-async" });
  const [unmet, plain] = await Promise.all([ask({ expect: [{ ref: "refs/heads/ui", sha }] }), ask({})]);
  expect((await first).status).toBe(202);
  expect(unmet.status).toBe(504);
  expect(await unmet.json()).toMatchObject({
    code: "sync/expectation-unmet",
    unmet: [{ ref: "refs/heads/ui", expected: sha, actual }],
    run: { state: "finished", unmet: [{ ref: "refs/heads/ui", expected: sha, actual }] },
  });
  expect(plain.status).toBe(200);

  const tag = await ask({ expect: [{ ref: "refs/tags/v1", sha }] });
  expect(tag.status).toBe(400);
  expect((await tag.json()).detail).toContain("refs/heads/*, refs/stackit/metadata/*, refs/stackit/stacks/*");
});

test("stacks look the same after a restart, though a parent was rewritten and its child was not restacked", async () => {
  await using world = await servingMirror({ syncInterval: "0" }, (writer) => {
    writer.commit("main");
    writer.commit("api", { parent: "main" });
    writer.commit("ui", { parent: "api" });
  });
  expect((await world.command("sync", "shop")).code).toBe(0);
  await world.upstream.amend("api", "Another word");
  expect((await world.command("sync", "shop")).code).toBe(0);
  const shown = await readBranch(world.server.url, "ui");
  expect(shown).toMatchObject({ parent: "api", restack: { state: "parent-moved" } });
  await world.server.stop();
  await using again = await world.start();
  expect((await runCommand(["sync", "shop", "--server", again.url], { cwd: "/" })).code).toBe(0);
  expect(await readBranch(again.url, "ui")).toEqual(shown);
});

test("a token reaches its remote, and nothing that is printed, logged, answered or stored (B61, B62)", async () => {
  await using world = await servingMirror({ syncInterval: "0" });
  const { host, server } = world;
  const said: string[] = [];
  const say = async (...args: string[]) => {
    const run = await world.command(...args);
    said.push(run.stdout, run.stderr);
    return run;
  };
  expect((await say("sync", "shop", "--json")).code).toBe(0);
  expect(new Set(host.credentials)).toEqual(new Set([AUTHORIZATION]));

  host.front = refuse(401, { "www-authenticate": 'Basic realm="shop"' }, `no: ${AUTHORIZATION} ${TOKEN}`);
  const refused = await say("sync", "shop");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("(sync/auth-failed)");
  const { stdout: status } = await say("status");
  expect(status).toContain("failed once: sync/auth-failed");
  expect(status).toMatch(/^ {8}The remote refused the token in SHOP_TOKEN\. .* `credentialEnv`/m);
  await say("status", "--json");
  for (const path of ["config", "repos/shop", "repos/shop/sync-runs", "metrics"]) {
    said.push(await (await fetch(`${server.url}/api/v1/${path}`)).text());
  }
  await server.stop();
  said.push(server.stdout(), server.stderr(), ...(await filesBelow(world.dataDir)));
  const secret = AUTHORIZATION.slice("Basic ".length);
  expect(said.filter((text) => text.includes(TOKEN) || text.includes(secret))).toEqual([]);
  const logged = server.stderr().split("\n");
  const aboutIt = logged.filter((line) => line.includes("refused the token in SHOP_TOKEN"));
  expect(aboutIt).toHaveLength(1);
  expect(aboutIt[0]).toMatch(/"code":"sync\/auth-failed".*`credentialEnv`/);
});

test("a damaged mirror keeps showing its last state while it cannot be cloned anew, and then is", async () => {
  await using world = await servingMirror({ syncInterval: "0" });
  const { host, server, upstream, dataDir } = world;
  expect((await world.command("sync", "shop")).code).toBe(0);
  const view = async () => (await fetch(`${server.url}/api/v1/repos/shop/view`)).json();
  const before = await view();

  await writeFile(join(dataDir, "mirrors", "shop.git", "HEAD"), "junk");
  await pushFromElsewhere(upstream, "more");
  // The look and the fetch are answered, so that the damage is met.
  host.front = on("ls-refs", after(2, refuse(503)));
  const failed = await fetch(`${server.url}/api/v1/repos/shop/sync`, { method: "POST" });
  expect(failed.status).toBe(500);
  expect(await failed.json()).toMatchObject({
    code: "sync/mirror-corrupt",
    detail: expect.stringContaining("could not be cloned anew"),
    run: { outcome: "failed", error: { code: "sync/mirror-corrupt", retryable: true } },
  });
  expect(await view()).toEqual(before);

  host.front = undefined;
  expect((await world.command("sync", "shop")).code).toBe(0);
  // Whether a person or the server's own next attempt came first.
  const { runs } = await (await fetch(`${server.url}/api/v1/repos/shop/sync-runs`)).json();
  expect(runs).toContainEqual(
    expect.objectContaining({ recloned: true, refs: expect.objectContaining({ created: 1 }) }),
  );
  expect((await world.command("sync", "shop")).stdout).toMatch(/^shop: unchanged/);
});

/** As somebody's push would, who builds on `ui`. */
async function pushFromElsewhere(upstream: Scene, branch: string): Promise<void> {
  await upstream.git("branch", branch, "ui");
}

/** Settles when the run that a start asks for has ended, so that no run is under way that nobody asked for. */
async function firstReading(url: string): Promise<void> {
  await expect
    .poll(async () => (await fetch(`${url}/api/v1/repos/shop/sync-runs`)).json())
    .toMatchObject({ runs: [{ state: "finished" }] });
}

function syncRequests(url: string) {
  return (body: object, headers: Record<string, string> = {}) =>
    fetch(`${url}/api/v1/repos/shop/sync`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
}

async function readBranch(url: string, name: string): Promise<{ parent: unknown; restack: unknown }> {
  const { parent, restack } = await (await fetch(`${url}/api/v1/repos/shop/branches/${name}`)).json();
  return { parent, restack };
}

function foundBranch(data: Record<string, unknown>, branch: string): boolean {
  return JSON.stringify(data).includes(`"refs/heads/${branch}"`);
}
