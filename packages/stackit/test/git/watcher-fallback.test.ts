import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Watching } from "../../src/contract/repo.ts";
import { DiskWatcher, type WatchedRepo } from "../../src/sync/triggers/disk-watcher.ts";
import type { TreeWatchOptions, watchTree } from "../../src/sync/triggers/tree-watch.ts";
import { createScene, type Scene } from "../support/git-scene.ts";
import { ManualClock, settlePromises } from "../support/manual-clock.ts";
import { copyOf } from "../support/read-copy.ts";
import { watchCopy } from "../support/watched-copy.ts";

const stack = (): Promise<Scene> =>
  createScene((s) => {
    s.commit("main");
    s.stacked("api", "main");
  });

/** A file system that reports what a test says, and counts what is open. */
class FakeEvents {
  open = 0;
  opened = 0;
  heard: TreeWatchOptions["heard"] = () => {};
  failed: TreeWatchOptions["failed"] = () => {};

  readonly watchTree: typeof watchTree = async (_root, options) => {
    this.open++;
    this.opened++;
    this.heard = options.heard;
    this.failed = options.failed;
    return {
      [Symbol.dispose]: () => {
        this.open--;
      },
    };
  };
}

/** A repository that changes when a test says so. */
class FakeRepo implements WatchedRepo {
  commonDir: string | undefined = "/nowhere/.git";
  watching?: Watching;
  isChanged = false;
  isGone = false;
  comparisons = 0;

  async hasChanged(): Promise<boolean> {
    this.comparisons++;
    if (this.isGone) throw new Error("gone");
    return this.isChanged;
  }
}

function fakeWatcher(events = new FakeEvents()) {
  const clock = new ManualClock();
  const repo = new FakeRepo();
  const degraded: string[] = [];
  let hints = 0;
  const watcher = new DiskWatcher(repo, () => hints++, {
    clock,
    watchTree: events.watchTree,
    onDegraded: (reason) => degraded.push(reason),
  });
  return { clock, repo, events, degraded, watcher, hints: () => hints };
}

/** The comparison looks at the real file system, which no manual clock moves: it has ended when the next timer is set. */
async function comparison(world: { clock: ManualClock; repo: FakeRepo }, afterMs: number): Promise<void> {
  const { clock, repo } = world;
  const before = repo.comparisons;
  await clock.advance(afterMs);
  await until(() => repo.comparisons === before + 1 && clock.pendingTimers === 1);
}

/** For what waits for the real file system. */
const until = (fits: () => boolean) => expect.poll(fits, { timeout: 20_000, interval: 5 }).toBe(true);

test("a folder that cannot be watched is polled, with the reason, and changes are still found (B47)", async () => {
  await using scene = await stack();
  const outOfWatches = Object.assign(new Error("ENOSPC: System limit for number of file watchers reached"), {
    code: "ENOSPC",
  });
  const degraded: string[] = [];
  await using watched = await watchCopy(scene.path, {
    watchTree: () => Promise.reject(outOfWatches),
    pollMs: 20,
    onDegraded: (reason) => degraded.push(reason),
  });
  expect(watched.copy.repo.watching).toEqual({
    mode: "poll",
    reason: "the folder cannot be watched: ENOSPC: System limit for number of file watchers reached",
    pollIntervalSec: 0.02,
  });
  expect(degraded).toHaveLength(1);
  const tip = await scene.commit("api");
  await watched.until((snapshot) => snapshot.branch("api")?.revision === tip);
  await scene.git("switch", "--quiet", "api");
  await watched.until(({ currentBranch }) => currentBranch === "api");
});

test("changes that are never reported are found by the poll; after two the events are no longer relied on (B48)", async () => {
  const world = fakeWatcher();
  const { clock, repo, degraded, watcher, events, hints } = world;
  await watcher.start();
  expect(repo.watching).toMatchObject({ mode: "events", pollIntervalSec: 15 });
  repo.isChanged = true;
  await comparison(world, 15_000);
  expect(hints()).toBe(1);
  await clock.advance(1_000);
  expect(degraded).toEqual([]);
  await comparison(world, 15_000);
  expect(hints()).toBe(2);
  await clock.advance(1_000);
  expect(degraded).toEqual(["the file system did not report changes that were made"]);
  expect(repo.watching).toMatchObject({ mode: "poll", pollIntervalSec: 2, reason: degraded[0] });
  expect(events.open).toBe(0);
  await comparison(world, 2_000);
  expect(hints()).toBe(3);
  await watcher[Symbol.asyncDispose]();
});

test("a change that was reported, but was not read yet when the poll came, is none that was missed", async () => {
  const world = fakeWatcher();
  const { clock, repo, degraded, watcher, events } = world;
  await watcher.start();
  for (let n = 0; n < 5; n++) {
    await clock.advance(14_900);
    events.heard(["/nowhere/.git/packed-refs"]);
    repo.isChanged = true;
    await comparison(world, 100);
    await clock.advance(1_000);
  }
  expect(degraded).toEqual([]);
  expect(repo.watching).toMatchObject({ mode: "events" });
  await watcher[Symbol.asyncDispose]();
});

test("what changed while the watch came up is told", async () => {
  const { repo, watcher, hints, degraded } = fakeWatcher();
  repo.isChanged = true;
  await watcher.start();
  expect(hints()).toBe(1);
  expect(degraded).toEqual([]);
  await watcher[Symbol.asyncDispose]();
});

test("events that stop with an error turn into polling (B49)", async () => {
  const world = fakeWatcher();
  const { repo, watcher, events, hints } = world;
  await watcher.start();
  events.failed(new Error("Events were dropped"));
  expect(repo.watching).toMatchObject({
    mode: "poll",
    reason: expect.stringContaining("Events were dropped"),
  });
  repo.isChanged = true;
  await comparison(world, 2_000);
  expect(hints()).toBe(1);
  await settlePromises();
  expect(events.open).toBe(0);
  await watcher[Symbol.asyncDispose]();
});

test("a repository that is gone is told once, looked for often, and watched anew when it is back", async () => {
  const { clock, repo, watcher, events, hints } = fakeWatcher();
  await watcher.start();
  repo.isGone = true;
  await clock.advance(15_000);
  expect(hints()).toBe(1);
  expect(repo.watching).toMatchObject({ mode: "poll", reason: "the repository is gone or cannot be read" });
  await clock.advance(60_000);
  expect(hints()).toBe(1);
  repo.isGone = false;
  await clock.advance(2_000);
  await until(() => hints() === 2);
  expect(repo.watching).toMatchObject({ mode: "events" });
  expect([events.open, events.opened]).toEqual([1, 2]);
  await watcher[Symbol.asyncDispose]();
});

test("a repository that is not there at the start is watched once it is", async () => {
  const { clock, repo, watcher, events, hints } = fakeWatcher();
  repo.commonDir = undefined;
  repo.isGone = true;
  await watcher.start();
  expect(repo.watching).toMatchObject({ mode: "poll" });
  await clock.advance(4_000);
  expect(hints()).toBe(1);
  repo.commonDir = "/nowhere/.git";
  repo.isGone = false;
  await clock.advance(2_000);
  await until(() => hints() === 2);
  expect(repo.watching).toMatchObject({ mode: "events" });
  expect(events.open).toBe(1);
  await watcher[Symbol.asyncDispose]();
});

test("a start that ends after the disposal leaves no watch and no timer", async () => {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const events = new FakeEvents();
  const clock = new ManualClock();
  const watcher = new DiskWatcher(new FakeRepo(), () => {}, {
    clock,
    watchTree: async (...args) => {
      asked.resolve();
      await gate.promise;
      return events.watchTree(...args);
    },
  });
  const started = watcher.start();
  await asked.promise;
  const disposed = watcher[Symbol.asyncDispose]();
  gate.resolve();
  await Promise.all([started, disposed]);
  expect(events).toMatchObject({ open: 0, opened: 1 });
  expect(clock.pendingTimers).toBe(0);
});

test("disposal ends the timers and the watch, and nothing is told afterwards", async () => {
  const { clock, repo, watcher, events, hints } = fakeWatcher();
  await watcher.start();
  repo.isChanged = true;
  await clock.advance(15_000);
  const before = hints();
  await watcher[Symbol.asyncDispose]();
  expect(clock.pendingTimers).toBe(0);
  expect(events.open).toBe(0);
  events.heard(["/nowhere/.git/packed-refs"]);
  events.failed(new Error("late"));
  await clock.advance(60_000);
  expect(hints()).toBe(before);
});

test("a repository that is deleted and cloned anew in its place is watched in its new form", async () => {
  await using scene = await stack();
  await using watched = await watchCopy(scene.path, { pollMs: 20 });
  const old = join(scene.root, "old");
  await scene.gitIn(scene.root, "clone", "--quiet", "--bare", scene.path, old);
  await rm(scene.path, { recursive: true });
  await scene.gitIn(scene.root, "clone", "--quiet", old, scene.path);
  await until(() => watched.copy.repo.watching?.mode === "events");
  const tip = await scene.commit("fresh", { parent: "main" });
  await watched.copy.refresh();
  expect(watched.copy.snapshot.branch("fresh")?.revision).toBe(tip);
  await until(() => watched.copy.repo.watching?.mode === "events");
  await watched.heard();
  const next = await scene.commit("fresh");
  await watched.until((snapshot) => snapshot.branch("fresh")?.revision === next);
});

test("a repository that is moved away and back is followed", async () => {
  await using scene = await stack();
  await using copy = copyOf(scene.path);
  await using watched = await watchCopy(scene.path, { pollMs: 20, safetyPollMs: 50 }, copy);
  const away = join(scene.root, "away");
  await rename(scene.path, away);
  await until(() => watched.copy.repo.watching?.mode === "poll");
  await rename(away, scene.path);
  await until(() => watched.copy.repo.watching?.mode === "events");
  const tip = await scene.commit("api");
  await watched.until((snapshot) => snapshot.branch("api")?.revision === tip);
});

test("another clone that was moved into the place of the first is noticed by the poll", async () => {
  await using scene = await stack();
  const other = join(scene.root, "other");
  await scene.gitIn(scene.root, "clone", "--quiet", scene.path, other);
  await using watched = await watchCopy(scene.path, { safetyPollMs: 50 });
  await rename(scene.path, join(scene.root, "first"));
  await rename(other, scene.path);
  await watched.until((snapshot) => snapshot.view().repo.remote === "origin");
  await watched.heard();
  const tip = await scene.commit("new", { parent: "main" });
  await watched.until((snapshot) => snapshot.branch("new")?.revision === tip);
  expect(watched.copy.repo.watching).toMatchObject({ mode: "events" });
});
