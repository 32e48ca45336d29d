import { expect, test } from "vitest";
import type { ExpectedRef, SyncRequest } from "../../src/contract/sync-run.ts";
import { beginSync } from "../../src/http/sync-operation.ts";
import { SyncQueue } from "../../src/sync/sync-queue.ts";
import { HandMadeRepo, oidOf } from "../support/hand-made-repo.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { unchanged } from "../support/started-server.ts";

const api = (round: number) => ({ ref: "refs/heads/api", sha: oidOf("api", round) });
const UNMET_8 = { ref: "refs/heads/api", expected: oidOf("api", 8), actual: oidOf("api", 9) };

/** A mirror in the real queue whose runs take a while and end with what the remote serves then. */
function setUp(tookMs: number) {
  const clock = new ManualClock();
  const syncs = new SyncQueue({ clock });
  const repo = new HandMadeRepo("default", "octo/widget", "mirror");
  repo.publish({ api: "main" });
  const world = { round: 0 };
  const runs: { readonly beganAtMs: number; readonly expected: readonly ExpectedRef[] }[] = [];
  const sync = async ({ expected }: { expected: readonly ExpectedRef[] }) => {
    runs.push({ beganAtMs: clock.now(), expected });
    await new Promise<void>((done) => clock.after(tookMs, done));
    repo.publish({ api: "main" }, world.round);
    return unchanged(repo);
  };
  const about = { kind: repo.kind, cadence: () => ({ expectedMaxAgeSec: 60 }) };
  syncs.register({ repoId: repo.id, storeKey: repo.id, sync }, about);
  const begin = (body: SyncRequest = {}, withinMs = 10_000) =>
    beginSync({ syncs, clock }, repo, body, { expectWithinMs: withinMs }).ended;
  return { clock, runs, world, begin };
}

test("each of those who share a run is answered by what they expected themselves", async () => {
  const { clock, runs, world, begin } = setUp(5_000);
  const before = begin();
  const [late, plain, early] = [begin({ expect: [api(8)] }), begin(), begin({ expect: [api(9)] })];
  world.round = 9;
  await clock.advance(10_000);
  expect(await plain).toMatchObject({ unmet: [] });
  expect(await early).toEqual(await plain);
  expect((await before).run.id).not.toBe((await plain).run.id);
  expect(await late).toEqual({ run: (await plain).run, unmet: [UNMET_8] });
  expect(runs.map(({ expected }) => expected)).toEqual([[], [api(9)]]);
});

test("an expectation that another's overrode in their run is given to the next", async () => {
  const { clock, runs, world, begin } = setUp(1_000);
  const [mine, other] = [begin({ expect: [api(8)] }), begin({ expect: [api(9)] })];
  world.round = 9;
  await clock.advance(2_000);
  expect((await other).unmet).toEqual([]);
  world.round = 8;
  await clock.advance(1_100);
  expect((await mine).unmet).toEqual([]);
  expect(runs.map(({ expected }) => expected)).toEqual([[api(8)], [api(9)], [api(8)]]);
});

test("no run is begun for an expectation that would end after the time for it", async () => {
  const { clock, runs, begin } = setUp(8_000);
  const unmet = [{ ref: "refs/heads/api", expected: oidOf("api", 9), actual: oidOf("api") }];
  const short = begin({ expect: [api(9)] });
  await clock.advance(8_000);
  expect(await short).toMatchObject({ unmet });
  expect(runs).toHaveLength(1);
  const long = begin({ expect: [api(9)] }, 30_000);
  await clock.advance(30_000);
  expect(await long).toMatchObject({ unmet });
  expect(runs.slice(1).map(({ beganAtMs }) => beganAtMs - 8_000)).toEqual([0, 8_100, 16_300]);
});
