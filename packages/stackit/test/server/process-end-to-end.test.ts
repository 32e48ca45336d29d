import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SyncRun, SyncRunList } from "../../src/contract/sync-run.ts";
import type { View } from "../../src/contract/view.ts";
import { EventReader } from "../support/event-reader.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { type StandIn, standInForGit, stillRunning } from "../support/processes.ts";
import { eventThat } from "../support/served-folders.ts";
import { descendantsOf, type ServerProcess, startServerProcess } from "../support/server-process.ts";

/** A repository, a data folder and a git that hangs over the refs while the file `hang` is there. */
interface World extends AsyncDisposable {
  readonly scene: Scene;
  readonly git: StandIn;
  serve(...args: string[]): Promise<ServerProcess>;
  hang(): Promise<void>;
  unhang(): Promise<void>;
}

async function world(): Promise<World> {
  const scene = await createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-data-"));
  const hang = join(scene.root, "hang");
  const git = await standInForGit(`
PATH=\${PATH#*:}
case "$*" in *for-each-ref*) if [ -e '${hang}' ]; then note $$; sleep 600 & note $!; wait; fi;; esac
exec git "$@"`);
  return {
    scene,
    git,
    serve: (...args) =>
      startServerProcess(["--cwd", scene.path, "--data-dir", dataDir, "--settle", "20ms", ...args], git.env),
    hang: () => writeFile(hang, ""),
    unhang: () => rm(hang),
    async [Symbol.asyncDispose]() {
      await git[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
      await scene[Symbol.asyncDispose]();
    },
  };
}

const sync = ({ url }: ServerProcess) => fetch(`${url}/api/v1/repos/default/sync`, { method: "POST" });

async function get<T>({ url }: ServerProcess, path: string): Promise<T> {
  return (await fetch(`${url}/api/v1/repos/default${path}`)).json() as Promise<T>;
}

const noneLeft = (pids: readonly number[]) =>
  expect.poll(() => stillRunning(pids), { timeout: 20_000 }).toEqual([]);

/** Waits until git hangs; gives it and what it started. */
async function hanging({ git }: World): Promise<number[]> {
  await expect.poll(async () => (await git.pids()).length, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
  return git.pids();
}

test("a server that is killed leaves no process behind, and the next one knows its runs (B31)", async () => {
  await using w = await world();
  const first = await w.serve();
  expect((await sync(first)).status).toBe(200);
  const { runs } = await get<SyncRunList>(first, "/sync-runs");
  const started = await descendantsOf(first.pid);
  expect(started.length).toBeGreaterThan(0);
  first.signal("SIGKILL");
  expect(await first.ended).toBe("SIGKILL");
  await noneLeft(started);

  await using second = await w.serve();
  await sync(second);
  const later = await get<SyncRunList>(second, "/sync-runs");
  expect(later.runs.slice(-runs.length)).toEqual(runs);
  expect(later.runs.length).toBeGreaterThan(runs.length);
  const tip = await w.scene.commit("api");
  expect(((await (await sync(second)).json()) as SyncRun).outcome).toMatch(/updated|unchanged/);
  expect((await get<View>(second, "/view")).stacks[0]?.branches[0]?.revision).toBe(tip);
});

test("a server that is killed in the midst of a run takes its git along, and the run is closed by the next one (B19, B31)", async () => {
  await using w = await world();
  const first = await w.serve();
  expect((await sync(first)).status).toBe(200);
  await w.hang();
  const asked = await fetch(`${first.url}/api/v1/repos/default/sync`, {
    method: "POST",
    headers: { prefer: "respond-async" },
  });
  const { id } = (await asked.json()) as SyncRun;
  const pids = await hanging(w);
  first.signal("SIGKILL");
  await first.ended;
  await noneLeft(pids);
  await w.unhang();

  await using second = await w.serve();
  await expect.poll(async () => (await get<SyncRun>(second, `/sync-runs/${id}`)).state).toBe("finished");
  expect(await get<SyncRun>(second, `/sync-runs/${id}`)).toMatchObject({ outcome: "failed" });
  expect((await sync(second)).status).toBe(200);
});

test("the first signal ends the server gracefully while streams are open", async () => {
  await using w = await world();
  await using server = await w.serve();
  await sync(server);
  await using events = await EventReader.open(`${server.url}/api/v1/events`);
  await eventThat(events, ({ name }) => name === "connected");
  const started = await descendantsOf(server.pid);
  server.signal("SIGTERM");
  for (let event = await events.next(); event; ) event = await events.next();
  expect(await server.ended).toBe(0);
  await noneLeft(started);
});

test("the first signal ends a run that hangs, and tells who waits for it", async () => {
  await using w = await world();
  await using server = await w.serve();
  await sync(server);
  await w.hang();
  const waiting = sync(server);
  const pids = await hanging(w);
  const started = await descendantsOf(server.pid);
  server.signal("SIGTERM");
  const answer = await waiting;
  expect(answer.status).toBe(503);
  const problem = (await answer.json()) as { code: string; run: SyncRun };
  expect(problem.code).toBe("sync/shutting-down");
  expect(await server.ended).toBe(0);
  await noneLeft([...pids, ...started]);
  await w.unhang();

  await using next = await w.serve();
  expect(await get<SyncRun>(next, `/sync-runs/${problem.run.id}`)).toMatchObject({
    state: "finished",
    outcome: "failed",
    error: { code: "sync/shutting-down" },
  });
});

test("a git that hangs is ended at the deadline, and the next run works", async () => {
  await using w = await world();
  await using server = await w.serve("--sync-timeout", "3s");
  await sync(server);
  await w.hang();
  const answer = await sync(server);
  expect(answer.status).toBe(504);
  expect(await answer.json()).toMatchObject({ code: "sync/timeout" });
  const pids = await hanging(w);
  await noneLeft(pids.slice(0, 2));
  await w.unhang();
  expect((await sync(server)).status).toBe(200);
});
