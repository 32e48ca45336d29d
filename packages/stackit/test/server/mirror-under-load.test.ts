import { expect, test } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import { hang, on, waitFor } from "../support/git-host-behaviours.ts";
import type { Scene } from "../support/git-scene.ts";
import { serveMirrors, upstreamOf } from "../support/mirror-world.ts";
import type { SceneWriter } from "../support/scene-import.ts";
import { type ServedFolders, serveFolders } from "../support/served-folders.ts";
import { delivered, push, SECRET, WEBHOOK } from "../support/webhooks.ts";

const stack = (writer: SceneWriter) => {
  writer.commit("main");
  writer.stacked("api", "main");
};

/** A push of a new branch with a commit of its own, as the remote sees it. */
async function pushBranch({ git }: Scene, branch: string): Promise<string> {
  const sha = await git("commit-tree", "-p", "main", "-m", branch, "main^{tree}");
  await git("update-ref", `refs/heads/${branch}`, sha);
  return sha;
}

async function shownTips(server: ServedFolders, repo: string): Promise<Map<string, string>> {
  const { stacks } = await server.get<View>(`/repos/${repo}/view`);
  return new Map(stacks.flatMap(({ branches }) => branches.map(({ name, revision }) => [name, revision])));
}

/** Whatever was sent before has arrived when the server has answered these. */
async function allArrived(server: ServedFolders): Promise<void> {
  for (let asked = 0; asked < 3; asked++) await server.get("/healthz");
}

test("fifty syncs of one mirror at once, while it is pushed to, are at most three fetches, and each sees the push before it (B7)", async () => {
  await using upstream = await upstreamOf(stack);
  const { scene, host } = upstream;
  await using server = await serveMirrors([["shop", upstream]]);
  const countFetches = () => host.asks.filter((ask) => ask === "fetch").length;
  const fetchesBefore = countFetches();

  // The first run has looked at the refs when the others push and ask: it is too old for all of them.
  const opened = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const gate = on("fetch", waitFor(opened.promise));
  host.front = (...request) => {
    if (request[2] === "fetch") looked.resolve();
    return gate(...request);
  };
  const client = async (branch: string) => {
    const sha = await pushBranch(scene, branch);
    const askedAtMs = Date.now();
    const answered = server.sync({}, {}, "shop").then(async (response) => {
      expect(response.status).toBe(200);
      const run = (await response.json()) as SyncRun;
      expect(Date.parse(run.startedAt ?? "")).toBeGreaterThanOrEqual(askedAtMs);
      expect((await shownTips(server, "shop")).get(branch), `${branch} reads its own push`).toBe(sha);
      return run.id;
    });
    answered.catch(() => {});
    return answered;
  };
  const clients = [client("client-0")];
  await looked.promise;
  for (let index = 1; index < 50; index++) clients.push(client(`client-${index}`));
  let isOver = false;
  const pushing = (async () => {
    for (let index = 0; !isOver; index++) await pushBranch(scene, `busy-${index}`);
  })();
  await expect.poll(() => pushed(scene, "refs/heads/client-*")).toHaveLength(50);
  await allArrived(server);
  opened.resolve();
  const runs = new Set(await Promise.all(clients));
  isOver = true;
  await pushing;
  expect(countFetches() - fetchesBefore).toBeLessThanOrEqual(3);
  expect(runs.size).toBeLessThanOrEqual(3);
});

test("while a run is at work, no trigger of any kind begins a second one in its mirror, and one more answers them all (B7)", async () => {
  await using upstream = await upstreamOf(stack);
  const { scene, host, url } = upstream;
  const shop = { kind: "mirror", id: "shop", url, owner: "octo", name: "shop" } as const;
  const often = { syncIntervalMs: 200, syncIntervalMinMs: 200, syncIntervalMaxMs: 200 };
  await using server = await serveFolders([shop], { settleMs: 20, webhookSecrets: [SECRET], ...often });
  const opened = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const gate = on("fetch", waitFor(opened.promise));
  host.front = (...request) => {
    if (request[2] === "fetch") held.resolve();
    return gate(...request);
  };
  const tip = await pushBranch(scene, "first");
  await held.promise;
  const asked = host.asks.length;

  const post = (path: string) => fetch(`${server.url}/api/v1/repos/shop/${path}`, { method: "POST" });
  const kinds = [
    () => server.sync({}, { prefer: "respond-async" }, "shop"),
    () => post("repair"),
    () => post("reclone"),
    async () => {
      const { payload, ...init } = await delivered("push", push("octo/shop", "first", tip));
      return fetch(new URL(WEBHOOK, server.url), { ...init, body: payload });
    },
  ];
  const answers = await Promise.all(Array.from({ length: 48 }, (_, index) => kinds[index % 4]?.()));
  expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([202]));
  const pending = async () => (await server.get<{ runs: SyncRun[] }>("/repos/shop/sync-runs")).runs;
  const open = (await pending()).filter(({ state }) => state !== "finished");
  expect(open.map(({ state }) => state).toSorted()).toEqual(["queued", "running"]);
  await allArrived(server);
  expect(host.asks).toHaveLength(asked);
  opened.resolve();

  const mine = new Set(open.map(({ id }) => id));
  await expect
    .poll(async () => (await pending()).filter(({ id, state }) => mine.has(id) && state === "finished"))
    .toHaveLength(2);
  const runs = (await pending()).filter(({ state }) => state === "finished").toReversed();
  const times = runs.flatMap(({ startedAt = "", finishedAt = "" }) => [startedAt, finishedAt]);
  expect(times).toEqual(times.toSorted());
  expect((await shownTips(server, "shop")).get("first")).toBe(tip);
});

async function pushed({ git }: Scene, pattern: string): Promise<string[]> {
  return (await git("for-each-ref", "--format=%(refname)", pattern)).split("\n");
}

test("a host that hangs, with more mirrors than it may sync at once, keeps no other host waiting (B22)", async () => {
  await using hanging = await upstreamOf(stack);
  await using well = await upstreamOf(stack);
  const stuck = Array.from({ length: 10 }, (_, index) => `stuck-${index}`);
  const mirrors = [...stuck.map((id) => [id, hanging] as const), ["shop", well] as const];
  await using server = await serveMirrors(mirrors, { maxSyncs: 8, maxSyncsPerHost: 4 });
  const asked = hanging.host.requests.length;
  hanging.host.front = hang();
  for (const id of stuck) await server.sync({}, { prefer: "respond-async" }, id);
  await expect.poll(() => hanging.host.requests.length - asked).toBe(4);
  for (let push = 0; push < 5; push++) {
    const sha = await pushBranch(well.scene, `push-${push}`);
    expect((await server.sync({}, {}, "shop")).status).toBe(200);
    expect((await shownTips(server, "shop")).get(`push-${push}`)).toBe(sha);
  }
  // None of them has come through meanwhile, and none has been let through beyond the limit.
  expect(hanging.host.requests.length - asked).toBe(4);
});

test("a host that hangs at the start keeps no other host's mirrors from being cloned", async () => {
  await using hanging = await upstreamOf(stack);
  await using well = await upstreamOf(stack);
  hanging.host.front = hang();
  const mirrors = Array.from({ length: 12 }, (_, index) => [
    [`a-stuck-${index}`, hanging] as const,
    [`well-${index}`, well] as const,
  ]).flat();
  await using server = await serveMirrors(mirrors, { maxSyncs: 5, maxSyncsPerHost: 4 }, { atOnce: true });
  for (let index = 0; index < 12; index++) {
    const shown = () => shownTips(server, `well-${index}`).catch(() => new Map());
    await expect.poll(async () => (await shown()).has("api")).toBe(true);
  }
  expect(hanging.host.requests).toHaveLength(4);
});
