import { once } from "node:events";
import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { EventLog } from "../../src/events/event-log.ts";
import { requestLogger } from "../../src/http/request-log.ts";
import { createServer } from "../../src/http/server.ts";
import { SyncQueue } from "../../src/sync/sync-queue.ts";
import { SyncFailure } from "../../src/sync/sync-target.ts";
import { HandMadeRepo } from "../support/hand-made-repo.ts";
import { NO_SUBMITS } from "../support/no-submits.ts";
import { NO_OPS_FACTS } from "../support/ops-facts.ts";
import { openAccess, startServer, widget } from "../support/started-server.ts";

test("each request is one line of the log, without its query", async () => {
  await using server = await startServer();
  const answer = await server.app.inject("/api/v1/repos/default/branches/ui?token=secret");
  await expect.poll(() => server.log.filter(({ msg }) => msg === "request")).toHaveLength(1);
  const [line] = server.log.filter(({ msg }) => msg === "request");
  expect(line).toMatchObject({
    level: 30,
    requestId: answer.headers["x-request-id"],
    method: "GET",
    path: "/api/v1/repos/default/branches/ui",
    route: "/api/v1/repos/:repo/branches/:branch",
    status: 200,
    client: "127.0.0.1",
    durationMs: expect.any(Number),
  });
  expect(JSON.stringify(server.log)).not.toContain("secret");
});

test("a request that is refused is one line too, with the code of its problem", async () => {
  await using server = await startServer({ repos: [new HandMadeRepo("slow")] });
  await server.app.inject("/api/v1/repos/slow/view");
  await server.app.inject("/api/v1/repos/nobody/view");
  await expect.poll(() => server.log.filter(({ msg }) => msg === "request")).toHaveLength(2);
  expect(server.log.filter(({ path }) => String(path).endsWith("/view"))).toMatchObject([
    { status: 503, code: "repo/not-ready" },
    { status: 404, code: "repo/not-found" },
  ]);
  expect(server.log.filter(({ code }) => code !== undefined)).toHaveLength(2);
});

test("what probes ask every few seconds is not logged unless it fails", async () => {
  await using server = await startServer({ repos: [new HandMadeRepo()] });
  await server.app.inject("/healthz");
  await server.app.inject("/metrics");
  await server.app.inject("/readyz");
  await expect.poll(() => server.log.filter(({ msg }) => msg === "request")).toHaveLength(1);
  expect(server.log.find(({ msg }) => msg === "request")).toMatchObject({ path: "/readyz", status: 503 });
});

test("headers that carry secrets are not readable in the log", () => {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const secret = "do-not-tell";
  const headers = Object.fromEntries(
    ["authorization", "cookie", "set-cookie", "proxy-authorization", "x-hub-signature-256"].map((name) => [
      name,
      secret,
    ]),
  );
  const log = requestLogger(pino(stream));
  log.info({ headers: { ...headers, accept: "told" } });
  log.info({ res: { headers } });
  log.child({ requestId: "1" }).info({ headers });
  expect(lines).toHaveLength(3);
  expect(lines.join("")).not.toContain(secret);
  expect(lines[0]).toContain("told");
});

test("the server is alive at once, and ready when every repository was read", async () => {
  const repo = new HandMadeRepo("slow");
  await using server = await startServer({ repos: [widget(), repo] });
  for (const prefix of ["", "/api/v1"]) {
    expect((await server.app.inject(`${prefix}/healthz`)).json()).toEqual({ status: "ok" });
    const waiting = await server.app.inject(`${prefix}/readyz`);
    expect([waiting.statusCode, waiting.json()]).toMatchObject([
      503,
      { code: "server/not-ready", waitingFor: ["slow"] },
    ]);
  }
  repo.publish({});
  expect((await server.app.inject("/readyz")).json()).toEqual({ status: "ok", notRead: [] });
});

test("a repository that cannot be read keeps the server from being ready until it was tried, and no longer", async () => {
  const hopeless = new HandMadeRepo("hopeless");
  const answered = Promise.withResolvers<void>();
  await using server = await startServer({
    repos: [widget(), hopeless],
    run: async () => {
      await answered.promise;
      throw new SyncFailure("sync/auth-failed", "It answered 401.", { retryable: false });
    },
  });
  const ticket = server.syncs.request("hopeless", { trigger: "startup" });
  await expect.poll(() => ticket.run().state).toBe("running");
  const waiting = await server.app.inject("/readyz");
  expect([waiting.statusCode, waiting.json()]).toMatchObject([503, { waitingFor: ["hopeless"] }]);
  answered.resolve();
  await ticket.finished;
  const ready = await server.app.inject("/readyz");
  expect([ready.statusCode, ready.json()]).toEqual([
    200,
    { status: "ok", notRead: [{ id: "hopeless", code: "sync/auth-failed" }] },
  ]);
});

test("a server whose store does not answer is not ready, and says nothing of why to strangers", async () => {
  await using app = await createServer({
    access: openAccess(),
    repos: { list: () => [widget()], get: () => undefined },
    syncs: new SyncQueue(),
    history: {
      list: async () => ({ runs: [] }),
      find: async () => undefined,
      check: async () => {
        throw new Error("secret path");
      },
    },
    activity: { list: async () => ({ events: [] }) },
    events: new EventLog(),
    onboarding: {
      check: async () => ({ remote: {} }),
      add: async () => ({ repoId: "", isNew: false }),
      isCloning: () => false,
      remove: async () => {},
    },
    githubDeliveries: {
      receive: async () => "ignored",
      replay: () => Promise.reject(new Error("nothing is served")),
      onAnswered: () => () => {},
    },
    webhookLog: {
      refused: () => {},
      list: async () => ({ deliveries: [] }),
      payload: async () => ({ omitted: [] }),
    },
    webhookSigns: { of: () => undefined },
    hooks: { of: () => undefined },
    git: { started: 0, running: 0 },
    ops: NO_OPS_FACTS,
    forge: { requests: 0, failures: new Map(), quotaRemaining: undefined, checked: [] },
    submits: NO_SUBMITS,
    config: { version: "1.2.3", readOnly: false, bind: "127.0.0.1" },
    logger: pino({ level: "silent" }),
  });
  const answer = await app.inject("/readyz");
  expect([answer.statusCode, answer.json()]).toMatchObject([503, { waitingFor: ["store"] }]);
  expect(answer.body).not.toContain("secret");
});

test("requests, runs and streams are measured, by route and never by name", async () => {
  await using server = await startServer();
  await server.app.inject("/api/v1/repos/default/branches/secret-branch");
  await server.app.inject("/r/secret-branch");
  await server.app.inject({ method: "POST", url: "/api/v1/repos/default/sync" });
  for (const path of ["/metrics", "/api/v1/metrics"]) {
    const { body, headers } = await server.app.inject(path);
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0.0.4/);
    expect(body).toContain('route="/api/v1/repos/:repo/branches/:branch",status="404"} 1');
    expect(body).toContain('route="unmatched",status="200"} 1');
    expect(body).toContain('stackit_sync_runs_total{trigger="manual",outcome="unchanged"} 1');
    expect(body).toContain("stackit_event_streams 0");
    expect(body).toContain("process_resident_memory_bytes");
    expect(body).not.toContain("secret");
  }
});

test("two servers in one process count for themselves", async () => {
  await using one = await startServer();
  await using other = await startServer();
  await one.app.inject({ method: "POST", url: "/api/v1/repos/default/sync" });
  expect((await one.app.inject("/metrics")).body).toContain("stackit_sync_runs_total{");
  expect((await other.app.inject("/metrics")).body).not.toContain("stackit_sync_runs_total{");
});

test.each([
  ["another machine", { remoteAddress: "203.0.113.1" }],
  ["a proxy that we do not know", { headers: { "x-forwarded-for": "203.0.113.1" } }],
  ["a proxy of the standard kind", { headers: { forwarded: "for=203.0.113.1" } }],
])("to %s the measurements do not exist", async (_name, request) => {
  await using server = await startServer();
  const answer = await server.app.inject({ url: "/metrics", ...request });
  expect([answer.statusCode, answer.json().code]).toEqual([404, "request/not-found"]);
});

test("answers carry the security headers, and no HSTS on plain http", async () => {
  await using server = await startServer();
  for (const url of ["/", "/api/v1/config", "/api/v1/nothing", "/api/v1/repos/x", "/healthz"]) {
    const { headers } = await server.app.inject(url);
    expect.soft(headers, url).toMatchObject({
      "content-security-policy":
        "default-src 'self';script-src 'self';style-src 'self' 'unsafe-inline';img-src 'self' data:;font-src 'self';" +
        "connect-src 'self';frame-ancestors 'none';base-uri 'none';form-action 'self';object-src 'none'",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
    });
    expect.soft(headers["strict-transport-security"], url).toBeUndefined();
  }
  await using secure = await startServer({ config: { baseUrl: new URL("https://stacks.example.com") } });
  const { headers } = await secure.app.inject({ url: "/", headers: { host: "stacks.example.com" } });
  expect(headers["strict-transport-security"]).toMatch(/^max-age=/);
});

test("a server that stops finishes what it answers, tells the diff to end, and lets nobody wait", async () => {
  await using server = await startServer();
  const begun = Promise.withResolvers<void>();
  server.repo.makeDiff = ({ signal }) => {
    begun.resolve();
    return once(signal, "abort").then(() => "ended");
  };
  const answer = fetch(`${server.origin}/api/v1/repos/default/branch-diff/ui`);
  await begun.promise;
  await server.app.close();
  expect(await (await answer).json()).toMatchObject({ patch: "ended" });
  await expect(fetch(`${server.origin}/healthz`)).rejects.toThrow();
});
