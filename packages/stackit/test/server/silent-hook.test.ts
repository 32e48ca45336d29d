import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { HookHealth, RepoStatus } from "../../src/contract/repo.ts";
import type { RefChange } from "../../src/contract/sync-run.ts";
import { runCommand } from "../support/cli.ts";
import { parseExposition } from "../support/exposition.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { eventThat, type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { startServer, unchanged } from "../support/started-server.ts";
import { delivered, mirrorOf, push, SECRET } from "../support/webhooks.ts";

const GRACE_MS = 5 * 60_000;
const SAMPLE = 'stackit_webhook_silence_seconds{repo="shop"}';

const hookOf = async (server: ServedFolders): Promise<HookHealth | undefined> =>
  (await server.get<RepoStatus>("/repos/shop")).hook;

/** Of a tag, so that no run follows which could find the next change. */
async function announcePush(server: ServedFolders): Promise<void> {
  const { url, headers, payload } = await delivered(
    "push",
    push("octo/shop", "", undefined, { ref: "refs/tags/v1" }),
  );
  const answer = await fetch(server.url + url, { method: "POST", headers, body: payload });
  expect(answer.status).toBe(202);
}

test("a change that no webhook announced is told everywhere, outlives the server, and ends with the next push", async () => {
  await using upstream = await createScene((scene) => scene.commit("main"), { bare: true });
  await using host = await gitHttpHost(dirname(upstream.path));
  const folder = await mkdtemp(join(tmpdir(), "stackit-hooks-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dataDir = join(folder, "data");
  const entry = { id: "shop", url: `${host.url}/repo.git`, owner: "octo", name: "shop" };
  const clock = new ManualClock();
  const serve = () =>
    serveFolders(
      [{ ...entry, kind: "mirror", url: new URL(entry.url) }],
      { dataDir, webhookSecrets: [SECRET] },
      { clock },
    );
  /** A sync finds a new branch. */
  const find = async (server: ServedFolders, branch: string): Promise<void> => {
    await upstream.git("branch", branch, "main");
    const run = await (await server.sync({}, { prefer: "wait=20" }, "shop")).json();
    expect(run).toMatchObject({ outcome: "updated", triggers: ["manual"] });
  };
  const doctor = async () => {
    const list = join(folder, "repos.json");
    await writeFile(list, JSON.stringify({ repos: [entry] }));
    const args = ["doctor", "--repos-config", list, "--data-dir", dataDir, "--port", "0"];
    return (await runCommand(args, { cwd: folder, env: { STACKIT_WEBHOOK_SECRET: SECRET } })).stdout;
  };
  const silent = {
    health: "silent",
    lastPushAt: expect.any(String),
    silentSince: expect.any(String),
    runId: expect.any(String),
  };
  {
    await using server = await serve();
    expect(await hookOf(server)).toEqual({ health: "none" });
    await find(server, "api");
    await clock.advance(GRACE_MS);
    expect(await hookOf(server)).toEqual({ health: "none" });
    await announcePush(server);
    expect(await hookOf(server)).toMatchObject({ health: "announcing" });
    expect(await doctor()).toContain("✓ webhooks: pushes are announced of 1 repository\n");

    const events = await server.events("/events");
    await find(server, "ui");
    expect(await hookOf(server)).toMatchObject({ health: "announcing" });
    await clock.advance(GRACE_MS);
    expect(await hookOf(server)).toEqual(silent);
    const told = await eventThat(events, ({ name }) => name === "hook");
    expect(told.data).toEqual({ repoId: "shop", hook: silent });
    const { samples } = parseExposition(await (await fetch(`${server.url}/metrics`)).text());
    expect(samples.get(SAMPLE)).toBeGreaterThanOrEqual(0);
    const status = await runCommand(["status", "--server", server.url], { cwd: folder });
    expect(status.stdout).toContain("that no webhook announced, the last push that one announced came");
    expect((await server.get<{ repos: RepoStatus[] }>("/repos")).repos[0]?.hook).toEqual(silent);
  }
  expect(await doctor()).toMatch(
    /! webhook of shop: a change was found at \S+ that it did not announce; .*\n {2}→ Look at its settings at GitHub/,
  );
  {
    await using server = await serve();
    expect(await hookOf(server)).toEqual(silent);
    await announcePush(server);
    expect(await hookOf(server)).toMatchObject({ health: "announcing" });
  }
  expect(await doctor()).not.toContain("webhook of shop");
});

test("what was announced of a branch counts for that branch", async () => {
  const clock = new ManualClock();
  let changed = "";
  await using server = await startServer({
    clock,
    repos: [mirrorOf("octo/shop", "shop")],
    config: { webhookSecrets: [SECRET] },
    run: async (repo, { triggers }) => {
      const result = unchanged(repo);
      if (triggers.includes("webhook") || changed === "") return result;
      const changes: RefChange[] = [{ ref: `refs/heads/${changed}`, kind: "forward" }];
      return { ...result, outcome: "updated", refs: { ...result.refs, updated: 1, changes } };
    },
  });
  const sync = async (branch: string) => {
    changed = branch;
    await server.app.inject({
      method: "POST",
      url: "/api/v1/repos/shop/sync",
      headers: { prefer: "wait=10" },
    });
    await clock.advance(GRACE_MS);
    const status: RepoStatus = (await server.app.inject("/api/v1/repos/shop")).json();
    return status.hook?.health;
  };
  await sync("");
  await server.app.inject(await delivered("push", push("octo/shop", "api")));
  await expect.poll(() => server.store.deliveries.unfinished("shop")).toEqual([]);
  expect(await sync("api")).toBe("announcing");
  expect(await sync("ui")).toBe("silent");
});
