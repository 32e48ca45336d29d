import { Registry } from "prom-client";
import { expect, test } from "vitest";
import type { Freshness } from "../../contract/repo.ts";
import { SyncQueue } from "../../sync/sync-queue.ts";
import { SyncFailure } from "../../sync/sync-target.ts";
import { measureRepos } from "./repo-metrics.ts";

const NOW_MS = Date.UTC(2026, 0, 1);

test("with more than a thousand mirrors, the stalest have a line each, and all are counted", async () => {
  const registry = new Registry();
  const ages = new Map(Array.from({ length: 1_200 }, (_, n) => [`mirror-${n}`, n * 60]));
  const list = () => [...ages.keys()].map((id) => ({ id, kind: "mirror" as const }));
  const freshness = (id: string): Freshness => ({
    health: "fresh",
    activity: "idle",
    lastSuccessAt: new Date(NOW_MS - (ages.get(id) ?? 0) * 1000).toISOString(),
    consecutiveFailures: 0,
    recent: [],
    expectedMaxAgeSec: 600,
  });
  measureRepos(registry, { repos: { list }, syncs: { freshness }, clock: { wallNow: () => NOW_MS } });
  const text = await registry.metrics();
  const stale = () => registry.getSingleMetricAsString("stackit_mirror_staleness_seconds");
  expect(text).toContain('stackit_repositories{health="fresh"} 1200\n');
  expect((await stale()).match(/\{repo=/g)).toHaveLength(1_000);
  expect(await stale()).toContain('{repo="mirror-1199"} 71940');
  expect(await stale()).not.toContain('{repo="mirror-199"}');

  ages.set("mirror-0", 100_000).set("mirror-1199", 0);
  expect(await stale()).toContain('{repo="mirror-0"} 100000');
  expect(await stale()).not.toContain('{repo="mirror-1199"}');
});

test("a mirror that was never read is as stale as the server is old, so that an alert hears of it", async () => {
  let nowMs = NOW_MS;
  const registry = new Registry();
  const list = () => [
    { id: "unread", kind: "mirror" as const },
    { id: "local", kind: "working-copy" as const },
  ];
  const freshness = (): Freshness => ({
    health: "never",
    activity: "idle",
    consecutiveFailures: 3,
    recent: [],
    expectedMaxAgeSec: 600,
  });
  measureRepos(registry, { repos: { list }, syncs: { freshness }, clock: { wallNow: () => nowMs } });
  nowMs += 1_801_000;
  const text = await registry.getSingleMetricAsString("stackit_mirror_staleness_seconds");
  expect(text.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
    'stackit_mirror_staleness_seconds{repo="unread"} 1801',
  ]);
});

test("a host that fails for several mirrors has a line until it answers", async () => {
  await using syncs = new SyncQueue();
  let answers = false;
  const sync = async () => {
    if (!answers) throw new SyncFailure("sync/remote-unreachable", "Gone.", { retryable: true });
    return {
      outcome: "unchanged" as const,
      generation: 1,
      refs: { created: 0, updated: 0, deleted: 0, changes: [], truncated: false },
      stacks: { created: [], changed: [], removed: [] },
      phases: { fetchMs: 1, readMs: 1, deriveMs: 1 },
    };
  };
  const ids = ["one", "two", "three"];
  for (const id of ids) {
    const target = { repoId: id, storeKey: id, host: "git.example.com", sync };
    syncs.register(target, { kind: "mirror", cadence: () => ({ expectedMaxAgeSec: 60 }) });
  }
  const registry = new Registry();
  const list = () => ids.map((id) => ({ id, kind: "mirror" as const }));
  measureRepos(registry, { repos: { list }, syncs, clock: { wallNow: Date.now } });
  const lines = async () => {
    const text = await registry.getSingleMetricAsString("stackit_remote_host_waits");
    return text.split("\n").filter((line) => !line.startsWith("#"));
  };
  const ask = (id: string) => syncs.request(id, { trigger: "manual" }).finished;
  expect(await lines()).toEqual([]);
  for (const id of [...ids, ...ids]) await ask(id);
  expect(await lines()).toEqual(['stackit_remote_host_waits{host="git.example.com",reason="failing"} 1']);
  answers = true;
  await ask("two");
  expect(await lines()).toEqual([]);
});
