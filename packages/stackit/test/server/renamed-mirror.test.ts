import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { SyncRunList } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { eventThat, serveFolders } from "../support/served-folders.ts";
import { startServerProcess } from "../support/server-process.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";

/** The repository `octo/shop` of a host, and a data folder for servers that mirror it. */
async function worldWithShop() {
  const upstream = await createScene(
    (writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
    },
    { bare: true },
  );
  const folder = dirname(upstream.path);
  const host = await gitHttpHost(folder);
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-renamed-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  for (const owner of ["octo", "acme"]) await mkdir(join(folder, owner));
  await symlink(upstream.path, join(folder, "octo", "shop.git"));
  const at = (fullName: string) => `${host.url}/${fullName}.git`;
  const entry = (fullName = "octo/shop") => {
    const [owner = "", name = ""] = fullName.split("/");
    return { kind: "mirror", id: "shop", url: new URL(at(fullName)), owner, name } as const;
  };
  let second = 0;
  let seen = 0;
  return {
    upstream,
    host,
    dataDir,
    at,
    entry,
    serve: (fullName?: string, more = {}) =>
      serveFolders([{ ...entry(fullName), ...more }], { dataDir, webhookSecrets: [SECRET], settleMs: 0 }),
    /** Where the host has it, not what anybody was told. */
    move: (from: string, to: string) => rename(join(folder, `${from}.git`), join(folder, `${to}.git`)),
    async tell(server: { url: string }, event: string, fullName: string, more = {}): Promise<number> {
      const updated_at = new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString();
      const html_url = `${host.url}/${fullName}`;
      const repository = repositoryOf(fullName, { id: 4711, html_url, updated_at });
      const { url, headers, payload } = await delivered(event, { repository, ...more });
      return (await fetch(server.url + url, { method: "POST", headers, body: payload })).status;
    },
    /** Paths of the repositories that were asked for since the last call. */
    asked(): string[] {
      const paths = host.requests.map((line) => line.replace(/^\w+ \/(.*)\.git\/.*$/, "$1"));
      const latest = paths.slice(seen);
      seen = paths.length;
      return [...new Set(latest)];
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

test("a mirror follows its repository to another name, across a restart, and its old links lead on", async () => {
  await using world = await worldWithShop();
  {
    await using server = await world.serve();
    expect(await world.tell(server, "star", "octo/shop")).toBe(204);
    await using events = await server.events("/repos/shop/events");
    world.asked();
    await world.move("octo/shop", "acme/shelf");
    const renamed = { action: "transferred", changes: { owner: { from: { user: { login: "octo" } } } } };
    expect(await world.tell(server, "repository", "acme/shelf", renamed)).toBe(202);
    await eventThat(events, ({ name }) => name === "refresh");

    expect(world.asked()).toEqual(["acme/shelf"]);
    for (const path of ["shop", "acme%2FShelf", "octo%2Fshop", "octo/shop"]) {
      expect(await server.get<RepoStatus>(`/repos/${path}`)).toMatchObject({
        id: "shop",
        owner: "acme",
        repo: "shelf",
        displayName: "acme/shelf",
        formerNames: ["octo/shop"],
        freshness: { health: "fresh" },
      });
    }
    const { repo } = await server.get<View>("/repos/acme/shelf/view");
    expect(repo).toMatchObject({ owner: "acme", repo: "shelf" });
  }
  {
    world.asked();
    await using server = await world.serve();
    expect(world.asked()).toEqual(["acme/shelf"]);
    expect(await server.get("/repos/octo%2Fshop")).toMatchObject({ owner: "acme", repo: "shelf" });
    expect(await world.tell(server, "push", "acme/shelf", { ref: "refs/heads/api" })).toBe(202);
  }
  {
    await using server = await world.serve("acme/shelf");
    const status = await server.get<RepoStatus>("/repos/octo%2Fshop");
    expect(status.formerNames).toEqual(["octo/shop"]);
  }
  await world.move("acme/shelf", "octo/elsewhere");
  world.asked();
  await using server = await world.serve("octo/elsewhere");
  expect(world.asked()).toEqual(["octo/elsewhere"]);
  expect(await server.get("/repos/shop")).toMatchObject({ owner: "octo", repo: "elsewhere" });
  expect(await server.get("/repos/shop")).not.toHaveProperty("formerNames");
});

test("what another mirror is called today wins over what this one was called", async () => {
  await using world = await worldWithShop();
  const other = { ...world.entry(), id: "heir", name: "shop" };
  await using server = await serveFolders([{ ...world.entry(), owner: "octo", name: "first" }, other], {
    dataDir: world.dataDir,
    webhookSecrets: [SECRET],
  });
  expect(await world.tell(server, "star", "octo/first")).toBe(204);
  expect(await world.tell(server, "repository", "octo/second", { action: "renamed" })).toBe(202);
  expect(await server.get("/repos/octo%2Ffirst")).toMatchObject({ id: "shop", repo: "second" });
  expect(await server.get("/repos/octo%2Fshop")).toMatchObject({ id: "heir" });
});

test("a deleted repository is not looked at in intervals, until a sync finds it again", async () => {
  await using world = await worldWithShop();
  const listed = { syncIntervalMs: 3_600_000 };
  {
    await using server = await world.serve("octo/shop", listed);
    expect((await server.get<RepoStatus>("/repos/shop")).freshness.nextDueAt).toBeDefined();
    expect(await world.tell(server, "repository", "octo/shop", { action: "deleted" })).toBe(202);
    const status = await server.get<RepoStatus>("/repos/shop");
    expect(status.freshness).toMatchObject({ health: "fresh", activity: "idle" });
    expect(status.freshness.nextDueAt).toBeUndefined();
    expect(status.notes).toMatchObject([{ code: "deleted", detail: expect.stringMatching(/ at 20\d\d-/) }]);
    expect((await server.get<View>("/repos/shop/view")).stacks).toHaveLength(1);
  }
  await world.move("octo/shop", "acme/hidden");
  await using server = await world.serve("octo/shop", listed);
  expect(await server.get("/repos/shop")).toMatchObject({
    notes: [{ code: "deleted" }],
    freshness: { health: "failing", lastAttempt: { code: "sync/remote-not-found" } },
  });
  expect((await server.get<View>("/repos/shop/view")).stacks).toHaveLength(1);

  await world.move("acme/hidden", "octo/shop");
  expect((await server.sync({}, {}, "shop")).status).toBe(200);
  const found = await server.get<RepoStatus>("/repos/shop");
  expect([found.notes, found.freshness.health]).toEqual([[], "fresh"]);
  expect(found.freshness.nextDueAt).toBeDefined();
});

test("the interval passes over what was deleted, and asks for everything else", async () => {
  await using world = await worldWithShop();
  await symlink(world.upstream.path, join(world.upstream.root, "octo", "other.git"));
  const every = { syncIntervalMs: 50 };
  const other = { ...world.entry("octo/other"), ...every, id: "other" };
  const options = { dataDir: world.dataDir, webhookSecrets: [SECRET], settleMs: 0 };
  await using server = await serveFolders([{ ...world.entry(), ...every }, other], options);
  const newest = async (id: string) =>
    (await server.get<SyncRunList>(`/repos/${id}/sync-runs?limit=1`)).runs[0]?.id ?? "";
  const activity = async () => (await server.get<RepoStatus>("/repos/shop")).freshness.activity;

  await world.move("octo/shop", "acme/hidden");
  expect(await world.tell(server, "repository", "octo/shop", { action: "deleted" })).toBe(202);
  await expect.poll(activity).toBe("idle");
  const last = await newest("shop");
  for (let rounds = 0; rounds < 5; rounds++) {
    const before = await newest("other");
    await expect.poll(() => newest("other")).not.toBe(before);
  }
  expect(await newest("shop")).toBe(last);
});

test("a rename that was acknowledged is followed although the program was killed before it looked", async () => {
  await using world = await worldWithShop();
  const list = join(world.upstream.root, "repos.json");
  await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: world.at("octo/shop") }] }));
  const args = ["--repos-config", list, "--data-dir", world.dataDir, "--settle"];
  const env = { STACKIT_WEBHOOK_SECRET: SECRET, STACKIT_LOG: "silent" };
  {
    await using server = await startServerProcess([...args, "60s"], env);
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await world.tell(server, "star", "octo/shop")).toBe(204);
    await world.move("octo/shop", "acme/shelf");
    world.asked();
    const answer = await world.tell(server, "repository", "acme/shelf", { action: "renamed" });
    server.signal("SIGKILL");
    expect([answer, await server.ended]).toEqual([202, "SIGKILL"]);
    expect(world.asked()).toEqual([]);
  }
  await using server = await startServerProcess([...args, "0"], env);
  const runs = async (): Promise<SyncRunList["runs"]> =>
    (await (await fetch(`${server.url}/api/v1/repos/acme%2Fshelf/sync-runs`)).json()).runs;
  await expect.poll(runs).toContainEqual(
    expect.objectContaining({
      // Its refs are what they were.
      outcome: expect.stringMatching(/^(updated|unchanged)$/),
      triggers: expect.arrayContaining(["webhook"]),
    }),
  );
  expect(world.asked()).toEqual(["acme/shelf"]);
});
