import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { View } from "../../src/contract/view.ts";
import { hang } from "../support/git-host-behaviours.ts";
import { createScene } from "../support/git-scene.ts";
import { upstreamOf } from "../support/mirror-world.ts";
import { serveFolders } from "../support/served-folders.ts";
import { startServerProcess } from "../support/server-process.ts";
import { delivered, push, SECRET, WEBHOOK } from "../support/webhooks.ts";

const run = promisify(execFile);
/** Server processes start here, on a machine that may be busy. */
const TIMEOUT_MS = 180_000;
const isRoot = process.getuid?.() === 0;

/** Becomes what its arguments name, among those who may watch as many files as nobody could do with. */
const FEW_WATCHES = [
  "unshare",
  "-Ur",
  "sh",
  "-c",
  'echo 2 > /proc/sys/user/max_inotify_watches && exec "$@"',
  "sh",
];
const canLowerWatches = (() => {
  try {
    execFileSync(FEW_WATCHES[0] ?? "", [...FEW_WATCHES.slice(1), "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const poll = <T>(look: () => T) => expect.poll(look, { timeout: TIMEOUT_MS / 3 });

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-limits-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const stack = () =>
  createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });

/** Asks a repository's server over one connection, which stays. */
function keptConnection(repo: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (
    method: string,
    path: string,
  ): Promise<{ status: number | undefined; body: unknown }> => {
    const asked = request(`${repo}/${path}`, { method, agent }).end();
    const [answer]: IncomingMessage[] = await once(asked, "response");
    return { status: answer?.statusCode, body: answer && (await json(answer)) };
  };
  return {
    sync: () => ask("POST", "sync"),
    view: () => ask("GET", "view"),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function shownTip(url: string, repo: string, branch: string): Promise<string | undefined> {
  const { stacks } = (await (await fetch(`${url}/api/v1/repos/${repo}/view`)).json()) as View;
  return stacks.flatMap(({ branches }) => branches).find(({ name }) => name === branch)?.revision;
}

test.runIf(canLowerWatches)(
  "a system that has no more watches is told of, and changes are found without them (B47)",
  { timeout: TIMEOUT_MS },
  async () => {
    await using scene = await stack();
    const args = ["--cwd", scene.path, "--data-dir", await emptyFolder()];
    await using server = await startServerProcess(args, {}, { through: FEW_WATCHES });
    const { repos } = (await (await fetch(`${server.url}/api/v1/repos`)).json()) as { repos: RepoStatus[] };
    const id = repos[0]?.id ?? "";
    await poll(() => shownTip(server.url, id, "api")).toBe(await scene.sha("api"));
    const watching = async () =>
      ((await (await fetch(`${server.url}/api/v1/repos/${id}`)).json()) as RepoStatus).freshness.watching;
    await poll(watching).toMatchObject({ mode: "poll", reason: expect.stringContaining("ENOSPC") });
    const tip = await scene.commit("api");
    await poll(() => shownTip(server.url, id, "api")).toBe(tip);
  },
);

test.runIf(isRoot)(
  "a server without a free descriptor lives on, and serves and syncs when there are some again (M3)",
  { timeout: TIMEOUT_MS },
  async () => {
    await using upstream = await upstreamOf((s) => {
      s.commit("main");
      s.stacked("api", "main");
    });
    const folder = await emptyFolder();
    const list = join(folder, "repos.json");
    await writeFile(list, JSON.stringify({ repos: [{ id: "shop", url: upstream.url.href }] }));
    await using server = await startServerProcess([
      "--repos-config",
      list,
      "--data-dir",
      join(folder, "data"),
    ]);
    using client = keptConnection(`${server.url}/api/v1/repos/shop`);
    expect((await client.sync()).status).toBe(200);
    expect((await client.view()).status).toBe(200);
    const before = await upstream.scene.sha("api");
    const tip = await upstream.scene.commit("api");
    const limit = (descriptors: string) =>
      run("prlimit", ["--pid", String(server.pid), `--nofile=${descriptors}:`]);
    const { stdout } = await run("prlimit", [
      "--pid",
      String(server.pid),
      "-n",
      "-o",
      "SOFT",
      "--noheadings",
    ]);
    // Below the lowest that is free there is none to be had.
    const open = new Set((await readdir(`/proc/${server.pid}/fd`)).map(Number));
    let lowestFree = 0;
    while (open.has(lowestFree)) lowestFree++;
    await limit(String(lowestFree));
    // What was pushed takes a process or a connection, and either takes descriptors.
    const { status, body } = await client.sync();
    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).toMatchObject({ code: expect.stringMatching(/^sync\/(unreadable|remote-unreachable)$/) });
    const { body: shown } = await client.view();
    expect(JSON.stringify(shown)).not.toContain(tip);
    expect(JSON.stringify(shown)).toContain(before);
    await limit(stdout.trim());
    await poll(async () => (await client.sync()).status).toBe(200);
    expect(await shownTip(server.url, "shop", "api")).toBe(tip);
  },
);

test.runIf(isRoot)(
  "a working copy of another user is read, though git itself hesitates (B37)",
  { timeout: TIMEOUT_MS },
  async () => {
    await using scene = await stack();
    const tip = await scene.sha("api");
    await run("chown", ["-R", "54321:54321", scene.path]);
    await expect(scene.sha("api")).rejects.toThrow("dubious ownership");
    await using server = await serveFolders([{ kind: "working-copy", id: "shop", path: scene.path }]);
    expect(await shownTip(server.url, "shop", "api")).toBe(tip);
  },
);

test("a push is acknowledged while its repository is at work with a host that says nothing (B55)", async () => {
  await using upstream = await upstreamOf((s) => s.commit("main"));
  const shop = { kind: "mirror", id: "shop", url: upstream.url, owner: "octo", name: "shop" } as const;
  await using server = await serveFolders([shop], { webhookSecrets: [SECRET] });
  const asked = upstream.host.requests.length;
  upstream.host.front = hang();
  await server.sync({}, { prefer: "respond-async" }, "shop");
  await poll(() => upstream.host.requests.length).toBeGreaterThan(asked);
  const { payload, ...init } = await delivered("push", push("octo/shop"));
  const answer = await fetch(new URL(WEBHOOK, server.url), { ...init, body: payload });
  expect(answer.status).toBe(202);
  const { freshness } = await server.get<RepoStatus>("/repos/shop");
  expect(freshness.lastAttempt?.outcome).not.toBe("failed");
});
