import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ActivityEvent, ActivityList } from "../../src/contract/activity.ts";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { Branch } from "../../src/contract/view.ts";
import { startAccessWorld } from "../support/access-world.ts";
import { type ForgeWorld, forgeWorld } from "../support/forge-world.ts";
import { refuse } from "../support/git-host-behaviours.ts";
import { serveMirrors, type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { eventThat, type ServedFolders } from "../support/served-folders.ts";
import { widget } from "../support/started-server.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";

const failing = [{ name: "build", status: "COMPLETED", conclusion: "FAILURE" }];
const passing = [{ name: "build", status: "COMPLETED", conclusion: "SUCCESS" }];
const running = [{ name: "build", status: "IN_PROGRESS", conclusion: null }];

async function shop(): Promise<Upstream> {
  const upstream = await upstreamOf((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  return upstream;
}

/** Oldest first. */
async function told(
  served: ServedFolders,
  query = "",
  path = "/repos/shop/activity",
): Promise<ActivityEvent[]> {
  return (await served.get<ActivityList>(`${path}${query}`)).events.reverse();
}

const sync = (served: ServedFolders): Promise<Response> => served.sync({}, {}, "shop");

const short = ({ kind, branch = "", commits, rewritten, parent, count }: ActivityEvent) =>
  [kind, branch, commits, rewritten && "rewritten", parent && `on ${parent}`, count]
    .filter((part) => part !== undefined && part !== "")
    .join(" ");

test("the first reading tells nothing; what is pushed then is told once, with who, where and by which run", async () => {
  const upstream = await shop();
  await using served = await serveMirrors([["shop", upstream]]);
  expect(await told(served)).toEqual([]);
  await upstream.scene.commit("ui", { message: "Show it" });
  await upstream.scene.commit("ui", { message: "Show more" });
  await upstream.scene.write((s) => s.commit("beside", { parent: "main" }));
  await upstream.scene.commit("main");
  const run = await (await sync(served)).json();
  await expect
    .poll(async () => (await told(served)).map(short).sort())
    .toEqual(["branch-created beside 1 on main", "pushed main", "pushed ui 2"]);
  const [ui] = await told(served, "?kind=pushed&stack=none-such");
  expect(ui).toBeUndefined();
  const found = (await told(served)).find(({ branch }) => branch === "ui");
  expect(found).toMatchObject({
    repoId: "shop",
    runId: run.id,
    actor: expect.any(String),
    stack: { id: expect.any(String), title: expect.any(String) },
    at: expect.any(String),
  });
  expect(await told(served, `?stack=${found?.stack?.id}`)).toEqual([found]);
  await sync(served);
  expect(await told(served)).toHaveLength(3);
});

test("a parent that is rewritten, its child that stays behind and is restacked, and a branch that goes are told", async () => {
  const upstream = await shop();
  await using served = await serveMirrors([["shop", upstream]]);
  await using stream = await served.events("/repos/shop/events");
  const { scene } = upstream;
  await scene.amend("api", "Another way");
  await sync(served);
  await eventThat(stream, ({ name }) => name === "activity");
  expect((await told(served)).map(short)).toEqual(["pushed api 1 rewritten", "parent-moved ui on api"]);
  await scene.git("update-ref", "-d", "refs/heads/ui");
  await sync(served);
  const { data } = await eventThat(stream, ({ name }) => name === "activity");
  expect(data).toMatchObject({ repoId: "shop", events: [{ kind: "branch-deleted", branch: "ui" }] });
  expect((await told(served)).at(-1)).toMatchObject({ kind: "branch-deleted", branch: "ui" });
});

test("of many failures the first is told, and what ended them", async () => {
  const upstream = await shop();
  await using served = await serveMirrors([["shop", upstream]]);
  upstream.host.front = refuse(401);
  for (let n = 0; n < 3; n++) await sync(served);
  await expect.poll(async () => (await told(served)).map(short)).toEqual(["sync-failed"]);
  upstream.host.front = () => false;
  await sync(served);
  await sync(served);
  await expect.poll(async () => (await told(served)).map(short)).toEqual(["sync-failed", "sync-recovered"]);
  expect(await told(served, "?failures=1")).toMatchObject([
    { kind: "sync-failed", error: { code: "sync/auth-failed" }, runId: expect.any(String) },
  ]);
});

test("what was told is there after a restart, which tells nothing by itself but what was pushed meanwhile", async () => {
  const upstream = await shop();
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-activity-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  let before: ActivityEvent[];
  {
    await using first = await serveMirrors([["shop", upstream]], { dataDir });
    await upstream.scene.commit("ui");
    await sync(first);
    await expect.poll(async () => (await told(first)).map(short)).toEqual(["pushed ui 1"]);
    before = await told(first);
  }
  await upstream.scene.commit("api");
  await using again = await serveMirrors([["shop", upstream]], { dataDir });
  const list = ["pushed ui 1", "pushed api 1", "parent-moved ui on api"];
  await expect.poll(async () => (await told(again)).map(short)).toEqual(list);
  expect((await told(again))[0]).toEqual(before[0]);
});

async function stackOfTwo(): Promise<ForgeWorld> {
  const world = await forgeWorld((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });
  onTestFinished(() => world[Symbol.asyncDispose]());
  const opened = { head: "api", title: "Add the API", isDraft: true, checks: running };
  world.github.openPullRequest("octo/widget", { ...opened, headOid: await world.tip("api") });
  return world;
}

async function deliver(served: ServedFolders, event: string, payload: object): Promise<void> {
  const repository = repositoryOf("octo/widget", { id: undefined });
  const { url, payload: body, ...init } = await delivered(event, { ...payload, repository });
  expect((await fetch(served.url + url, { ...init, body })).status).toBe(202);
}

test("pull requests that were there are no news; what becomes of them is, and checks only where they turn", async () => {
  const world = await stackOfTwo();
  const { github, widget } = world;
  await using served = await world.serve({ webhookSecrets: [SECRET] });
  const health = async () => (await served.get<RepoStatus>("/repos/widget")).forge?.health;
  await expect.poll(health).toBe("current");
  const list = async () => (await told(served, "", "/repos/widget/activity")).map(saidOf);
  expect(await list()).toEqual([]);
  const [api] = widget.pullRequests;
  if (!api) throw new Error("no pull request");

  const heardOf = { pull_request: { number: 1 } };
  const approvedBy = (author: string) => ({ author, state: "APPROVED" });
  api.checks = failing;
  github.change(api, { isDraft: false, reviews: [approvedBy("theo")] });
  await deliver(served, "pull_request", heardOf);
  const first = ["pr-ready", "review APPROVED by theo", "checks failing"];
  await expect.poll(list).toEqual(first);
  api.checks = running;
  const headOid = await world.tip("ui");
  github.openPullRequest("octo/widget", { head: "ui", base: "api", title: "Show it", headOid });
  await deliver(served, "pull_request", { pull_request: { number: 2 } });
  await deliver(served, "pull_request", heardOf);
  await expect.poll(list).toEqual([...first, "pr-opened by mira"]);
  const pending = async () => (await served.get<Branch>("/repos/widget/branches/api")).ci?.status;
  await expect.poll(pending).toBe("pending");
  api.checks = failing;
  github.change(api, { reviews: [approvedBy("theo"), approvedBy("ada")] });
  await deliver(served, "pull_request_review", heardOf);
  const then = [...first, "pr-opened by mira", "review APPROVED by ada"];
  await expect.poll(list).toEqual(then);
  api.checks = passing;
  github.change(api, { title: "Add the whole API" });
  await deliver(served, "pull_request", heardOf);
  await expect.poll(list).toEqual([...then, "checks passing"]);
  expect((await told(served, "?person=mira", "/activity")).length).toBeGreaterThan(0);
});

function saidOf({ kind, state, actor }: ActivityEvent): string {
  return [kind, state, actor && `by ${actor}`].filter((part) => part !== undefined).join(" ");
}

test("the activity of all repositories is that of those that the caller may see", async () => {
  const repos = [
    [widget("shown", "acme/shown"), "everyone"],
    [widget("hidden", "acme/secret"), "forge"],
  ] as const;
  await using world = await startAccessWorld({ repos });
  for (const { id } of repos.map(([repo]) => repo)) {
    await world.store.activity.write(id, [{ kind: "pushed", branch: id, people: ["mira"] }]);
  }
  const seenBy = async ({ headers }: { headers: Record<string, string> }, query = "") => {
    const response = await fetch(`${world.origin}/api/v1/activity${query}`, { headers });
    const { events }: ActivityList = await response.json();
    return events.map(({ branch }) => branch);
  };
  const elsewhere = await world.signIn("elsewhere");
  expect(await seenBy(elsewhere)).toEqual(["shown"]);
  expect(await seenBy(elsewhere, "?person=mira&limit=1")).toEqual(["shown"]);
  expect(await seenBy(await world.signIn("reader", { "acme/secret": "READ" }))).toEqual(["hidden", "shown"]);
});
