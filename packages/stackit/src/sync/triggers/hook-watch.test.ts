import { expect, test } from "vitest";
import { ManualClock, settlePromises } from "../../../test/support/manual-clock.ts";
import type { HookHealth } from "../../contract/repo.ts";
import type { RefChange, SyncRun, Trigger } from "../../contract/sync-run.ts";
import type { KnownHook } from "../../store/hooks.ts";
import type { RunObserver } from "../run-observers.ts";
import { HookWatch } from "./hook-watch.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ANNOUNCING = { health: "announcing" };

/** One repository, whose webhook has announced a push before this server started, unless `known` says otherwise. */
function watched(known: ReadonlyMap<string, KnownHook> = KNOWN) {
  const clock = new ManualClock();
  const told: HookHealth["health"][] = [];
  const saved: KnownHook[] = [];
  let tell: RunObserver = () => {};
  const queue = {
    observe: (observer: RunObserver) => {
      tell = observer;
      return () => {};
    },
  };
  const store = {
    save: async (those: ReadonlyMap<string, KnownHook>) => {
      for (const { lastPushAtMs, silence } of those.values()) saved.push({ lastPushAtMs, silence });
    },
  };
  const hooks = new HookWatch(store, known, queue, {
    clock,
    onChanged: (_, { health }) => told.push(health),
  });
  hooks.follow("shop", "mirror:shop");
  let runs = 0;
  const end = (more: Partial<SyncRun>): string => {
    const id = `run-${++runs}`;
    const finishedAt = new Date(clock.wallNow()).toISOString();
    const run = { id, repoId: "shop", state: "finished", durationMs: 1_000, finishedAt, ...more } as SyncRun;
    tell({ what: "state", storeKey: "mirror:shop", run } as Parameters<RunObserver>[0]);
    return id;
  };
  return {
    clock,
    hooks,
    told,
    saved,
    health: () => hooks.of("shop"),
    /** A run succeeds, and finds that these changed. @returns its id */
    run: (refs: readonly string[] = [], trigger: Trigger = "interval", truncated = false) =>
      end({
        triggers: [trigger],
        outcome: refs.length === 0 ? "unchanged" : "updated",
        refs: { ...NONE, changes: refs.map(changeOf), truncated },
      }),
    fail: () => end({ triggers: ["interval"], outcome: "failed", refs: { ...NONE, changes: [] } }),
    /** As long as a late delivery is waited for. */
    wait: () => clock.advance(5 * MINUTE_MS),
  };
}

const KNOWN = new Map([["mirror:shop", { lastPushAtMs: Date.UTC(2025, 11, 31), silence: undefined }]]);
const NONE = { created: 0, updated: 0, deleted: 0, truncated: false };
const changeOf = (ref: string): RefChange => ({ ref, kind: "forward" });

test("a change of which no word comes says that the webhook is silent, since when, and which run found it (B51, B52)", async () => {
  const { clock, run, wait, health, told, saved } = watched();
  run();
  await clock.advance(MINUTE_MS);
  const found = run(["refs/heads/api"]);
  run(["refs/heads/ui"]);
  expect(health()).toMatchObject(ANNOUNCING);
  await wait();
  const silent = {
    health: "silent",
    lastPushAt: "2025-12-31T00:00:00.000Z",
    silentSince: "2026-01-01T00:01:00.000Z",
    runId: found,
  };
  expect(health()).toEqual(silent);
  run(["refs/heads/api"]);
  await wait();
  expect(health()).toEqual(silent);
  expect(told).toEqual(["silent"]);
  expect(saved).toMatchObject([{ silence: { runId: found } }]);
});

test("a late delivery is waited for, and whichever push is announced ends the silence", async () => {
  const { clock, hooks, run, wait, health, told, saved } = watched();
  run();
  run(["refs/heads/api"]);
  await clock.advance(4 * MINUTE_MS);
  hooks.pushed("shop", ["refs/heads/api"]);
  await wait();
  expect(told).toEqual([]);
  run(["refs/heads/ui"]);
  await wait();
  expect(told).toEqual(["silent"]);
  hooks.pushed("shop", []);
  expect(told).toEqual(["silent", "announcing"]);
  expect(health()).toEqual({ ...ANNOUNCING, lastPushAt: new Date(clock.wallNow()).toISOString() });
  await settlePromises();
  expect(saved.at(-1)).toEqual({ lastPushAtMs: clock.wallNow(), silence: undefined });
});

test("what the remote shows a while after it was announced is no sign of silence, what it shows long after is", async () => {
  const { clock, hooks, run, wait, health } = watched();
  hooks.pushed("shop", ["refs/heads/api"]);
  await clock.advance(MINUTE_MS);
  run([], "webhook");
  await clock.advance(4 * MINUTE_MS);
  run(["refs/heads/api"]);
  await wait();
  expect(health()).toMatchObject(ANNOUNCING);
  run();
  run(["refs/heads/api"]);
  await wait();
  expect(health()).toMatchObject({ health: "silent" });
});

const announced: Record<string, (world: ReturnType<typeof watched>) => void> = {
  "what a run finds that a webhook asked for": ({ run }) => {
    run();
    run(["refs/heads/api"], "webhook");
  },
  "what happened while the server was down": ({ run }) => {
    run(["refs/heads/api"], "startup");
  },
  "what happened while the remote could not be read": ({ run, fail }) => {
    run();
    fail();
    run(["refs/heads/api"]);
  },
  "refs that no webhook announces": ({ run }) => {
    run();
    run(["refs/stackit/metadata/api", "refs/tags/v1"]);
  },
  "more branches than a webhook announces": ({ run }) => {
    run();
    run(["refs/heads/b1"], "interval", true);
  },
  "another branch that was pushed with one that is announced": ({ run, hooks }) => {
    run();
    hooks.pushed("shop", ["refs/heads/api"]);
    run(["refs/heads/api", "refs/heads/ui"]);
  },
};

test.each(Object.entries(announced))("%s is no sign of silence", async (_, happens) => {
  const world = watched();
  happens(world);
  expect(world.clock.pendingTimers).toBe(0);
  await world.wait();
  expect(world.health()).toMatchObject(ANNOUNCING);
});

test("however many branches are announced, those of late are known", async () => {
  const { clock, hooks, run, wait, health } = watched();
  const many = (name: string) => Array.from({ length: 10_000 }, (_, n) => `refs/heads/${name}-${n}`);
  for (const name of ["api", "ui"]) {
    run();
    await clock.advance(6 * MINUTE_MS);
    run();
    hooks.pushed("shop", many(name));
  }
  run(["refs/heads/ui-9999"]);
  await wait();
  expect(health()).toMatchObject(ANNOUNCING);
});

test("a repository of which no push was ever announced has no webhook, and is not silent", async () => {
  const { run, wait, health, hooks, told } = watched(new Map());
  run();
  run(["refs/heads/api"]);
  await wait();
  expect(health()).toEqual({ health: "none" });
  hooks.pushed("shop", ["refs/heads/api"]);
  expect(told).toEqual(["announcing"]);
});

test("silence is known after a restart, and after 30 days it counts as wanted", async () => {
  const silence = { sinceMs: Date.UTC(2025, 11, 31, 12), runId: "r" };
  const known = new Map([["mirror:shop", { lastPushAtMs: Date.UTC(2025, 11, 31), silence }]]);
  const { clock, health, run, wait, told } = watched(known);
  expect(health()).toMatchObject({ health: "silent", runId: "r" });
  await clock.advance(30 * DAY_MS);
  expect(health()).toEqual({ health: "none", lastPushAt: "2025-12-31T00:00:00.000Z" });
  run();
  run(["refs/heads/api"]);
  await wait();
  expect(told).toEqual([]);
});

test("one that is removed meanwhile, or when all ends, is told of no more", async () => {
  const { clock, hooks, run, wait, told } = watched();
  run();
  run(["refs/heads/api"]);
  hooks.unfollow("shop");
  expect(clock.pendingTimers).toBe(0);
  hooks.follow("shop", "mirror:shop");
  expect(hooks.of("shop")).toEqual({ health: "none" });
  hooks.pushed("shop", []);
  run();
  run(["refs/heads/api"]);
  await hooks[Symbol.asyncDispose]();
  await wait();
  expect(told).toEqual(["announcing"]);
});
