import { expect, test } from "vitest";
import type { Ops } from "../../src/contract/ops.ts";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import { hang, on } from "../support/git-host-behaviours.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";

async function json<T>(response: Promise<Response>): Promise<T> {
  return (await response).json();
}

const at = ({ server }: RepoFleet, path: string, init: RequestInit = {}) =>
  fetch(`${server.url}/api/v1${path}`, init);
const ops = (fleet: RepoFleet): Promise<Ops> => json(at(fleet, "/ops"));

test("operators see what is at work and what waits, and end both without a trace", async () => {
  await using fleet = await repoFleet(["web", "infra"], ["--sync-interval", "0", "--max-syncs", "1"]);
  const { scene, host } = fleet.upstream("web");
  await scene.commit("more", { parent: "main" });
  host.front = on("fetch", hang());
  const begin = { method: "POST", headers: { prefer: "respond-async" } };
  const atWork: SyncRun = await json(at(fleet, "/repos/web/sync", begin));
  await expect.poll(async () => (await ops(fleet)).queue.running).toBe(1);
  const waiting: SyncRun = await json(at(fleet, "/repos/infra/sync", begin));
  const { queue, version, settings, streams } = await ops(fleet);
  expect(queue).toMatchObject({ slots: 1, running: 1, waiting: 1 });
  expect(queue.runs).toEqual([
    expect.objectContaining({ runId: atWork.id, repoId: "web", state: "running", priority: 3 }),
    expect.objectContaining({ runId: waiting.id, position: 1, waitsFor: "slot", triggers: ["manual"] }),
  ]);
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(settings).toContainEqual({ name: "Open to", value: "local" });
  expect(streams.open).toBe(0);

  const cancel = (repo: string, { id }: SyncRun) =>
    at(fleet, `/repos/${repo}/sync-runs/${id}/cancel`, { method: "POST" });
  for (const [repo, run] of [
    ["infra", waiting],
    ["web", atWork],
  ] as const) {
    expect((await cancel(repo, run)).status).toBe(202);
    const ended = () => json<SyncRun>(at(fleet, `/repos/${repo}/sync-runs/${run.id}`));
    await expect
      .poll(ended)
      .toMatchObject({ outcome: "failed", error: { code: "sync/cancelled", retryable: false } });
    expect(await json(cancel(repo, run))).toMatchObject({ code: "run/not-found" });
  }
  await expect.poll(() => ops(fleet)).toMatchObject({ git: { running: 0 }, queue: { runs: [] } });
  host.front = undefined;
  for (const id of ["web", "infra"]) {
    const run = await json<SyncRun>(at(fleet, `/repos/${id}/sync`, { method: "POST" }));
    expect(run.error).toBeUndefined();
  }
  const { entries } = await json<{ entries: object[] }>(at(fleet, "/audit?what=run-cancelled"));
  expect(entries).toMatchObject([
    { target: "web", detail: atWork.id },
    { target: "infra", detail: waiting.id },
  ]);
});
