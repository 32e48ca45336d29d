import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Ops } from "../../src/contract/ops.ts";
import type { SyncRunList } from "../../src/contract/sync-run.ts";
import { EventReader } from "../support/event-reader.ts";
import { TOKEN } from "../support/forge-world.ts";
import { leftovers } from "../support/leftovers.ts";
import { stillRunning } from "../support/processes.ts";
import { descendantsOf, startServerProcess } from "../support/server-process.ts";
import { startServer } from "../support/started-server.ts";
import { planOf, post, submitWorld, threeStacked } from "../support/submit-world.ts";
import { delivered, push, SECRET } from "../support/webhooks.ts";

test("asked to end amid streams, a submit, a run and a webhook that wait, it ends all of them, and the next start does what was acknowledged", async () => {
  await using world = await submitWorld(threeStacked);
  const { upstream, github } = world;
  const dataDir = await mkdtemp(join(tmpdir(), "stackit-graceful-"));
  try {
    const url = `${upstream.host.url}/octo/widget.git`;
    await writeFile(
      join(dataDir, "repos.json"),
      JSON.stringify({ repos: [{ id: "widget", url, syncInterval: "0" }] }),
    );
    const args = ["--repos-config", join(dataDir, "repos.json"), "--data-dir", dataDir, "--settle", "20ms"];
    const env = {
      STACKIT_GITHUB_URL: upstream.host.url,
      STACKIT_GITHUB_API_URL: github.apiUrl.href.replace(/\/$/, ""),
      STACKIT_GIT_TOKEN: TOKEN,
      STACKIT_WEBHOOK_SECRET: SECRET,
      STACKIT_LOG: "error",
    };
    const reached = Promise.withResolvers<void>();
    const undo = world.hangAfter("create 1", reached.resolve);
    let submission = "";
    {
      await using server = await startServerProcess([...args, "--shutdown-timeout", "50s"], env);
      await planOf(server, "api");
      const streams = await Promise.all(
        Array.from({ length: 3 }, () => EventReader.open(`${server.url}/api/v1/events`)),
      );
      for (const stream of streams) await stream.take(1);
      submission = (await post(server, "api", {}, { headers: { prefer: "respond-async" } })).body.id;
      await reached.promise;
      // The submit has the repository: what is asked for now waits.
      const posted = await delivered("push", push("octo/widget", "api", await upstream.scene.sha("api")));
      const { headers, payload: body } = posted;
      expect((await fetch(server.url + posted.url, { method: "POST", headers, body })).status).toBe(202);
      const waiting = fetch(`${server.url}/api/v1/repos/widget/sync`, { method: "POST" });
      const pending = async () => (await (await fetch(`${server.url}/api/v1/ops`)).json()) as Ops;
      await expect
        .poll(async () => (await pending()).queue.runs)
        .toMatchObject([{ state: "queued", triggers: ["webhook", "manual"] }]);
      const started = await descendantsOf(server.pid);

      server.signal("SIGTERM");
      expect((await (await waiting).json()).code).toBe("sync/shutting-down");
      for (const stream of streams)
        for (let event = await stream.next(); event; ) event = await stream.next();
      expect(new Set(streams.map(({ retryMs }) => retryMs))).toEqual(new Set([500, 1750, 3000]));
      expect(await server.ended, server.log).toBe(0);
      await expect.poll(() => stillRunning(started)).toEqual([]);
      expect(await leftovers(dataDir)).toEqual([]);
    }
    undo();
    await using server = await startServerProcess(args, env);
    const ask = async (path: string) =>
      (await fetch(`${server.url}/api/v1/repos/widget${path}`)).json() as Promise<unknown>;
    expect(await ask(`/submissions/${submission}`)).toMatchObject({
      state: "finished",
      outcome: "interrupted",
    });
    const answered = async () =>
      ((await ask("/sync-runs")) as SyncRunList).runs.filter(
        ({ triggers, outcome, error }) => triggers.includes("webhook") && outcome !== undefined && !error,
      ).length;
    await expect.poll(answered).toBeGreaterThan(0);
    expect((await post(server, "api")).body.outcome).toBe("submitted");
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);

test("a server that is about to end is not ready, and answers all else as before", async () => {
  const ending = new AbortController();
  await using server = await startServer({ ending: ending.signal });
  const status = async (path: string) => (await fetch(server.origin + path)).status;
  expect(await status("/readyz")).toBe(200);
  ending.abort();
  const answer = await fetch(`${server.origin}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    expect.objectContaining({ code: "server/not-ready", waitingFor: [] }),
  ]);
  expect([await status("/healthz"), await status("/api/v1/repos/default/view")]).toEqual([200, 200]);
});
