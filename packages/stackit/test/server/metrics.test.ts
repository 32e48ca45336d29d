import { expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { SyncFailure } from "../../src/sync/sync-target.ts";
import { parseExposition } from "../support/exposition.ts";
import { createScene } from "../support/git-scene.ts";
import { serveFolder } from "../support/served-folders.ts";
import { type StartedServer, startServer, unchanged, widget } from "../support/started-server.ts";
import { delivered, mirrorOf, push, SECRET } from "../support/webhooks.ts";

async function expositionOf(server: StartedServer) {
  return parseExposition((await server.app.inject("/metrics")).body);
}

/** The value of one sample; undefined when there is none. */
async function measured(server: StartedServer, sample: string): Promise<number | undefined> {
  return (await expositionOf(server)).samples.get(sample);
}

const sync = (server: StartedServer, id: string) =>
  server.app.inject({ method: "POST", url: `/api/v1/repos/${id}/sync` });

test("what is told can be scraped, follows the conventions and explains itself", async () => {
  await using server = await startServer({ repos: [widget(), mirrorOf("octo/widget", "mirror")] });
  for (const id of ["default", "mirror"]) await sync(server, id);
  const { families, samples } = await expositionOf(server);
  const ours = [...families].filter(([name]) => name.startsWith("stackit_"));
  expect(ours.map(([name]) => name).sort()).toEqual([
    "stackit_event_streams",
    "stackit_forge_facts_age_seconds",
    "stackit_forge_failures_total",
    "stackit_forge_quota_remaining",
    "stackit_forge_requests_total",
    "stackit_git_processes",
    "stackit_git_processes_started_total",
    "stackit_http_request_duration_seconds",
    "stackit_mirror_staleness_seconds",
    "stackit_remote_host_waits",
    "stackit_repositories",
    "stackit_sync_failures_total",
    "stackit_sync_phase_duration_seconds",
    "stackit_sync_queue_oldest_seconds",
    "stackit_sync_queue_runs",
    "stackit_sync_run_duration_seconds",
    "stackit_sync_runs_in_progress",
    "stackit_sync_runs_total",
    "stackit_webhook_body_bytes",
    "stackit_webhook_silence_seconds",
    "stackit_webhook_to_snapshot_seconds",
  ]);
  // No forge has said anything of it.
  expect([...samples.keys()]).not.toContain("stackit_forge_quota_remaining");
  for (const [name, { type, help }] of ours) {
    expect(help, name).toMatch(/^[A-Z].*\.$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
  }
  for (const [sample, value] of samples) {
    if (sample.startsWith("stackit_")) expect(value, sample).toBeGreaterThanOrEqual(0);
  }
});

test("a run is counted by what it spent its time on, or by why it failed", async () => {
  const repo = widget();
  let isFull = false;
  await using server = await startServer({
    repos: [repo],
    run: async () => {
      if (isFull) throw new SyncFailure("sync/disk-full", "The disk is full.", { retryable: false });
      return { ...unchanged(repo), phases: { fetchMs: 1_500, readMs: 30, deriveMs: 250 } };
    },
  });
  await sync(server, "default");
  const sumOf = (phase: string) =>
    measured(server, `stackit_sync_phase_duration_seconds_sum{phase="${phase}"}`);
  expect([await sumOf("fetch"), await sumOf("read"), await sumOf("derive")]).toEqual([1.5, 0.03, 0.25]);
  expect(await measured(server, 'stackit_sync_phase_duration_seconds_count{phase="queue"}')).toBe(1);
  expect(await measured(server, 'stackit_sync_failures_total{code="sync/disk-full"}')).toBeUndefined();

  isFull = true;
  for (let times = 0; times < 2; times++) await sync(server, "default");
  expect(await measured(server, 'stackit_sync_failures_total{code="sync/disk-full"}')).toBe(2);
  expect(await measured(server, 'stackit_sync_runs_total{trigger="manual",outcome="failed"}')).toBe(2);
  expect(await measured(server, 'stackit_sync_phase_duration_seconds_count{phase="fetch"}')).toBe(1);
});

test("the queue tells how many runs are at work and wait, and for how long", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  await using server = await startServer({
    run: async (repo) => {
      await gates[begun++]?.promise;
      return unchanged(repo);
    },
  });
  const queue = async () => {
    const { samples } = await expositionOf(server);
    const names = ["runs_in_progress", "queue_runs", "queue_oldest_seconds"];
    return names.map((name) => samples.get(`stackit_sync_${name}`));
  };
  expect(await queue()).toEqual([0, 0, 0]);
  const first = server.syncs.request("default", { trigger: "manual" });
  server.syncs.request("default", { trigger: "manual", runAfterMs: 3_600_000 });
  expect(await queue()).toEqual([1, 0, 0]);
  const second = server.syncs.request("default", { trigger: "manual" });
  await expect.poll(queue).toEqual([1, 1, expect.any(Number)]);
  const [, , waitedSec = 0] = await queue();
  expect(waitedSec).toBeGreaterThan(0);
  gates[0]?.resolve();
  await first.finished;
  expect(await queue()).toEqual([1, 0, 0]);
  gates[1]?.resolve();
  await second.finished;
  expect(await queue()).toEqual([0, 0, 0]);
});

test("repositories are counted by health, and each mirror tells how stale it is", async () => {
  const wallNow = () => Date.now() + 3_600_000;
  const repos = [widget(), mirrorOf("octo/read"), mirrorOf("octo/broken"), mirrorOf("octo/unread")];
  await using server = await startServer({
    repos,
    clock: { ...systemClock, wallNow },
    run: async (repo) => {
      if (repo.id !== "octo-broken") return unchanged(repo);
      throw new SyncFailure("sync/unreadable", "It is broken.", { retryable: false });
    },
  });
  const { samples: before } = await expositionOf(server);
  expect(before.get('stackit_repositories{health="never"}')).toBe(4);
  for (const id of ["default", "octo-read", "octo-broken"]) await sync(server, id);
  const { samples } = await expositionOf(server);
  const counted = ["fresh", "late", "failing", "never", "local"].map((health) =>
    samples.get(`stackit_repositories{health="${health}"}`),
  );
  expect(counted).toEqual([1, 0, 1, 1, 1]);
  const stale = [...samples.keys()].filter((key) => key.startsWith("stackit_mirror_staleness_seconds"));
  expect(stale.sort()).toEqual(
    ["broken", "read", "unread"].map((name) => `stackit_mirror_staleness_seconds{repo="octo-${name}"}`),
  );
});

test("a push is timed from its delivery to the end of the run that shows it, unless that fails", async () => {
  const gate = Promise.withResolvers<void>();
  let fails = false;
  await using server = await startServer({
    repos: [mirrorOf("octo/widget")],
    config: { webhookSecrets: [SECRET] },
    run: async (repo) => {
      await gate.promise;
      if (fails) throw new SyncFailure("sync/disk-full", "The disk is full.", { retryable: false });
      return unchanged(repo);
    },
  });
  const count = () => measured(server, "stackit_webhook_to_snapshot_seconds_count");
  for (const branch of ["one", "two"]) {
    await server.app.inject(await delivered("push", push("octo/widget", branch)));
  }
  expect(await count()).toBe(0);
  gate.resolve();
  await expect.poll(count).toBe(2);
  expect(await measured(server, "stackit_webhook_to_snapshot_seconds_sum")).toBeGreaterThan(0);
  fails = true;
  await server.app.inject(await delivered("push", push("octo/widget", "three")));
  await expect.poll(() => server.store.deliveries.unfinished("octo-widget")).toEqual([]);
  expect(await count()).toBe(2);
});

test("git processes are counted where they are started", async () => {
  await using scene = await createScene((writer) => {
    writer.commit("main");
    writer.stacked("api", "main");
  });
  await using server = await serveFolder(scene.path);
  const { samples } = parseExposition(await (await fetch(`${server.url}/metrics`)).text());
  const started = samples.get("stackit_git_processes_started_total") ?? 0;
  expect(started).toBeGreaterThan(1);
  expect(samples.get("stackit_git_processes")).toBeLessThan(started);
  expect((await server.sync({}, {}, "default")).status).toBe(200);
  const after = parseExposition(await (await fetch(`${server.url}/metrics`)).text()).samples;
  expect(after.get("stackit_git_processes_started_total")).toBeGreaterThan(started);
});
