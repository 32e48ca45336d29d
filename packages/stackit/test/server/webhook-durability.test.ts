import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { SyncRunList } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import { openStore } from "../../src/store/open-store.ts";
import { SyncFailure, type SyncWork } from "../../src/sync/sync-target.ts";
import { gitHttpHost } from "../support/git-http-host.ts";
import { createScene } from "../support/git-scene.ts";
import { serveFolders } from "../support/served-folders.ts";
import { type StartedServer, startServer, unchanged } from "../support/started-server.ts";
import { delivered, mirrorOf, numberOf, type Posted, push, SECRET } from "../support/webhooks.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const config = { webhookSecrets: [SECRET] };

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-webhooks-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function statusOf(server: StartedServer, posted: Posted): Promise<number> {
  return (await server.app.inject(posted)).statusCode;
}

const untilAborted = ({ signal }: SyncWork): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("a thousand pushes to ten repositories at once are two runs each, which see all of them", async () => {
  const names = Array.from({ length: 10 }, (_, n) => `octo/repo-${n}`);
  const gate = Promise.withResolvers<void>();
  const works = new Map<string, SyncWork[]>(names.map((name) => [name.replace("/", "-"), []]));
  await using server = await startServer({
    dataDir: await emptyFolder(),
    config,
    repos: names.map((name) => mirrorOf(name)),
    run: async (repo, work) => {
      works.get(repo.id)?.push(work);
      await gate.promise;
      return unchanged(repo);
    },
  });
  const posts = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => delivered("push", push(names[n % 10] ?? "", `branch-${n}`))),
  );
  const statuses = await Promise.all(posts.map((posted) => statusOf(server, posted)));
  expect(new Set(statuses)).toEqual(new Set([202]));
  gate.resolve();

  for (const [id, runs] of works) {
    await expect.poll(() => server.store.deliveries.unfinished(id)).toEqual([]);
    expect(runs.length).toBeLessThanOrEqual(2);
    expect(runs.flatMap(({ expected }) => expected)).toHaveLength(100);
  }
});

const pushBy = (login: string, branch: string) =>
  push("octo/widget", branch, undefined, { sender: { login } });

test("a delivery whose run was cut short by the end of the server is asked for again at the next start", async () => {
  const dataDir = await emptyFolder();
  const started = Promise.withResolvers<void>();
  {
    await using server = await startServer({
      dataDir,
      config,
      repos: [mirrorOf("octo/widget")],
      run: (_, work) => {
        started.resolve();
        return untilAborted(work);
      },
    });
    expect(await statusOf(server, await delivered("push", pushBy("theo", "first")))).toBe(202);
    await started.promise;
    expect(await statusOf(server, await delivered("push", pushBy("mira", "second")))).toBe(202);
  }
  const works: SyncWork[] = [];
  await using server = await startServer({
    dataDir,
    config,
    repos: [mirrorOf("octo/widget")],
    run: async (repo, work) => {
      works.push(work);
      return unchanged(repo);
    },
  });
  await expect.poll(() => server.store.deliveries.unfinished("octo-widget")).toEqual([]);
  expect(works.flatMap(({ triggers }) => triggers)).toContain("webhook");
  const { runs } = (await server.app.inject("/api/v1/repos/octo-widget/sync-runs")).json<SyncRunList>();
  const answers = runs.filter(({ outcome }) => outcome === "unchanged").reverse();
  expect(answers.flatMap(({ pushedBy = [] }) => pushedBy)).toEqual(["theo", "mira"]);
  expect(works.flatMap(({ expected }) => expected.map(({ ref }) => ref))).toEqual([
    "refs/heads/first",
    "refs/heads/second",
  ]);
});

test("a delivery is finished with its run although that failed, and the queue itself tries again", async () => {
  await using server = await startServer({
    config,
    repos: [mirrorOf("octo/widget")],
    run: async () => {
      throw new SyncFailure("sync/disk-full", "The disk is full.", { retryable: true });
    },
  });
  expect(await statusOf(server, await delivered("push", push("octo/widget")))).toBe(202);
  await expect
    .poll(() => server.syncs.freshness("octo-widget"))
    .toMatchObject({
      health: "failing",
      nextDueAt: expect.any(String),
    });
  await expect.poll(() => server.store.deliveries.unfinished("octo-widget")).toEqual([]);
});

test("a push that cannot be stored is not acknowledged (M8)", async () => {
  await using server = await startServer({ config, repos: [mirrorOf("octo/widget")] });
  await server.store[Symbol.asyncDispose]();
  expect(await statusOf(server, await delivered("push", push("octo/widget")))).toBe(500);
});

test("what was acknowledged leads to a run although the program was killed before it", async () => {
  await using upstream = await createScene(
    (s) => {
      s.commit("main");
      s.stacked("api", "main");
    },
    { bare: true },
  );
  await using host = await gitHttpHost(dirname(upstream.path));
  const folder = await emptyFolder();
  const dataDir = join(folder, "data");
  const mirror = { id: "shop", url: `${host.url}/repo.git`, owner: "octo", name: "shop" };
  const list = join(folder, "repos.json");
  await writeFile(list, JSON.stringify({ repos: [mirror] }));

  const args = ["serve", "--port", "0", "--repos-config", list, "--data-dir", dataDir, "--settle", "60s"];
  const child = spawn(process.execPath, ["--conditions=source", MAIN, ...args], {
    env: { PATH: process.env.PATH, STACKIT_WEBHOOK_SECRET: SECRET, STACKIT_LOG: "silent" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  let url = "";
  for await (const line of createInterface({ input: child.stdout })) {
    url = / at (http:\/\/\S+)/.exec(line)?.[1] ?? "";
    if (url !== "") break;
  }
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);

  const tip = await upstream.commit("api");
  const posted = await delivered("push", push("octo/shop", "api", tip));
  const { headers, payload: body } = posted;
  const answer = await fetch(url + posted.url, { method: "POST", headers, body });
  child.kill("SIGKILL");
  expect(answer.status).toBe(202);
  expect(await ended).toEqual([null, "SIGKILL"]);
  {
    await using store = await openStore(dataDir);
    expect(await store.deliveries.unfinished("mirror:shop")).toMatchObject([
      { task: { forgeRepoId: numberOf("octo/shop"), expect: [{ ref: "refs/heads/api", sha: tip }] } },
    ]);
  }

  await using server = await serveFolders([{ ...mirror, kind: "mirror", url: new URL(mirror.url) }], {
    dataDir,
  });
  await expect
    .poll(async () => (await server.get<SyncRunList>("/repos/shop/sync-runs")).runs)
    .toContainEqual(
      expect.objectContaining({ outcome: "updated", triggers: expect.arrayContaining(["webhook"]) }),
    );
  const view = await server.get<View>("/repos/shop/view");
  expect(view.stacks[0]?.branches[0]).toMatchObject({ name: "api", revision: tip });
  await using store = await openStore(dataDir);
  await expect.poll(() => store.deliveries.unfinished("mirror:shop")).toEqual([]);
});
