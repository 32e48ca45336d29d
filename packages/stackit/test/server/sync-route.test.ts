import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { type ProblemCode, problems } from "../../src/contract/problems.ts";
import { SyncFailure, type SyncWork } from "../../src/sync/sync-target.ts";
import { HandMadeRepo, oidOf } from "../support/hand-made-repo.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type HandMadeRun, type StartedServer, startServer, unchanged } from "../support/started-server.ts";

const URL = "/api/v1/repos/default/sync";

function post(server: StartedServer, headers: Record<string, string> = {}, payload?: object) {
  return server.app.inject({ method: "POST", url: URL, headers, ...(payload ? { payload } : {}) });
}

/** Runs that end when the test says so. */
function runsOnDemand() {
  const begun: { work: SyncWork; end: () => void }[] = [];
  const beginnings: (() => void)[] = [];
  const run: HandMadeRun = async (repo, work) => {
    const ended = Promise.withResolvers<void>();
    begun.push({ work, end: ended.resolve });
    for (const told of beginnings.splice(0)) told();
    work.signal.addEventListener("abort", () => ended.reject(work.signal.reason));
    await ended.promise;
    return unchanged(repo);
  };
  /** Settles when that many runs have begun. */
  async function hasBegun(count: number): Promise<void> {
    while (begun.length < count) await new Promise<void>((resolve) => beginnings.push(resolve));
  }
  return { run, begun, hasBegun };
}

test("a sync waits for its run, and a client that has the answer reads what the run found", async () => {
  await using server = await startServer({
    run: async (repo) => ({ ...unchanged(repo), generation: repo.publish({ api: "main" }, 7).generation }),
  });
  const answer = await post(server);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    state: "finished",
    outcome: "unchanged",
    generation: 2,
    triggers: ["manual"],
  });
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers["preference-applied"]).toBeUndefined();
  const branch = await server.app.inject("/api/v1/repos/default/branches/api");
  expect(branch.json().revision).toBe(oidOf("api", 7));
  const recorded = await server.app.inject(`/api/v1/repos/default/sync-runs/${answer.json().id}`);
  expect(recorded.json()).toEqual(answer.json());
});

test.each([
  ["no body and no type", {}, ""],
  ["no body, but a type", { "content-type": "application/json" }, ""],
  ["no body, but the type of a form", { "content-type": "application/x-www-form-urlencoded" }, ""],
  ["an empty object", { "content-type": "application/json" }, "{}"],
  ["another charset name", { "content-type": "application/json; charset=UTF-8" }, "{}"],
])("%s asks for a plain sync", async (_name, headers: Record<string, string>, payload) => {
  await using server = await startServer();
  const answer = await fetch(server.origin + URL, { method: "POST", headers, body: payload });
  expect(answer.status).toBe(200);
});

test("return=minimal answers a success with 204 and a failure in full", async () => {
  let fail = false;
  await using server = await startServer({
    run: async (repo) => {
      if (fail) throw new SyncFailure("sync/unreadable", "It is gone.", { retryable: false });
      return unchanged(repo);
    },
  });
  const answer = await post(server, { prefer: "return=minimal" });
  expect([answer.statusCode, answer.body]).toEqual([204, ""]);
  expect(answer.headers["preference-applied"]).toBe("return=minimal");
  fail = true;
  const failed = await post(server, { prefer: "return=minimal" });
  expect([failed.statusCode, failed.json().run.outcome]).toEqual([500, "failed"]);
});

test("respond-async answers at once with the place of the run, which goes on", async () => {
  const { run, begun, hasBegun } = runsOnDemand();
  await using server = await startServer({ run });
  const answer = await post(server, { prefer: "respond-async" });
  expect(answer.statusCode).toBe(202);
  expect(answer.headers["preference-applied"]).toBe("respond-async");
  const { id, state } = answer.json();
  expect(state).not.toBe("finished");
  expect(answer.headers.location).toBe(`/api/v1/repos/default/sync-runs/${id}`);

  await hasBegun(1);
  const location = String(answer.headers.location);
  expect((await server.app.inject(location)).json()).toMatchObject({ id, state: "running" });
  begun[0]?.end();
  await post(server, { prefer: "respond-async" });
  await expect.poll(async () => (await server.app.inject(location)).json().state).toBe("finished");
  await hasBegun(2);
  begun[1]?.end();
});

test.each(["wait=3", "respond-async, wait=3"])("Prefer: %s waits no longer than that", async (prefer) => {
  const clock = new ManualClock();
  const { run, begun, hasBegun } = runsOnDemand();
  await using server = await startServer({ run, clock });
  const late = post(server, { prefer });
  await hasBegun(1);
  await clock.advance(3000);
  const answer = await late;
  expect(answer.statusCode).toBe(202);
  expect(answer.headers["preference-applied"]).toContain("wait=3");
  expect(answer.json().state).toBe("running");
  begun[0]?.end();

  const early = post(server, { prefer });
  await hasBegun(2);
  begun[1]?.end();
  expect((await early).statusCode).toBe(200);
  expect(clock.pendingTimers).toBe(0);
});

test("a repeated request with the same key is the same request", async () => {
  const { run, begun, hasBegun } = runsOnDemand();
  await using server = await startServer({ run });
  const key = (value: string) => ({ "idempotency-key": value });
  const first = post(server, key("a"));
  await hasBegun(1);
  const again = post(server, key("a"));
  const other = post(server, key("b"));
  begun[0]?.end();
  expect((await again).json()).toEqual((await first).json());
  await hasBegun(2);
  begun[1]?.end();
  expect((await other).json().id).not.toBe((await first).json().id);
  expect((await post(server, key("a"))).json()).toEqual((await first).json());
  const changed = await post(server, key("a"), { confirm: "x" });
  expect([changed.statusCode, changed.json().code]).toEqual([400, "request/invalid"]);
  expect(begun).toHaveLength(2);
});

const syncCodes = (Object.keys(problems) as ProblemCode[]).filter((code): code is SyncFailure["code"] =>
  code.startsWith("sync/"),
);

test.each(syncCodes)("a run that fails with %s answers with its status and the run", async (code) => {
  await using server = await startServer({
    run: async () => {
      throw new SyncFailure(code, "This is why.", { retryable: true });
    },
  });
  const answer = await post(server);
  expect(answer.statusCode).toBe(problems[code].status);
  expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  expect(answer.json()).toMatchObject({
    code,
    detail: "This is why.",
    run: { state: "finished", outcome: "failed", error: { code } },
  });
  expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
});

test("a held run is a conflict that says what would vanish, and a confirmation reaches the run", async () => {
  const hold = {
    id: "H1",
    wouldRemove: ["a", "b"],
    branchesBefore: 20,
    branchesAfter: 2,
    confirmsAt: new Date(Date.now() + 600_000).toISOString(),
  };
  await using server = await startServer({
    run: async (repo, work) =>
      work.confirmed.has("H1") ? unchanged(repo) : { ...unchanged(repo), outcome: "held", hold },
  });
  const held = await post(server);
  expect([held.statusCode, held.json().code, held.json().run.hold]).toEqual([409, "sync/held", hold]);
  expect((await post(server, {}, { confirm: "H1" })).statusCode).toBe(200);
});

test("an expected commit that comes a little later is waited for", async () => {
  const clock = new ManualClock();
  let runs = 0;
  await using server = await startServer({
    clock,
    run: async (repo) => {
      runs += 1;
      if (runs === 3) repo.publish({ api: "main" }, 9);
      return unchanged(repo);
    },
  });
  const expected = { expect: [{ ref: "refs/heads/api", sha: oidOf("api", 9) }] };
  const answer = settling(post(server, {}, expected));
  while (!answer.isSettled) await clock.advance(50);
  expect((await answer.value).statusCode).toBe(200);
  expect(runs).toBe(3);
});

test("an expected commit that does not come is told with what is there instead", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  const expectation = {
    expect: [
      { ref: "refs/heads/api", sha: oidOf("api", 9) },
      { ref: "refs/heads/ui", sha: oidOf("ui") },
      { ref: "refs/heads/gone", sha: oidOf("gone") },
    ],
  };
  const answer = settling(post(server, {}, expectation));
  while (!answer.isSettled) await clock.advance(50);
  const { statusCode, ...response } = await answer.value;
  expect(statusCode).toBe(504);
  expect(clock.now()).toBeGreaterThan(9000);
  expect(clock.now()).toBeLessThan(11_000);
  expect(response.json()).toMatchObject({
    code: "sync/expectation-unmet",
    unmet: [
      { ref: "refs/heads/api", expected: oidOf("api", 9), actual: oidOf("api") },
      { ref: "refs/heads/gone", expected: oidOf("gone") },
    ],
    run: { outcome: "unchanged" },
  });
});

test("a probe says what would change and runs nothing", async () => {
  let runs = 0;
  await using server = await startServer({
    run: async (repo) => {
      runs += 1;
      return unchanged(repo);
    },
  });
  const change = { ref: "refs/heads/new", kind: "created" as const, new: oidOf("new") };
  server.repo.wouldChange = { created: 1, updated: 0, deleted: 0, changes: [change], truncated: false };
  const answer = await post(server, {}, { probe: true });
  expect([answer.statusCode, answer.json()]).toEqual([200, { wouldChange: server.repo.wouldChange }]);
  expect(runs).toBe(0);
  server.repo.probe = async () => {
    throw new SyncFailure("sync/unreadable", "It is gone.", { retryable: false });
  };
  expect((await post(server, {}, { probe: true })).json().code).toBe("sync/unreadable");
});

test("a run goes on when the client that asked for it hangs up", async () => {
  const { run, begun, hasBegun } = runsOnDemand();
  await using server = await startServer({ run });
  const hangUp = new AbortController();
  const answer = fetch(server.origin + URL, { method: "POST", signal: hangUp.signal });
  await hasBegun(1);
  hangUp.abort();
  await expect(answer).rejects.toThrow();
  await expect.poll(() => server.log.some(({ msg }) => msg === "client went away")).toBe(true);
  expect(begun[0]?.work.signal.aborted).toBe(false);
  begun[0]?.end();
  const runs = async () => (await server.app.inject("/api/v1/repos/default/sync-runs")).json().runs;
  await expect.poll(async () => (await runs())[0]?.outcome).toBe("unchanged");
});

test("a server that stops answers those who wait, and then stops", async () => {
  const { run, begun, hasBegun } = runsOnDemand();
  await using server = await startServer({ run });
  const answer = fetch(server.origin + URL, { method: "POST" });
  await hasBegun(1);
  await server.app.close();
  const response = await answer;
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "sync/shutting-down", run: { state: "running" } });
  begun[0]?.end();
});

test("a sync that comes while the server stops does not keep it from stopping", async () => {
  const { run, begun } = runsOnDemand();
  await using server = await startServer({ run });
  const diffBegun = Promise.withResolvers<void>();
  const diffEnd = Promise.withResolvers<string>();
  server.repo.makeDiff = () => {
    diffBegun.resolve();
    return diffEnd.promise;
  };
  // The connection is kept by an answer that takes longer; the sync comes after it on the same one.
  const socket = server.connect();
  socket.write("GET /api/v1/repos/default/branch-diff/ui HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await diffBegun.promise;
  const closed = server.app.close();
  await expect.poll(() => server.app.server.listening).toBe(false);
  const arrived = Promise.withResolvers<void>();
  const hear = (): void => arrived.resolve();
  subscribe("http.server.request.start", hear);
  socket.write(`POST ${URL} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await arrived.promise;
  unsubscribe("http.server.request.start", hear);
  diffEnd.resolve("patch");
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200/);
  await closed;
  expect(server.log.some(({ code }) => code === "sync/shutting-down")).toBe(true);
  for (const { end } of begun) end();
});

test("the runs are listed newest first, page by page", async () => {
  await using server = await startServer();
  const ids: string[] = [];
  for (let run = 0; run < 5; run += 1) ids.unshift((await post(server)).json().id);
  const page = async (query: string) =>
    (await server.app.inject(`/api/v1/repos/default/sync-runs${query}`)).json();
  const idsOf = (list: { runs: { id: string }[] }) => list.runs.map(({ id }) => id);
  await expect.poll(async () => idsOf(await page(""))).toEqual(ids);
  const first = await page("?limit=2");
  expect(idsOf(first)).toEqual(ids.slice(0, 2));
  const second = await page(`?limit=2&before=${first.next}`);
  expect(idsOf(second)).toEqual(ids.slice(2, 4));
  const third = await page(`?limit=2&before=${second.next}`);
  expect([idsOf(third), third.next]).toEqual([ids.slice(4), undefined]);
});

test("a run of another repository is not found here", async () => {
  await using server = await startServer({ repos: [new HandMadeRepo("default"), new HandMadeRepo("other")] });
  const { id } = (await post(server)).json();
  const answer = await server.app.inject(`/api/v1/repos/other/sync-runs/${id}`);
  expect([answer.statusCode, answer.json().code]).toEqual([404, "run/not-found"]);
});

function settling<T>(value: PromiseLike<T>) {
  const settled = { isSettled: false, value: Promise.resolve(value) };
  const mark = () => {
    settled.isSettled = true;
  };
  settled.value.then(mark, mark);
  return settled;
}
