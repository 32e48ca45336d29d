import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { RepoStatus } from "../../src/contract/repo.ts";
import type { SyncProgress, SyncRunList } from "../../src/contract/sync-run.ts";
import { runCommand, startCommand, startServe } from "../support/cli.ts";
import { EventReader, type ReadEvent } from "../support/event-reader.ts";
import { eventThat } from "../support/served-folders.ts";
import { slowClone } from "../support/slow-clone.ts";

/** The whole program, with the clone of `large` held in the midst of its pack. */
async function serving() {
  const remotes = await slowClone();
  const server = await startServe(
    ["--repos-config", remotes.list, "--data-dir", join(remotes.root, "data")],
    { cwd: remotes.root, env: { STACKIT_LOG: "silent" } },
  );
  const get = async <T>(path: string): Promise<T> =>
    (await fetch(`${server.url}/api/v1${path}`)).json() as Promise<T>;
  return {
    ...remotes,
    server,
    get,
    status: (id: string) => get<RepoStatus>(`/repos/${id}`),
    command: (...args: string[]) => runCommand([...args, "--server", server.url], { cwd: "/" }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await remotes[Symbol.asyncDispose]();
    },
  };
}

type Serving = Awaited<ReturnType<typeof serving>>;

/** Settles when git has said how much came. */
async function untilBytesCame({ status }: Serving): Promise<RepoStatus> {
  return vi.waitUntil(
    async () => {
      const now = await status("large");
      return (now.freshness.progress?.bytes ?? 0) > 0 && now;
    },
    { timeout: 30_000 },
  );
}

test("while one mirror is cloned, its progress is seen and the others are served and synced", async () => {
  await using world = await serving();
  const { small, tap, status, command } = world;
  const cloning = await untilBytesCame(world);
  expect(cloning.freshness).toMatchObject({ health: "never", activity: "cloning" });
  const { phase, objects, totalObjects } = cloning.freshness.progress ?? {};
  expect(phase).toBe("receiving");
  expect(objects).toBeGreaterThan(0);
  expect(totalObjects).toBeGreaterThan(objects ?? 0);

  expect((await command("sync", "small")).code).toBe(0);
  await small.git("branch", "more", "ui");
  expect((await command("sync", "small")).stdout).toMatch(
    /^small: updated in .*\n \* \[new branch\] +more\n/,
  );
  expect((await fetch(`${world.server.url}/api/v1/repos/small/view`)).status).toBe(200);
  expect((await status("large")).freshness.activity).toBe("cloning");

  tap.open();
  expect((await command("sync", "large")).code).toBe(0);
  const done = await status("large");
  expect(done).toMatchObject({ freshness: { health: "fresh", activity: "idle" }, counts: { stacks: 1 } });
  expect(done.freshness).not.toHaveProperty("progress");
});

test("status says how far a clone is, and sync shows it on a terminal until it has ended", async () => {
  await using world = await serving();
  await untilBytesCame(world);
  const words = /cloning \d+ % · [\d,]+ of [\d,]+ objects · [\d.]+ [KM]iB/;
  expect((await world.command("status")).stdout).toMatch(
    new RegExp(`^never +large .*\n {8}${words.source}$`, "m"),
  );
  const args = ["sync", "large", "--server", world.server.url];
  const seen = startCommand(args, { cwd: "/", hasTerminal: true });
  const unseen = startCommand(args, { cwd: "/" });
  await vi.waitUntil(() => words.test(seen.stderr()), { timeout: 30_000 });
  world.tap.open();
  expect(await Promise.all([seen.ended, unseen.ended])).toEqual([0, 0]);
  expect(seen.stdout()).toMatch(/^large: unchanged in /);
  // Each line is written over the one before, and the last one wiped.
  const [start, ...lines] = seen.stderr().split("\r");
  const wiped = lines.map((line) => line.replace("\u001b[K", ""));
  expect([start, wiped.at(-1)]).toEqual(["", ""]);
  expect(wiped[0]).toMatch(/^large: cloning/);
  expect(lines.every((line) => line.endsWith("\u001b[K") && !line.includes("\n"))).toBe(true);
  expect(unseen.stderr()).toBe("");
});

test("progress is told as it comes, and neither stored nor replayed", async () => {
  await using world = await serving();
  const { server, tap, get } = world;
  const url = `${server.url}/api/v1/repos/large/events`;
  await using live = await EventReader.open(url);
  const told = await eventThat(live, ({ data }) => bytesIn(data) > 0);
  expect(told).toMatchObject({ name: "sync", data: { run: { state: "running" } } });
  expect(told.id).toBeUndefined();
  const { runs } = await get<SyncRunList>("/repos/large/sync-runs");
  expect(runs).toMatchObject([{ state: "running" }]);
  expect(runs[0]).not.toHaveProperty("progress");

  const since = String(live.lastId);
  tap.open();
  const isOver = ({ name, data }: ReadEvent) => name === "sync" && Object(data.run).state === "finished";
  await eventThat(live, isOver);
  await using later = await EventReader.open(url, { "last-event-id": since });
  const states: unknown[] = [];
  const finished = await eventThat(later, ({ name, id, data }) => {
    if (name !== "sync" || id === undefined) return false;
    expect(data.run).not.toHaveProperty("progress");
    states.push(Object(data.run).state);
    return states.at(-1) === "finished";
  });
  expect(finished.data.freshness).not.toHaveProperty("progress");
  expect(states).toEqual(["finished"]);
});

function bytesIn(data: Record<string, unknown>): number {
  const progress: Partial<SyncProgress> = Object(Object(data.freshness).progress);
  return progress.bytes ?? 0;
}
