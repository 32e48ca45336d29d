import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { AuditEntry, AuditList } from "../../src/contract/audit.ts";
import { runCommand } from "../support/cli.ts";
import { createScene } from "../support/git-scene.ts";
import { upstreamOf } from "../support/mirror-world.ts";
import { serveFolders } from "../support/served-folders.ts";
import { Browser, type TeamServer, teamServer } from "../support/team-server.ts";

const ADDRESS = "203.0.113.9";

/** What a proxy hands on from somebody elsewhere. */
class RemoteBrowser extends Browser {
  override fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...Object(init.headers), "x-forwarded-for": ADDRESS };
    return super.fetch(path, { ...init, headers });
  }
}

async function signIn({ url, github }: TeamServer, login: string, repos = {}): Promise<Browser> {
  const browser = new RemoteBrowser(url);
  github.signedIn = github.person(login, repos);
  await browser.follow(await browser.follow(await browser.follow("/auth/login")));
  return browser;
}

async function audit(browser: Browser, query = ""): Promise<AuditList> {
  const response = await browser.fetch(`/api/v1/audit${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

function inWords({ action, outcome, actor, target, detail, address, requestId }: AuditEntry): string {
  const from = requestId === "" ? "here" : address;
  return [actor ? `${actor.kind} ${actor.name}` : "somebody", outcome, action, target, detail, from]
    .filter((word) => word !== undefined)
    .join(" · ");
}

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), "stackit-audit-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout } = await runCommand(args, { cwd: path, env: { STACKIT_DATA_DIR: path } });
    expect(code).toBe(0);
    return stdout.trim();
  };
  return { path, run };
}

test("what people and programs do, and are refused, is written down once, with who, when and from where", async () => {
  await using upstream = await upstreamOf((scene) => scene.commit("main"));
  upstream.host.front = (request) => {
    request.url = request.url?.replace(/\/octo\/widget\.git/i, "/repo.git") ?? "";
    return false;
  };
  const folder = await dataFolder();
  const place = { url: new URL(upstream.host.url), apiUrl: new URL(upstream.host.url) };
  await using team = await teamServer(() => [], {
    dataDir: folder.path,
    github: place,
    trustedProxies: ["127.0.0.1"],
  });
  const begunAt = Date.now();

  await signIn(team, "mallory");
  const ada = await signIn(team, "Ada", { "octo/Widget": "READ" });
  const [adasCookie = ""] = ada.cookies.values();
  const [adasToken = ""] = team.github.tokens.keys();
  const add = { method: "POST", body: JSON.stringify({ owner: "octo", name: "Widget" }) };
  const addInit = { ...add, headers: { "content-type": "application/json" } };
  const added = await ada.fetch("/api/v1/repos", addInit);
  expect(added.status).toBe(202);
  const run = added.headers.get("location") ?? "";
  await expect.poll(async () => (await (await ada.fetch(run)).json()).outcome).toBe("updated");
  expect(await ada.status("/api/v1/repos", addInit)).toBe(200);
  expect(await ada.status("/api/v1/repos/widget/sync", { method: "POST" })).toBe(403);
  expect(await ada.status("/api/v1/audit")).toBe(403);

  const secret = await folder.run("token", "create", "--scope", "sync", "--repo", "widget", "--name", "ci");
  const headers = { authorization: `Bearer ${secret}`, "idempotency-key": "one push" };
  const program = new RemoteBrowser(team.url);
  for (const _ of ["once", "again"])
    expect(await program.status("/api/v1/repos/widget/sync", { method: "POST", headers })).toBe(200);
  expect(await program.status("/api/v1/repos/none/sync", { method: "POST", headers })).toBe(404);
  // A browser that has both is the program's, and it is still the person who is signed out.
  expect(await ada.status("/auth/logout", { method: "POST", headers })).toBe(204);
  expect(await ada.status("/auth/logout", { method: "POST" })).toBe(204);

  const root = await signIn(team, "root");
  expect(await root.status("/api/v1/repos/widget", { method: "DELETE" })).toBe(204);
  const { entries } = await audit(root, "?limit=200");
  const actions = entries.toReversed().map(inWords);
  expect(actions).toEqual([
    `somebody · refused · sign-in-refused · mallory · not-allowed · ${ADDRESS}`,
    `person Ada · done · sign-in · ${ADDRESS}`,
    `person Ada · done · repo-added · widget · ${ADDRESS}`,
    `person Ada · refused · access-refused · widget · POST /api/v1/repos/:repo/sync · ${ADDRESS}`,
    `person Ada · refused · access-refused · GET /api/v1/audit · ${ADDRESS}`,
    expect.stringMatching(/^local this machine · done · token-created · ci · [\w-]{36} · here$/),
    `token ci · done · token-used · ${ADDRESS}`,
    `token ci · done · sync · widget · ${ADDRESS}`,
    `person Ada · done · sign-out · this browser · ${ADDRESS}`,
    `person root · done · sign-in · ${ADDRESS}`,
    `person root · done · repo-removed · widget · ${ADDRESS}`,
  ]);
  for (const { at } of entries) {
    expect(Date.parse(at)).toBeGreaterThanOrEqual(begunAt);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
  }
  const told = JSON.stringify(entries);
  for (const hidden of [
    secret,
    adasCookie,
    adasToken,
    team.github.clientSecret,
    ...team.github.tokens.keys(),
  ]) {
    expect(hidden).not.toBe("");
    expect(told).not.toContain(hidden);
  }

  const paged: AuditEntry[] = [];
  for (let next: string | undefined = ""; next !== undefined; ) {
    const page: AuditList = await audit(root, `?limit=4${next && `&before=${next}`}`);
    expect(page.entries.length).toBeLessThanOrEqual(4);
    paged.push(...page.entries);
    next = page.next;
  }
  expect(paged).toEqual(entries);

  const found = async (query: string) => (await audit(root, query)).entries.map(({ action }) => action);
  expect(await found("?who=ADA&what=access-refused")).toEqual(["access-refused", "access-refused"]);
  expect(await found("?who=mallory")).toEqual(["sign-in-refused"]);
  expect(await found("?who=ci")).toEqual(["sync", "token-used"]);
  expect(await found(`?who=${entries.find(({ action }) => action === "repo-added")?.actor?.id}`)).toEqual([
    "sign-out",
    "access-refused",
    "access-refused",
    "repo-added",
    "sign-in",
  ]);
  expect(await found("?repo=widget")).toEqual(["repo-removed", "sync", "access-refused", "repo-added"]);
  const [at] = entries.filter(({ action }) => action === "token-used").map((entry) => entry.at);
  const since = await found(`?since=${at}`);
  const until = await found(`?until=${at}`);
  expect([since.length + until.length, since.at(-1), until[0]]).toEqual([
    entries.length,
    "token-used",
    "token-created",
  ]);
});

test.each([
  ["limit=0", "`limit` must be >= 1"],
  ["limit=201", "`limit` must be <= 200"],
  ["limit=all", "`limit` must be integer"],
  ["what=everything", "`what` must be one of: sign-in, sign-in-refused, sign-out"],
  ["since=yesterday", '`since` must match format "date-time"'],
  ["until=2026-01-01", '`until` must match format "date-time"'],
  ["before=%27", "`before` must match ^[0-9A-Za-z]{1,64}$"],
  ["repo=a%2Fb", "`repo` must match ^[\\w-]{1,64}$"],
  ["who=", "`who` must not have fewer than 1 characters"],
  ["who=a&who=b", "`who` must be string"],
  ["whom=ada", "Known are: who, what, repo, since, until, limit, before"],
])("the filter %s is refused with what is allowed", async (query, sentence) => {
  await using scene = await createScene((s) => s.commit("main"));
  await using served = await serveFolders([{ kind: "working-copy", id: "default", path: scene.path }]);
  const response = await fetch(`${served.url}/api/v1/audit?${query}`);
  expect(response.status).toBe(400);
  expect((await response.json()).detail).toContain(sentence);
  expect(await served.get("/audit")).toEqual({ entries: [] });
});
