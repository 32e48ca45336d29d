import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SyncRun } from "../../src/contract/sync-run.ts";
import type { Branch } from "../../src/contract/view.ts";
import type { Mend } from "../../src/repos/mirror-options.ts";
import { on, refuse, waitFor } from "../support/git-host-behaviours.ts";
import { type RepoFleet, repoFleet } from "../support/repo-fleet.ts";

let fleet: RepoFleet;
beforeAll(async () => {
  fleet = await repoFleet(["web", "infra", "shop"]);
});
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]();
});

async function at<T>(path: string, init?: RequestInit): Promise<T> {
  return (await fetch(`${fleet.server.url}/api/v1${path}`, init)).json();
}
const post = (id: string, mend: Mend) =>
  fetch(`${fleet.server.url}/api/v1/repos/${id}/${mend}`, { method: "POST" });
const press = (id: string) => post(id, "reclone");
const sync = (id: string) => at<SyncRun>(`/repos/${id}/sync`, { method: "POST" });

/** Without what is found out behind a reading, which may come at any time. */
async function branchesOf(id: string): Promise<unknown> {
  const { branches } = await at<{ branches: Branch[] }>(`/repos/${id}/branches`);
  return branches.map(({ name, revision, parent }) => ({ name, revision, parent }));
}

async function ended(answer: Response): Promise<SyncRun> {
  const where = new URL(answer.headers.get("location") ?? "", answer.url);
  const run = async (): Promise<SyncRun> => (await fetch(where)).json();
  await expect.poll(run, { timeout: 15_000 }).toMatchObject({ state: "finished" });
  return run();
}

test("a mirror is cloned anew, shows the same, and the audit says who asked", async () => {
  const before = await branchesOf("web");
  const answer = await press("web");
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ repoId: "web", triggers: ["manual"] });
  expect(await ended(answer)).toMatchObject({ refs: { changes: [] }, recloned: true });
  expect(await branchesOf("web")).toEqual(before);
  expect(await sync("web")).toMatchObject({ outcome: "unchanged" });
  const { entries } = await at<{ entries: object[] }>("/audit?what=mirror-recloned&repo=web");
  expect(entries).toMatchObject([{ target: "web", outcome: "done", actor: { kind: "local" } }]);
});

test("while it is cloned anew the old one is served, and who presses again gets the same run", async () => {
  const { host } = fleet.upstream("infra");
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  host.front = on("fetch", waitFor(opened));
  const before = await branchesOf("infra");
  const first = await press("infra");
  const run: SyncRun = await first.clone().json();
  await expect.poll(() => at(`/repos/infra/sync-runs/${run.id}`)).toMatchObject({ state: "running" });
  expect(await (await press("infra")).json()).toMatchObject({ id: run.id });
  expect(await branchesOf("infra")).toEqual(before);
  open();
  expect(await ended(first)).toMatchObject({ refs: { changes: [] }, recloned: true });
  host.front = undefined;
  const { runs } = await at<{ runs: SyncRun[] }>("/repos/infra/sync-runs");
  expect(runs.filter(({ recloned }) => recloned)).toHaveLength(1);
});

test("one that cannot be cloned fails as such, the old one is served on, and the next sync refreshes it", async () => {
  const { scene, host } = fleet.upstream("shop");
  const before = await branchesOf("shop");
  host.front = on("fetch", refuse(503));
  expect(await ended(await press("shop"))).toMatchObject({
    outcome: "failed",
    error: { code: "sync/remote-error", detail: expect.stringContaining("is kept as it was") },
  });
  expect(await branchesOf("shop")).toEqual(before);
  host.front = undefined;
  await scene.commit("ui");
  const run = await sync("shop");
  expect([run.refs.updated, run.recloned]).toEqual([1, undefined]);
});

test("a mirror is repaired on demand, the run says what was removed, and the audit who asked", async () => {
  await writeFile(join(fleet.mirrorDir("web"), "packed-refs.lock"), "");
  const run = await ended(await post("web", "repair"));
  expect(run).toMatchObject({ outcome: "unchanged", triggers: ["manual"], repair: { leftovers: 1 } });
  expect(run.recloned).toBeUndefined();
  const { entries } = await at<{ entries: object[] }>("/audit?what=mirror-repaired&repo=web");
  expect(entries).toMatchObject([{ target: "web", outcome: "done", actor: { kind: "local" } }]);
});
