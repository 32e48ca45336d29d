import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Access } from "../../src/access/access.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { openAccess, type StartedServer, startServer, widget } from "../support/started-server.ts";

const PATHS = ["view", "stacks", "branches"].map((which) => `/api/v1/repos/widget/${which}`);
/** The framework's own word for a request that reached a route. */
const ROUTED = "tracing:fastify.request.handler:start";

let routed = 0;
const count = (): void => {
  routed++;
};
beforeAll(() => diagnostics.subscribe(ROUTED, count));
afterAll(() => diagnostics.unsubscribe(ROUTED, count));
beforeEach(() => {
  routed = 0;
});

interface Answer {
  readonly status: number | undefined;
  /** As they stood in the answer, by name. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

async function ask(
  { origin }: StartedServer,
  path: string,
  headers: OutgoingHttpHeaders = {},
  { method = "GET", agent = new Agent() } = {},
): Promise<Answer> {
  const asked = request(origin, { path, headers, method, agent }).end();
  const [response]: [IncomingMessage] = (await once(asked, "response")) as [IncomingMessage];
  const body = await buffer(response);
  const { rawHeaders, statusCode } = response;
  const named = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ""] as const] : [],
  );
  return { status: statusCode, headers: named.toSorted(([a], [b]) => (a < b ? -1 : 1)), body };
}

/** What differs from one answer to the next whoever gives it. */
function withoutItsOwn({ headers, ...rest }: Answer) {
  return { ...rest, headers: headers.filter(([name]) => name !== "date" && name !== "x-request-id") };
}

function headerOf({ headers }: Answer, wanted: string): string {
  return headers.find(([name]) => name === wanted)?.[1] ?? "";
}

/** A view is as large as one that is worth compressing. */
function repos() {
  const large = widget("widget", "acme/widget");
  large.publish(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`topic-${n}`, "main"])));
  const small = widget("empty", "acme/empty");
  small.publish({});
  return [large, small];
}

/** From memory from here on. */
async function madeBefore(server: StartedServer): Promise<void> {
  for (const path of [...PATHS, "/api/v1/repos/empty/stacks"]) {
    expect((await ask(server, path, { "accept-encoding": "gzip" })).status).toBe(200);
  }
  expect(routed).toBe(PATHS.length + 1);
  routed = 0;
}

test("what lies in memory is answered before the framework sees it, byte for byte as its route does", async () => {
  await using server = await startServer({ repos: repos(), config: { readOnly: true } });
  await madeBefore(server);
  for (const path of [...PATHS, "/api/v1/repos/empty/stacks"]) {
    const plainTag = headerOf(await ask(server, path), "etag");
    const gzipTag = headerOf(await ask(server, path, { "accept-encoding": "gzip" }), "etag");
    routed = 0;
    const askedFor: OutgoingHttpHeaders[] = [
      {},
      ...["gzip", "gzip, deflate, br", "gzip;q=0", "*", "identity"].map((it) => ({ "accept-encoding": it })),
      ...[plainTag, gzipTag, `W/${plainTag}`, `"other", ${gzipTag}`, "*", '"other"'].flatMap((it) => [
        { "if-none-match": it },
        { "if-none-match": it, "accept-encoding": "gzip" },
      ]),
      { cookie: "stackit=somebody", authorization: "Bearer something" },
      { connection: "close" },
    ];
    for (const headers of askedFor) {
      const quick = await ask(server, path, headers);
      expect(routed).toBe(0);
      const ofRoute = await ask(server, `${path}?`, headers);
      expect(routed).toBe(1);
      routed = 0;
      expect(withoutItsOwn(quick), JSON.stringify(headers)).toEqual(withoutItsOwn(ofRoute));
      expect(headerOf(quick, "x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  }
});

test("each is a line of the log and counted, as if its route had answered", async () => {
  await using server = await startServer({ repos: repos() });
  await madeBefore(server);
  const lines = () => server.log.filter(({ msg }) => msg === "request");
  await expect.poll(() => lines()).toHaveLength(PATHS.length + 1);
  const [path = ""] = PATHS;
  await ask(server, path);
  const ofRoute = await ask(server, `${path}?`);
  await ask(server, path, { "if-none-match": headerOf(ofRoute, "etag") });
  expect(routed).toBe(1);
  await expect.poll(() => lines()).toHaveLength(PATHS.length + 4);
  const [quick, routedLine, unchanged] = lines()
    .slice(-3)
    .map(({ time, durationMs, requestId, ...rest }) => {
      for (const its of [durationMs, time]) expect(its).toBeTypeOf("number");
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      return rest;
    });
  expect(quick).toEqual(routedLine);
  expect(unchanged).toEqual({ ...routedLine, status: 304 });

  const { body } = await ask(server, "/metrics");
  const counted = (status: number) =>
    new RegExp(
      `^stackit_http_request_duration_seconds_count\\{method="GET",route="/api/v1/repos/:repo/view",status="${status}"\\} (\\d+)$`,
      "m",
    ).exec(body.toString())?.[1];
  expect([counted(200), counted(304)]).toEqual(["3", "1"]);
});

test("what is published next is made by its route, and quick again from then on", async () => {
  await using server = await startServer({ repos: repos() });
  await madeBefore(server);
  const [path = ""] = PATHS;
  const before = await ask(server, path);
  server.repo.publish({ another: "main" });
  const after = await ask(server, path, { "if-none-match": headerOf(before, "etag") });
  expect(after.status).toBe(200);
  expect(JSON.parse(after.body.toString())).toMatchObject({ generation: 3 });
  expect(routed).toBe(1);
  expect((await ask(server, path)).body.equals(after.body)).toBe(true);
  expect(routed).toBe(1);
});

test("answers leave in the order in which their requests came on one connection", async () => {
  await using server = await startServer({ repos: repos() });
  await madeBefore(server);
  const [view = "", stacks = ""] = PATHS;
  const socket = server.connect();
  const host = new URL(server.origin).host;
  const asked = [`${view}?`, stacks, "/api/v1/repos/widget/branches/none", view];
  const ends = (at: number) => (at === asked.length - 1 ? "connection: close\r\n" : "");
  socket.write(asked.map((path, at) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${ends(at)}\r\n`).join(""));
  const text = (await buffer(socket)).toString();
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
  expect(statuses).toEqual(["200", "200", "404", "200"]);
  const tags = [...text.matchAll(/^etag: (.*)\r$/gm)].map(([, tag]) => tag);
  expect(tags).toHaveLength(3);
  expect(tags[0]).toBe(tags[2]);
  expect(tags[0]).not.toBe(tags[1]);
});

test("what is not plainly such a read is left to the framework", async () => {
  const shown = new Set(["widget"]);
  await using server = await startServer({
    repos: repos(),
    config: { readOnly: true },
    access: () =>
      new Access({
        posture: "public",
        clock: systemClock,
        audit: { write: async () => {}, list: async () => ({ entries: [] }) },
        repo: (id) => ({ visibility: shown.has(id) ? "everyone" : "operators", forgeRepoId: undefined }),
      }),
  });
  const [path = ""] = PATHS;
  await ask(server, path);
  routed = 0;
  const answers = {
    head: await ask(server, path, {}, { method: "HEAD" }),
    byName: await ask(server, "/api/v1/repos/acme/widget/view"),
    escaped: await ask(server, "/api/v1/repos/%77idget/view"),
    hidden: await ask(server, "/api/v1/repos/empty/view"),
    body: await ask(server, path, { "content-length": "0" }),
  };
  expect(Object.values(answers).map(({ status }) => status)).toEqual([200, 200, 200, 404, 200]);
  expect(routed).toBe(5);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await ask(server, path, {}, { agent })).status).toBe(200);
  for (const host of ["evil.example", "evil.example:80", "127.0.0.1:99999"]) {
    const refused = await ask(server, path, { host }, { agent });
    expect(JSON.parse(refused.body.toString())).toMatchObject({ code: "request/unknown-host" });
    expect((await ask(server, path, {}, { agent })).status).toBe(200);
  }
  agent.destroy();
  shown.delete("widget");
  expect((await ask(server, path)).status).toBe(404);
});

test("behind a proxy that is trusted every request is the framework's", async () => {
  await using server = await startServer({
    repos: repos(),
    config: { readOnly: true, trustedProxies: ["127.0.0.1"], baseUrl: new URL("https://stackit.example") },
    access: () => openAccess(true),
  });
  const [path = ""] = PATHS;
  const headers = { "x-forwarded-host": "stackit.example", "x-forwarded-for": "192.0.2.7" };
  for (let n = 0; n < 3; n++) expect((await ask(server, path, headers)).status).toBe(200);
  expect(routed).toBe(3);
  await expect.poll(() => server.log.filter(({ client }) => client === "192.0.2.7")).toHaveLength(3);
});
