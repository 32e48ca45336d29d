import { rename } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RepoList, RepoStatus } from "../../src/contract/repo.ts";
import type { SyncRun, SyncRunList } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import type { EventReader, ReadEvent } from "../support/event-reader.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { eventThat, serveFolder, serveFolders } from "../support/served-folders.ts";
import { testGit } from "../support/test-git.ts";

const stack = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
    s.stacked("ui", "api");
  });

const refreshOf = (reader: EventReader): Promise<ReadEvent> =>
  eventThat(reader, ({ name }) => name === "refresh");

const runIn = ({ data }: ReadEvent): SyncRun | undefined => data.run as SyncRun | undefined;

test("a commit in the repository arrives on the stream, and the view of that generation shows it", async () => {
  await using scene = await stack();
  await using server = await serveFolder(scene.path);
  await using one = await server.events("/repos/default/events");
  await using all = await server.events("/events");
  const tip = await scene.commit("ui");
  const refresh = await refreshOf(one);
  expect(refresh.data).toMatchObject({
    repoId: "default",
    stacks: { created: [], changed: ["api"], removed: [] },
    branches: ["ui"],
    truncated: false,
  });
  const view = await server.get<View>("/repos/default/view");
  expect(view.generation).toBe(refresh.data.generation);
  expect(view.stacks[0]?.branches.find(({ name }) => name === "ui")).toMatchObject({
    revision: tip,
    commitCount: 2,
  });
  expect((await refreshOf(all)).data).toEqual(refresh.data);

  await scene.git("switch", "--quiet", "api");
  const switched = await eventThat(one, ({ name }) => name === "branch_switched");
  expect(switched.data).toMatchObject({ from: "main", to: "api" });
  expect((await server.get<RepoStatus>("/repos/default")).currentBranch).toBe("api");
});

test("a rebase of twenty commits is a few runs, and the last one is exact (B45)", async () => {
  await using scene = await stack();
  await scene.git("switch", "--quiet", "api");
  for (let n = 0; n < 20; n++) await scene.git("commit", "--quiet", "--allow-empty", "-m", `Step ${n}`);
  await scene.commit("main");
  await using server = await serveFolder(scene.path);
  await using events = await server.events("/events");
  await scene.git("rebase", "--quiet", "main");
  const tip = await scene.sha("api");
  let runs = 0;
  await eventThat(events, (event) => {
    const run = runIn(event);
    if (run?.state === "finished") runs++;
    return run?.refs.changes.some(({ ref, new: now }) => ref === "refs/heads/api" && now === tip) ?? false;
  });
  expect(runs).toBeLessThanOrEqual(8);
  expect((await server.sync()).status).toBe(200);
  const view = await server.get<View>("/repos/default/view");
  expect(view.repo.currentBranch).toBe("api");
  expect(view.stacks[0]?.branches[0]).toMatchObject({ name: "api", revision: tip, commitCount: 21 });
});

test("a sync that finds nothing says so, publishes nothing, and keeps generation and tag", async () => {
  await using scene = await stack();
  await using server = await serveFolder(scene.path);
  await using events = await server.events("/events");
  const read = (tag?: string) =>
    fetch(`${server.url}/api/v1/repos/default/view`, {
      headers: tag === undefined ? {} : { "if-none-match": tag },
    });
  const first = await read();
  const tag = first.headers.get("etag") ?? "";
  const { generation } = (await first.json()) as View;
  const synced: SyncRun[] = [];
  for (let n = 0; n < 5; n++) synced.push((await (await server.sync()).json()) as SyncRun);
  expect(synced.map(({ outcome }) => outcome)).toEqual(Array(5).fill("unchanged"));
  expect(synced.map((run) => run.generation)).toEqual(Array(5).fill(generation));
  expect((await read(tag)).status).toBe(304);

  // The one refresh that is told is the one of a change.
  await scene.commit("ui");
  const told: string[] = [];
  const refresh = await eventThat(events, ({ name, data }) => {
    told.push(name === "sync" ? `${(data.run as SyncRun).outcome}` : name);
    return name === "refresh";
  });
  expect(told.filter((what) => what === "unchanged")).toHaveLength(5);
  expect(refresh.data.generation).toBe(generation + 1);
  const changed = await read(tag);
  expect(changed.status).toBe(200);
  expect(changed.headers.get("etag")).not.toBe(tag);
});

test("a repository that is deleted fails with its reason, is still shown, and recovers when it is put back", async () => {
  await using scene = await stack();
  await using server = await serveFolder(scene.path);
  const view = await server.get<View>("/repos/default/view");
  const away = join(scene.root, "away");
  await rename(scene.path, away);
  for (const body of [{}, { probe: true }]) {
    const answer = await server.sync(body);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({
      code: "sync/unreadable",
      detail: "The repository's folder is gone, or is no repository any more.",
    });
  }
  expect(await server.get<View>("/repos/default/view")).toEqual(view);
  expect((await server.get<RepoStatus>("/repos/default")).freshness).toMatchObject({
    lastAttempt: { outcome: "failed", code: "sync/unreadable" },
  });
  await rename(away, scene.path);
  expect(await (await server.sync()).json()).toMatchObject({ outcome: "unchanged" });
  const tip = await scene.commit("ui");
  await server.sync();
  expect((await server.get<View>("/repos/default/view")).stacks[0]?.branches[1]?.revision).toBe(tip);
});

test("a repository that lies in another one is gone when it is deleted, and the other is not shown for it (B26)", async () => {
  await using outer = await createScene((s) => s.commit("main"));
  const inner = join(outer.path, "inner");
  await outer.git("clone", "--quiet", outer.path, inner);
  await using server = await serveFolder(inner);
  await rename(join(inner, ".git"), join(inner, "git-away"));
  const answer = await server.sync();
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ code: "sync/unreadable" });
  expect((await server.get<View>("/repos/default/view")).repo.remote).toBe("origin");
});

test("of two repositories the broken one says why, the other is served, and the broken one joins when it is there", async () => {
  await using scene = await stack();
  const later = join(scene.root, "later");
  await using server = await serveFolders([
    { kind: "working-copy", id: "good", path: scene.path },
    { kind: "working-copy", id: "later", path: later },
  ]);
  const { repos } = await server.get<RepoList>("/repos");
  expect(repos.map(({ id }) => id)).toEqual(["good", "later"]);
  expect(repos[1]?.freshness).toMatchObject({ health: "failing", lastAttempt: { code: "sync/unreadable" } });
  expect((await server.get<View>("/repos/good/view")).stacks).toHaveLength(1);
  expect((await fetch(`${server.url}/api/v1/repos/later/view`)).status).toBe(503);
  expect((await server.sync({}, {}, "later")).status).toBe(500);

  await scene.gitIn(scene.root, "clone", "--quiet", scene.path, later);
  await using events = await server.events("/repos/later/events");
  expect((await server.sync({}, {}, "later")).status).toBe(200);
  await refreshOf(events);
  expect((await server.get<View>("/repos/later/view")).repo.trunk).toBe("main");
  // It is watched from now on: nobody asks for this run.
  await expect
    .poll(async () => (await server.get<RepoStatus>("/repos/later")).freshness.watching?.mode, {
      timeout: 20_000,
    })
    .toBe("events");
  await scene.gitIn(later, "branch", "topic");
  await scene.gitIn(later, "commit", "--quiet", "--allow-empty", "-m", "Later");
  await refreshOf(events);
});

test("two worktrees of one repository are two repositories, each with its own runs", async () => {
  await using scene = await stack();
  const worktree = await scene.addWorktree("ui");
  await using server = await serveFolders([
    { kind: "working-copy", id: "main", path: scene.path },
    { kind: "working-copy", id: "linked", path: worktree },
  ]);
  await server.sync({}, {}, "linked");
  const runsOf = async (id: string) => (await server.get<SyncRunList>(`/repos/${id}/sync-runs`)).runs;
  expect(new Set((await runsOf("main")).map(({ repoId }) => repoId))).toEqual(new Set(["main"]));
  expect((await runsOf("linked")).map(({ repoId, triggers }) => [repoId, ...triggers])).toEqual([
    ["linked", "manual"],
    ["linked", "startup"],
  ]);
  expect((await server.get<View>("/repos/linked/view")).repo.currentBranch).toBe("ui");
  expect((await server.get<View>("/repos/main/view")).repo.currentBranch).toBe("main");
});

test("a foreign host name and a page of another site are refused, and change nothing", async () => {
  await using scene = await stack();
  await using server = await serveFolder(scene.path);
  const { runs } = await server.get<SyncRunList>("/repos/default/sync-runs");
  const refusals = await Promise.all([
    server.sync({}, { "sec-fetch-site": "cross-site" }),
    server.sync({}, { origin: "https://evil.example" }),
  ]);
  expect(refusals.map(({ status }) => status)).toEqual([403, 403]);
  const { port } = new URL(server.url);
  expect(await statusForHost(Number(port), "evil.example")).toContain("421");
  expect(await statusForHost(Number(port), `127.0.0.1:${port}`)).toContain("200");
  expect((await server.get<SyncRunList>("/repos/default/sync-runs")).runs).toEqual(runs);
});

test("what is asked of strange branch names is answered from what is there (B14)", async () => {
  await using scene = await stack();
  const tip = await scene.sha("api");
  const names = ["-x", "--upload-pack=x", "50%", "fix#1", "user@host", "\u00e9", "e\u0301", "x".repeat(200)];
  const input = names.map((name) => `create refs/heads/${name}\0${tip}\0`).join("");
  await testGit(["update-ref", "--stdin", "-z"], { cwd: scene.path, env: { ...scene.env }, input });
  await using server = await serveFolder(scene.path);
  for (const name of names) {
    const path = encodeURIComponent(name);
    expect(await server.get(`/repos/default/branches/${path}`)).toMatchObject({ name, revision: tip });
    expect(await server.get(`/repos/default/branch-diff/${path}`)).toMatchObject({
      branch: name,
      headRevision: tip,
    });
  }
});

/** The status line of an answer to a request that names this host. */
async function statusForHost(port: number, host: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text.split("\r\n")[0] ?? "";
}
