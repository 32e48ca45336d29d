import { expect, test } from "vitest";
import type { GitProcess, SpawnRequest } from "../../src/git/spawner.ts";
import { DisposableStack } from "../../src/lib/disposable-stack.ts";
import { Turns } from "../../src/lib/turns.ts";
import { CountingSpawner } from "../support/counting-spawner.ts";
import { createScene } from "../support/git-scene.ts";
import { HandQuiet } from "../support/hand-quiet.ts";
import { begun, land } from "../support/landings.ts";
import { ManualClock, settlePromises } from "../support/manual-clock.ts";
import { copyOf, type ReadCopy } from "../support/read-copy.ts";

const SQUASHED = { commits: 1, recorded: false, child: false } as const;

test("a look that cannot tell what landed keeps nobody from being told what a restack would do", async () => {
  await using scene = await createScene((s) => {
    s.commit("main", { files: { "a.txt": "1\n" } });
    s.stacked("api", "main");
    s.stacked("ui", "api");
    s.commit("api", { files: { "api.txt": "2\n" } });
    s.commit("main", { files: { "a.txt": "2\n" } });
  });
  const patchIds = { getMany: () => Promise.reject(new Error("the disk is full")), putMany: async () => {} };
  await using copy = copyOf(scene.path, undefined, { landings: { patchIds } });
  await copy.refresh();
  await expect.poll(() => copy.snapshot.branch("ui")?.restack.preview).toEqual({ state: "clean" });
});

test("what is published while stacks are written down is looked at too", async () => {
  await using scene = await begun(SQUASHED);
  const [begins, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const keep = (): Promise<void> => {
    begins.resolve();
    return ends.promise;
  };
  await using copy = copyOf(scene.path, undefined, { stacks: { recall: async () => [], keep } });
  await copy.refresh();
  await begins.promise;
  const commit = await land(scene, "squash");
  await copy.refresh();
  ends.resolve();
  await expect.poll(() => copy.snapshot.branch("api")?.landed).toMatchObject({ commit });
});

test("a look that fails while something else is published is followed by another one", async () => {
  await using scene = await begun(SQUASHED);
  await land(scene, "squash");
  const [begins, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const landed = {
    recall: async () => [],
    forget: async () => {},
    remember: () => {
      begins.resolve();
      return ends.promise;
    },
  };
  await using copy = copyOf(scene.path, undefined, { landings: { landed } });
  await copy.refresh();
  await begins.promise;
  await scene.commit("other", { parent: "main" });
  await copy.refresh();
  const isShown = (): boolean => copy.snapshot.branch("api")?.landed !== undefined;
  expect(isShown()).toBe(false);
  landed.remember = async () => {};
  ends.reject(new Error("the disk is full"));
  await expect.poll(isShown).toBe(true);
});

const MAX_WAIT_MS = 10_000;

/** Remembers how many looks were at work at once: each kind of them begins with such a process. */
class WatchedSpawner extends CountingSpawner {
  mostAtOnce = 0;
  #atWork = 0;

  override async spawn(request: SpawnRequest): Promise<GitProcess> {
    const git = await super.spawn(request);
    if (!request.args.includes("diff-tree")) return git;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atWork);
    void git.exited.then(() => this.#atWork--);
    return git;
  }
}

/** So many copies of repositories in which `api` has landed and `ui` needs a restack; each was read while runs were at work. */
async function readWhileBusy(count: number) {
  const house = new DisposableStack();
  const scene = house.use(await begun({ ...SQUASHED, child: true }));
  await land(scene, "squash");
  const [quiet, clock, spawner] = [new HandQuiet(false), new ManualClock(), new WatchedSpawner()];
  const turns = (): Turns => new Turns(1, { quiet, maxWaitMs: MAX_WAIT_MS, clock });
  const behind = { counting: turns(), looking: turns() };
  const copies = Array.from({ length: count }, () => house.use(copyOf(scene.path, spawner, { behind })));
  for (const copy of copies) await copy.refresh();
  spawner.take();
  // All that looks do before they wait.
  for (let turn = 0; turn < 10; turn++) await settlePromises();
  const isKnown = ({ snapshot }: ReadCopy): boolean =>
    snapshot.branch("api")?.landed !== undefined && snapshot.branch("ui")?.restack.preview !== undefined;
  return {
    quiet,
    clock,
    copies,
    spawner,
    known: () => copies.filter(isKnown).length,
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}

test("looks of many repositories begin when no run is at work, and share the processes that they need", async () => {
  await using busy = await readWhileBusy(20);
  expect([busy.known(), busy.spawner.take().commands]).toEqual([0, []]);
  await busy.quiet.become(true);
  await expect.poll(busy.known).toBe(20);
  expect(busy.spawner.take().commands).toContain("patch-id");
  expect(busy.spawner.mostAtOnce).toBe(1);
});

test("where it is never quiet, looks begin all the same after a while, and each goes on to its end", async () => {
  await using busy = await readWhileBusy(3);
  await busy.clock.advance(MAX_WAIT_MS - 1);
  expect([busy.known(), busy.spawner.take().commands]).toEqual([0, []]);
  await busy.clock.advance(1);
  await expect.poll(busy.known).toBe(3);
  expect(busy.clock.pendingTimers).toBe(0);
});

test("the end of a repository ends its look that waits for quiet at once, and begins no process", async () => {
  await using busy = await readWhileBusy(2);
  for (const { repo } of busy.copies) await repo[Symbol.asyncDispose]();
  expect([busy.clock.pendingTimers, busy.quiet.listeners.size]).toEqual([0, 0]);
  await busy.quiet.become(true);
  expect(busy.spawner.take().commands).toEqual([]);
});
