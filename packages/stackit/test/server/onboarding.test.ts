import { createPrivateKey } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { seeRemote } from "../../src/app/see-remote.ts";
import type { Config } from "../../src/config/config.ts";
import type { RepoAdded } from "../../src/contract/added-repo.ts";
import type { SignedIn } from "../../src/contract/auth.ts";
import type { RepoList, RepoStatus } from "../../src/contract/repo.ts";
import { DirectSpawner } from "../../src/git/spawner.ts";
import { SshClient } from "../../src/git/ssh-access.ts";
import { openStore } from "../../src/store/open-store.ts";
import { askForCredentials, hang, refuse } from "../support/git-host-behaviours.ts";
import { createScene } from "../support/git-scene.ts";
import { gitSshHost } from "../support/git-ssh-host.ts";
import { githubDouble } from "../support/github-double.ts";
import { type Upstream, upstreamOf } from "../support/mirror-world.ts";
import { eventThat, serveFolders } from "../support/served-folders.ts";
import { readSshKey, type SshKeyPair, sshKeyPair } from "../support/ssh-keys.ts";
import { type Browser, type TeamServer, teamServer } from "../support/team-server.ts";
import { delivered, repositoryOf, SECRET } from "../support/webhooks.ts";

async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-onboarding-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A GitHub that has `octo/widget`. */
async function widgetUpstream(): Promise<Upstream> {
  const upstream = await upstreamOf((scene) => {
    scene.commit("main");
    scene.commit("api", { parent: "main" });
  });
  upstream.host.front = atWidget;
  return upstream;
}

function atWidget(request: { url?: string | undefined }): boolean {
  request.url = request.url?.replace(/\/octo\/widget\.git/i, "/repo.git") ?? "";
  return false;
}

async function teamAt(
  upstream: Upstream,
  dataDir: string,
  more: Parameters<typeof teamServer>[1] = {},
): Promise<TeamServer> {
  return teamServer(() => [], { dataDir, github: githubAt(upstream.host.url), settleMs: 20, ...more });
}

function githubAt(origin: string): Config["github"] {
  return { url: new URL(origin), apiUrl: new URL(origin) };
}

function add(
  browser: Browser,
  body: object,
  headers: Record<string, string> = {},
  query = "",
): Promise<Response> {
  return browser.fetch(`/api/v1/repos${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

async function ids(browser: Browser): Promise<string[]> {
  const { repos }: RepoList = await (await browser.fetch("/api/v1/repos")).json();
  return repos.map(({ id }) => id);
}

async function cloned(browser: Browser, response: Response): Promise<void> {
  const location = response.headers.get("location") ?? "";
  await expect.poll(async () => (await (await browser.fetch(location)).json()).outcome).toBe("updated");
}

const WIDGET = { owner: "octo", name: "Widget" };

test("who can read a repository on GitHub has it served, for all who can read it there and nobody else", async () => {
  await using upstream = await widgetUpstream();
  const dataDir = await dataFolder();
  await using team = await teamAt(upstream, dataDir);
  const { github } = team;
  const ada = github.person("ada", { "octo/Widget": "READ" });
  const robin = github.person("robin");
  const adas = await team.signIn(ada);
  const robins = await team.signIn(robin);

  const refused = await add(robins, WIDGET);
  const missing = await add(robins, { owner: "octo", name: "none" });
  expect([refused.status, missing.status]).toEqual([404, 404]);
  const { requestId: _, ...said } = await refused.json();
  expect(await missing.json()).toMatchObject(said);
  expect(await ids(adas)).toEqual([]);

  const added = await add(adas, WIDGET);
  expect(added.status).toBe(202);
  const { repo, run }: RepoAdded = await added.json();
  expect(repo).toMatchObject({ id: "widget", owner: "octo", repo: "Widget" });
  expect(run).toMatchObject({ triggers: ["onboard"], requestedBy: "ada" });
  await cloned(adas, added);
  const status: RepoStatus = await (await adas.fetch("/api/v1/repos/widget")).json();
  expect(status).toMatchObject({ counts: { branches: 1 }, freshness: { health: "fresh" } });

  expect((await add(robins, WIDGET)).status).toBe(404);
  expect(await ids(robins)).toEqual([]);
  robin.repos.set("octo/Widget", "READ");
  const again = await add(robins, { url: `${upstream.host.url}/octo/Widget` });
  expect(again.status).toBe(200);
  expect(await again.json()).toMatchObject({ repo: { id: "widget" } });
  expect(await ids(robins)).toEqual(["widget"]);

  expect(await robins.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(403);
  expect(await adas.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  expect(await adas.status("/api/v1/repos/widget")).toBe(404);
  expect(await ids(adas)).toEqual([]);
  expect(existsSync(join(dataDir, "mirrors", "widget.git"))).toBe(false);

  const store = await openStore(dataDir);
  const { entries } = await store.audit.list({ limit: 100 });
  const actions = entries.map(({ action, target }) => `${action} ${target}`);
  expect(actions.slice(0, 3)).toEqual(["repo-removed widget", "access-refused widget", "repo-added widget"]);
  expect((await store.syncRuns.list("mirror:widget", { limit: 10 })).runs).toEqual([]);
  expect(await store.repositories.find("mirror:widget")).toBeUndefined();
  await store[Symbol.asyncDispose]();

  const anew = await add(adas, WIDGET);
  expect(anew.status).toBe(202);
  await cloned(adas, anew);
});

test("a dry run says what the server sees there, and makes nothing", async () => {
  await using upstream = await widgetUpstream();
  await upstream.scene.git("branch", "next", "main");
  await upstream.scene.git("symbolic-ref", "HEAD", "refs/heads/next");
  const dataDir = await dataFolder();
  await using team = await teamAt(upstream, dataDir);
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "READ" }));
  const check = () => add(adas, WIDGET, {}, "?dryRun=1");

  const checked = await check();
  expect([checked.status, await checked.json()]).toEqual([200, { remote: { trunk: "next", branches: 3 } }]);
  expect(await ids(adas)).toEqual([]);
  expect(existsSync(join(dataDir, "mirrors"))).toBe(false);
  const store = await openStore(dataDir);
  expect(await store.addedRepos.list()).toEqual([]);
  expect((await store.audit.list({ limit: 100 })).entries.map(({ action }) => action)).toEqual(["sign-in"]);
  await store[Symbol.asyncDispose]();

  await cloned(adas, await add(adas, WIDGET));
  expect(await (await check()).json()).toMatchObject({ repo: { id: "widget", trunk: "next" } });
  const hidden = await add(await team.signIn(team.github.person("robin")), WIDGET, {}, "?dryRun=1");
  expect([hidden.status, (await hidden.json()).code]).toEqual([404, "repo/no-access"]);

  await upstream.scene.git("symbolic-ref", "HEAD", "refs/heads/gone");
  for (const branch of ["main", "next"]) await upstream.scene.git("branch", "-m", branch, `not-${branch}`);
  expect(await adas.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  expect(await (await check()).json()).toEqual({ remote: { branches: 3 } });
});

test.for([
  ["wants credentials", askForCredentials(), [422, "repo/unreadable-for-server"], null],
  ["has no such repository", refuse(404), [422, "repo/unreadable-for-server"], null],
  ["asks to wait", refuse(429, { "retry-after": "42" }), [503, "sync/rate-limited"], "42"],
  ["answers nonsense", refuse(200, {}, "<html>"), [502, "sync/remote-error"], null],
] as const)(
  "when the remote %s, adding and its dry run are refused alike",
  async ([, front, refusal, wait]) => {
    await using upstream = await widgetUpstream();
    upstream.host.front = front;
    await using server = await serveFolders([], { github: githubAt(upstream.host.url) });
    for (const query of ["", "?dryRun=1"]) {
      const answer = await fetch(`${server.url}/api/v1/repos${query}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(WIDGET),
      });
      expect([answer.status, (await answer.json()).code]).toEqual(refusal);
      expect(answer.headers.get("retry-after")).toBe(wait);
    }
    expect(await server.get<RepoList>("/repos")).toEqual({ repos: [] });
  },
);

test("what is reached by ssh is looked at with the server's key", async () => {
  await using upstream = await createScene((writer) => void writer.commit("main"), { bare: true });
  const keys = await sshKeyPair();
  await using host = await gitSshHost(dirname(upstream.path), keys);
  const check = async (pair: SshKeyPair) => {
    const key = { key: readSshKey(pair), variable: "STACKIT_SSH_KEY" };
    const knownHosts = { variable: "STACKIT_SSH_KNOWN_HOSTS", text: host.knownHosts };
    await using server = await serveFolders([], { ssh: { key, knownHosts } });
    const answer = await fetch(`${server.url}/api/v1/repos?dryRun=1`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: `${host.url}/repo.git` }),
    });
    return answer.json();
  };
  expect(await check(keys)).toEqual({ remote: { trunk: "main", branches: 1 } });
  expect(await check(await sshKeyPair())).toMatchObject({
    code: "repo/unreadable-for-server",
    detail: expect.stringContaining("STACKIT_SSH_KEY"),
  });
});

test("a remote that does not answer is not waited for without end", async () => {
  await using upstream = await upstreamOf();
  upstream.host.front = hang();
  await using ssh = new SshClient({});
  const mirror = { kind: "mirror" as const, id: "widget", url: upstream.url };
  const config = { github: githubAt(upstream.host.url) };
  const tools = { config, spawner: new DirectSpawner(), ssh, githubApp: undefined };
  await expect(seeRemote(mirror, tools, 50)).rejects.toMatchObject({ code: "sync/timeout" });
});

test("two who add the same repository at once share one clone", async () => {
  await using upstream = await widgetUpstream();
  await using team = await teamAt(upstream, await dataFolder());
  const ada = team.github.person("ada", { "octo/Widget": "READ" });
  const robin = team.github.person("robin", { "octo/Widget": "WRITE" });
  const browsers = [await team.signIn(ada), await team.signIn(robin)];
  // Nothing is sent before both are answered.
  const opened = Promise.withResolvers<void>();
  upstream.host.front = async (request, _response, ask) => {
    if (ask === "fetch") await opened.promise;
    return atWidget(request);
  };
  const answers = await Promise.all(browsers.map((browser) => add(browser, WIDGET)));
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  const locations = answers.map(({ headers }) => headers.get("location"));
  expect(locations[0]).toBe(locations[1]);
  expect(await team.browser().status("/readyz")).toBe(200);
  opened.resolve();
  for (const [index, answer] of answers.entries()) {
    const browser = browsers[index];
    if (browser) await cloned(browser, answer);
  }
  expect(upstream.host.asks.filter((ask) => ask === "fetch")).toHaveLength(1);
  for (const browser of browsers) expect(await ids(browser)).toEqual(["widget"]);
});

test("what the server itself may not read is refused with what to do, and nothing is made", async () => {
  await using upstream = await widgetUpstream();
  await using team = await teamAt(upstream, await dataFolder());
  upstream.host.front = (_request, response) => {
    response.writeHead(401, { "www-authenticate": "Basic" }).end();
    return true;
  };
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "ADMIN" }));
  const answer = await add(adas, WIDGET);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    code: "repo/unreadable-for-server",
    detail: expect.stringContaining("STACKIT_GIT_TOKEN"),
  });
  expect(await ids(adas)).toEqual([]);
});

test("a first clone that fails leaves a repository that says why and can be removed", async () => {
  await using upstream = await widgetUpstream();
  await using team = await teamAt(upstream, await dataFolder());
  upstream.host.front = (request, response, ask) => {
    if (ask !== "fetch") return atWidget(request);
    response.writeHead(500).end();
    return true;
  };
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "READ" }));
  expect((await add(adas, WIDGET)).status).toBe(202);
  const freshness = async () => (await (await adas.fetch("/api/v1/repos/widget")).json()).freshness;
  await expect.poll(freshness).toMatchObject({ lastAttempt: { code: "sync/remote-error" } });
  expect(await adas.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  expect(await ids(adas)).toEqual([]);
});

test("on a team's server neither another host nor a program adds anything", async () => {
  await using upstream = await widgetUpstream();
  await using team = await teamAt(upstream, await dataFolder());
  const root = await team.signIn(team.github.person("root"));
  const asked = upstream.host.requests.length;
  for (const url of ["http://127.0.0.1:1/octo/widget.git", "ssh://git@127.0.0.1/octo/widget.git"]) {
    expect((await add(root, { url })).status).toBe(403);
  }
  expect((await add(root, {})).status).toBe(400);
  expect((await add(root, { owner: "octo" })).status).toBe(400);
  expect((await add(root, { owner: "octo", name: ".." })).status).toBe(400);
  expect(upstream.host.requests).toHaveLength(asked);
  expect(await ids(root)).toEqual([]);
});

test("a GitHub App opens what it is installed on, and where it is not, the way to install it is told", async () => {
  await using upstream = await widgetUpstream();
  await using apps = await githubDouble();
  apps.addRepository("octo/widget");
  const githubApp = {
    id: apps.appId,
    privateKey: createPrivateKey(apps.privateKey),
    githubUrl: new URL(upstream.host.url),
    apiUrl: apps.apiUrl,
  };
  await using team = await teamAt(upstream, await dataFolder(), { githubApp });
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "WRITE" }));
  // A private repository, which the App alone opens.
  upstream.host.front = (request, response, ask) =>
    request.headers.authorization === undefined
      ? askForCredentials()(request, response, ask)
      : atWidget(request);
  const refused = await add(adas, WIDGET);
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({
    code: "repo/unreadable-for-server",
    detail: expect.stringContaining("https://github.com/apps/stackit-test/installations/new"),
  });
  expect(await ids(adas)).toEqual([]);

  apps.install("octo/widget");
  const added = await add(adas, WIDGET, { prefer: "wait=30" });
  expect(await added.json()).toMatchObject({ run: { outcome: "updated" } });
  expect(apps.tokens.length).toBeGreaterThan(0);
});

test("one person may have added so many, and an operator more", async () => {
  await using upstream = await widgetUpstream();
  const dataDir = await dataFolder();
  await using team = await teamAt(upstream, dataDir);
  const ada = team.github.person("ada", { "octo/Widget": "READ" });
  const adas = await team.signIn(ada);
  const { id: adasId }: SignedIn = await (await adas.fetch("/auth/me")).json();
  const store = await openStore(dataDir);
  for (let count = 0; count < 50; count++) {
    const url = `${upstream.host.url}/octo/other-${count}.git`;
    await store.addedRepos.save({ id: `other-${count}`, url, visibility: "forge", addedBy: adasId });
  }
  const refused = await add(adas, WIDGET);
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining("added 50 repositories") });
  expect(upstream.host.requests).toEqual([]);
  await store.addedRepos.remove("other-7");
  expect((await add(adas, WIDGET)).status).toBe(202);
  await store[Symbol.asyncDispose]();
});

test("operators add what is on a host that the server's start names, and no other host is asked (B64)", async () => {
  await using upstream = await widgetUpstream();
  await using elsewhere = await widgetUpstream();
  await using unnamed = await widgetUpstream();
  const remoteHosts = [new URL(elsewhere.host.url).host];
  await using team = await teamAt(upstream, await dataFolder(), { remoteHosts });
  const root = await team.signIn(team.github.person("root"));
  const adas = await team.signIn(team.github.person("ada"));
  const url = `${elsewhere.host.url}/octo/widget.git`;

  const refused = [await add(adas, { url }), await add(root, { url: `${unnamed.host.url}/octo/widget.git` })];
  expect(refused.map(({ status }) => status)).toEqual([403, 403]);
  expect(await refused[1]?.json()).toMatchObject({
    detail: expect.stringContaining(`it does not name ${new URL(unnamed.host.url).host}`),
  });
  expect([...unnamed.host.requests, ...elsewhere.host.requests]).toEqual([]);

  const added = await add(root, { url }, { prefer: "wait=30" });
  expect([added.status, added.headers.get("preference-applied")]).toEqual([200, "wait=30"]);
  expect(await added.json()).toMatchObject({
    repo: { id: "widget", counts: { branches: 1 } },
    run: { state: "finished", outcome: "updated" },
  });
  expect(await ids(adas)).toEqual([]);
});

test("who waits for a first clone is answered when the time is over, and hears of a failure in its run", async () => {
  await using upstream = await widgetUpstream();
  await using team = await teamAt(upstream, await dataFolder());
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "READ" }));
  const opened = Promise.withResolvers<void>();
  upstream.host.front = async (request, response, ask) => {
    if (ask !== "fetch") return atWidget(request);
    await opened.promise;
    response.writeHead(500).end();
    return true;
  };
  const early = await add(adas, WIDGET, { prefer: "wait=0" });
  expect(early.status).toBe(202);
  expect(await early.json()).toMatchObject({ run: { state: "running" } });
  const late = add(adas, WIDGET, { prefer: "wait=30" });
  opened.resolve();
  expect((await late).status).toBe(200);
  expect(await (await late).json()).toMatchObject({ run: { error: { code: "sync/remote-error" } } });
});

test("one that is removed while it is cloned is gone: who waited is told, and nothing makes it anew", async () => {
  await using upstream = await widgetUpstream();
  const dataDir = await dataFolder();
  await using team = await teamAt(upstream, dataDir);
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "WRITE" }));
  const opened = Promise.withResolvers<void>();
  upstream.host.front = async (request, _response, ask) => {
    if (ask === "fetch") await opened.promise;
    return atWidget(request);
  };
  const added = await add(adas, WIDGET);
  expect(added.status).toBe(202);
  const waiting = adas.fetch("/api/v1/repos/widget/sync", { method: "POST" });
  await expect.poll(() => upstream.host.asks.includes("fetch")).toBe(true);
  expect(await adas.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  expect((await waiting).status).toBe(404);
  opened.resolve();
  expect(await adas.status("/api/v1/repos/widget")).toBe(404);
  expect(await adas.status(added.headers.get("location") ?? "")).toBe(404);
  expect(await ids(adas)).toEqual([]);
  expect(existsSync(join(dataDir, "mirrors", "widget.git"))).toBe(false);
});

test("what is added to a local server is served by the next one too, until it is removed or listed", async () => {
  await using upstream = await widgetUpstream();
  const dataDir = await dataFolder();
  const url = `${upstream.host.url}/octo/widget.git`;
  const post = (at: string) =>
    fetch(`${at}/api/v1/repos`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url }),
    });
  const remove = async (at: string, id: string) =>
    (await fetch(`${at}/api/v1/repos/${id}`, { method: "DELETE" })).status;
  {
    await using server = await serveFolders([], { dataDir });
    await using events = await server.events("/events");
    expect((await post(server.url)).status).toBe(202);
    await eventThat(
      events,
      ({ name, data }) => name === "sync" && JSON.stringify(data).includes('"outcome":"updated"'),
    );
    expect((await post(server.url)).status).toBe(200);
  }
  {
    await using server = await serveFolders([], { dataDir });
    expect(await server.get<RepoStatus>("/repos/widget")).toMatchObject({ counts: { branches: 1 } });
  }
  {
    await using server = await serveFolders([{ kind: "mirror", id: "ours", url: new URL(url) }], { dataDir });
    const { repos } = await server.get<RepoList>("/repos");
    expect(repos.map(({ id }) => id)).toEqual(["ours"]);
    expect(await remove(server.url, "ours")).toBe(409);
    expect((await post(server.url)).status).toBe(200);
  }
  await using server = await serveFolders([], { dataDir });
  await using events = await server.events("/events");
  expect(await remove(server.url, "widget")).toBe(204);
  await eventThat(events, ({ name, data }) => name === "repos" && data.repoId === "widget");
  expect(await server.get<RepoList>("/repos")).toEqual({ repos: [] });
});

test("who gets the id of one that is served no more reads nothing of it, and no token of it opens the new one", async () => {
  await using upstream = await widgetUpstream();
  const dataDir = await dataFolder();
  const store = await openStore(dataDir);
  await store.activity.write("mirror:widget", [{ kind: "pushed", branch: "secret-plan" }]);
  const wanted = { name: "ci", scopes: ["read" as const], repos: ["widget"] };
  const { secret } = await store.apiTokens.create(wanted);
  await store[Symbol.asyncDispose]();
  await using team = await teamAt(upstream, dataDir, { webhookSecrets: [SECRET] });
  const adas = await team.signIn(team.github.person("ada", { "octo/Widget": "READ" }));
  const id = team.github.repos.get("octo/Widget");
  const greeting = async (query = "") => {
    const stream = (await adas.fetch(`/api/v1/events${query}`)).body?.getReader();
    const { value } = (await stream?.read()) ?? {};
    await stream?.cancel();
    return new TextDecoder().decode(value);
  };
  const start = /^id: (.+)$/m.exec(await greeting())?.[1];
  await cloned(adas, await add(adas, WIDGET));
  const activity = await (await adas.fetch("/api/v1/repos/widget/activity")).text();
  expect(activity).toContain("repo-added");
  expect(activity).not.toContain("secret-plan");
  const asProgram = { headers: { authorization: `Bearer ${secret}` } };
  expect(await team.browser().status("/api/v1/repos/widget", asProgram)).toBe(404);

  const replayed = () => greeting(`?since=${start}`);
  expect(await replayed()).toContain('"outcome":"updated"');
  const ping = await delivered("ping", { repository: repositoryOf("octo/Widget", { id }) });
  expect(await adas.status(ping.url, { ...ping, body: ping.payload })).toBe(204);
  const webhook = async () => (await (await adas.fetch("/api/v1/repos/widget")).json()).webhook?.event;
  expect(await webhook()).toBe("ping");
  expect(await adas.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  expect((await add(adas, WIDGET)).status).toBe(202);
  expect(await webhook()).toBeUndefined();
  const said = await replayed();
  expect(said).toContain("event: resync");
  expect(said).not.toContain('"outcome":"updated"');
});
