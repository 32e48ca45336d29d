import type { InjectOptions } from "fastify";
import { expect, test } from "vitest";
import { problems } from "../../src/contract/problems.ts";
import { startServer, widget } from "../support/started-server.ts";

const JSON_TYPE = { "content-type": "application/json" };
const SYNC = "/api/v1/repos/default/sync";
const EVIL = "--upload-pack=touch x";

const refusals: [string, InjectOptions, number, string][] = [
  ["an unknown route", { url: "/api/v1/nothing" }, 404, "request/not-found"],
  ["an unknown route below a known one", { url: "/api/v1/config/more" }, 404, "request/not-found"],
  ["a POST to an unknown route", { method: "POST", url: "/api/v1/nothing" }, 404, "request/not-found"],
  [
    "a POST of something to an unknown route",
    { method: "POST", url: "/nothing", payload: "<x/>", headers: { "content-type": "text/xml" } },
    404,
    "request/not-found",
  ],
  ["an unknown problem's page", { url: "/problems/no/such" }, 404, "request/not-found"],
  ["an unknown repository", { url: "/api/v1/repos/nothing/view" }, 404, "repo/not-found"],
  ["an unknown owner and name", { url: "/api/v1/repos/octo/nothing/view" }, 404, "repo/not-found"],
  ["an evil repository", { url: `/api/v1/repos/${encodeURIComponent(EVIL)}/view` }, 404, "repo/not-found"],
  [
    "a repository of 4,000 characters",
    { url: `/api/v1/repos/${"x".repeat(4000)}/view` },
    404,
    "repo/not-found",
  ],
  ["a repository that is a path", { url: "/api/v1/repos/..%2F..%2Fetc/view" }, 404, "repo/not-found"],
  [
    "the sync of an unknown repository",
    { method: "POST", url: "/api/v1/repos/x/sync" },
    404,
    "repo/not-found",
  ],
  ["an unknown branch", { url: "/api/v1/repos/default/branches/nothing" }, 404, "branch/not-found"],
  [
    "an option as a branch",
    { url: `/api/v1/repos/default/branches/${encodeURIComponent(EVIL)}` },
    404,
    "branch/not-found",
  ],
  [
    "an option as a diff",
    { url: `/api/v1/repos/default/branch-diff/${encodeURIComponent(EVIL)}` },
    404,
    "branch/not-found",
  ],
  [
    "an option as a stack",
    { url: `/api/v1/repos/default/stacks/${encodeURIComponent(EVIL)}` },
    404,
    "stack/not-found",
  ],
  ["a path as a branch", { url: "/api/v1/repos/default/branches/..%2F..%2Fetc" }, 404, "branch/not-found"],
  ["a NUL in a branch", { url: "/api/v1/repos/default/branches/a%00b" }, 404, "branch/not-found"],
  ["a branch of JavaScript", { url: "/api/v1/repos/default/branches/__proto__" }, 404, "branch/not-found"],
  ["markup as a branch", { url: "/api/v1/repos/default/branches/%3Cscript%3E" }, 404, "branch/not-found"],
  ["no branch", { url: "/api/v1/repos/default/branches/" }, 404, "branch/not-found"],
  [
    "a branch of 4,000 characters",
    { url: `/api/v1/repos/default/branches/${"x".repeat(4000)}` },
    404,
    "branch/not-found",
  ],
  [
    "a branch of 4,000 encoded characters",
    { url: `/api/v1/repos/default/branch-diff/${"%2F".repeat(4000)}` },
    404,
    "branch/not-found",
  ],
  ["a lone percent sign", { url: "/api/v1/repos/default/branches/%" }, 400, "request/invalid"],
  ["half an encoded character", { url: "/api/v1/repos/default/branches/%C3" }, 400, "request/invalid"],
  ["a broken encoding of a deep link", { url: "/r/%zz" }, 400, "request/invalid"],
  ["an unknown base", { url: "/api/v1/repos/default/branch-diff/ui?base=EVIL" }, 400, "request/invalid"],
  ["a base given twice", { url: "/api/v1/repos/default/branch-diff/ui?w=1&w=1" }, 400, "request/invalid"],
  ["two pushes", { url: "/api/v1/repos/default/branch-diff/ui?from=EVIL&to=b" }, 400, "request/invalid"],
  ["a limit of nothing", { url: "/api/v1/repos/default/sync-runs?limit=0" }, 400, "request/invalid"],
  ["a limit of too much", { url: "/api/v1/repos/default/sync-runs?limit=201" }, 400, "request/invalid"],
  [
    "a limit that is no number",
    { url: "/api/v1/repos/default/sync-runs?limit=EVIL" },
    400,
    "request/invalid",
  ],
  [
    "a limit that is no whole number",
    { url: "/api/v1/repos/default/sync-runs?limit=1.5" },
    400,
    "request/invalid",
  ],
  ["a place that is no run", { url: "/api/v1/repos/default/sync-runs?before=a'b" }, 400, "request/invalid"],
  ["an unknown run", { url: "/api/v1/repos/default/sync-runs/nothing" }, 404, "run/not-found"],
  ["a run that is a path", { url: "/api/v1/repos/default/sync-runs/..%2f.." }, 404, "run/not-found"],
  ["broken JSON", post("{"), 400, "request/invalid"],
  ["JSON and more", post("{} EVIL"), 400, "request/invalid"],
  ["JSON that reaches for the prototype", post('{"__proto__":{"probe":true}}'), 400, "request/invalid"],
  ["a list as the body", post("[]"), 400, "request/invalid"],
  ["null as the body", post("null"), 400, "request/invalid"],
  ["a member that is not known", post('{"EVIL":1}'), 400, "request/invalid"],
  ["a member of another type", post('{"probe":"EVIL"}'), 400, "request/invalid"],
  ["text for a truth value", post('{"probe":"true"}'), 400, "request/invalid"],
  ["a number for an id", post('{"confirm":5}'), 400, "request/invalid"],
  ["an expectation without a commit", post('{"expect":[{"ref":"refs/heads/x"}]}'), 400, "request/invalid"],
  ["a short commit", post('{"expect":[{"ref":"refs/heads/x","sha":"EVIL"}]}'), 400, "request/invalid"],
  ["a short ref", post(`{"expect":[{"ref":"EVIL","sha":"${"a".repeat(40)}"}]}`), 400, "request/invalid"],
  [
    "an unknown member of an expectation",
    post(`{"expect":[{"ref":"refs/heads/x","sha":"${"a".repeat(40)}","EVIL":1}]}`),
    400,
    "request/invalid",
  ],
  [
    "too many expectations",
    post(JSON.stringify({ expect: Array(101).fill({ ref: "refs/heads/x", sha: "a".repeat(40) }) })),
    400,
    "request/invalid",
  ],
  ["a body of 2 MiB", post(JSON.stringify({ confirm: "x".repeat(2 ** 21) })), 413, "request/too-large"],
  ["another media type", post("probe: true", "text/yaml"), 415, "request/unsupported-media-type"],
  ["plain text", post("{}", "text/plain"), 415, "request/unsupported-media-type"],
  ["a form", post("probe=true", "application/x-www-form-urlencoded"), 415, "request/unsupported-media-type"],
  ["a media type that is none", post("{}", "EVIL"), 415, "request/unsupported-media-type"],
  ["an empty key", keyed(""), 400, "request/invalid"],
  ["a key of 256 characters", keyed("x".repeat(256)), 400, "request/invalid"],
  [
    "a DELETE of what can only be read",
    { method: "DELETE", url: "/api/v1/config" },
    405,
    "request/method-not-allowed",
  ],
  ["a GET of what can only be posted", { url: SYNC }, 405, "request/method-not-allowed"],
  [
    "a PUT of a branch",
    { method: "PUT", url: "/api/v1/repos/default/branches/ui" },
    405,
    "request/method-not-allowed",
  ],
  ["a preflight", { method: "OPTIONS", url: SYNC }, 405, "request/method-not-allowed"],
];

function post(payload: string, type = "application/json"): InjectOptions {
  return { method: "POST", url: SYNC, payload, headers: { "content-type": type } };
}

function keyed(key: string): InjectOptions {
  return { method: "POST", url: SYNC, headers: { "idempotency-key": key } };
}

test.each(refusals)("%s is refused by a code", async (_name, request, status, code) => {
  await using server = await startServer();
  const answer = await server.app.inject(request);
  expect(answer.json()).toMatchObject({
    status,
    code,
    type: `/problems/${code}`,
    title: Object.entries(problems).find(([key]) => key === code)?.[1].title,
    requestId: answer.headers["x-request-id"],
  });
  expect(answer.statusCode).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  expect(answer.headers["cache-control"]).toBe("no-store");
  expect(answer.headers.etag).toBeUndefined();
  // Nothing of what a stranger sent comes back.
  expect(answer.body).not.toMatch(/EVIL|upload-pack|\.\.|x{20}|<script/);
  // And the server goes on.
  expect((await server.app.inject("/api/v1/repos/default/view")).statusCode).toBe(200);
});

test.each([
  ['{"probe":1}', "The body: `probe` must be boolean."],
  ['{"x":1}', "The body has a member that is not known. Known are: expect, confirm, probe."],
  [
    `{"expect":[{"ref":"refs/heads/x","sha":"${"a".repeat(40)}","x":1}]}`,
    "The body: `expect.0` has a member that is not known. Known are: ref, sha.",
  ],
  ['{"expect":[{"ref":"x","sha":""}]}', "The body: `expect.0.ref` must match ^refs/."],
  [
    `{"expect":[{"ref":"refs/tags/v1","sha":"${"a".repeat(40)}"}]}`,
    "Only refs that are read can be expected; of this repository refs/heads/*.",
  ],
])("the detail of %s names the place and what is allowed", async (payload, detail) => {
  await using server = await startServer();
  expect((await server.app.inject(post(payload))).json().detail).toBe(detail);
});

test("a query that is refused says what is allowed", async () => {
  await using server = await startServer();
  const answer = await server.app.inject("/api/v1/repos/default/branch-diff/ui?base=x");
  expect(answer.json().detail).toBe("The query: `base` must be one of: parent, trunk.");
});

test("a refused method is told which are taken", async () => {
  await using server = await startServer();
  const allowOf = async (method: "DELETE" | "GET" | "OPTIONS", url: string) =>
    (await server.app.inject({ method, url })).headers.allow;
  expect(await allowOf("DELETE", "/api/v1/repos/default/view")).toBe("GET, HEAD");
  expect(await allowOf("OPTIONS", "/healthz")).toBe("GET, HEAD");
  expect(await allowOf("GET", SYNC)).toBe("POST");
  expect(await allowOf("GET", "/api/v1/repos/octo/widget/sync")).toBe("POST");
});

test("a host that is not ours is refused on every path, for reads too", async () => {
  await using server = await startServer();
  for (const url of ["/", "/healthz", "/api/v1/config", "/api/v1/events", "/nothing", "/assets/x.js"]) {
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example"]) {
      const answer = await server.app.inject({ url, headers: { host } });
      expect
        .soft([answer.statusCode, answer.json().code], `${host}${url}`)
        .toEqual([421, "request/unknown-host"]);
    }
    for (const host of ["127.0.0.1:1", "localhost", "[::1]:9"]) {
      const answer = await server.app.inject({ url, headers: { host }, method: "HEAD" });
      expect.soft(answer.statusCode, `${host}${url}`).not.toBe(421);
    }
  }
});

test("a page of another site changes nothing and hears nothing, whatever it sends", async () => {
  let runs = 0;
  await using server = await startServer({
    run: async () => {
      runs += 1;
      throw new Error("must not run");
    },
  });
  const host = "127.0.0.1:8080";
  const foreign = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: `http://${host}` },
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:8081", "sec-fetch-site": "same-origin" },
  ];
  for (const headers of foreign) {
    for (const url of [SYNC, "/api/v1/repos/unknown/sync", "/nothing"]) {
      const answer = await server.app.inject({ method: "POST", url, headers: { host, ...headers } });
      expect.soft([answer.statusCode, answer.json().code]).toEqual([403, "request/cross-site"]);
    }
    const stream = await server.app.inject({ url: "/api/v1/events", headers: { host, ...headers } });
    expect.soft(stream.statusCode).toBe(403);
    const read = await server.app.inject({ url: "/api/v1/config", headers: { host, ...headers } });
    expect.soft([read.statusCode, read.headers["access-control-allow-origin"]]).toEqual([200, undefined]);
  }
  expect(runs).toBe(0);
});

test("our own page and programs may sync", async () => {
  await using server = await startServer();
  const host = "127.0.0.1:8080";
  const ours = [{}, { origin: `http://${host}`, "sec-fetch-site": "same-origin" }, { "x-stackit-csrf": "1" }];
  for (const headers of ours) {
    const answer = await server.app.inject({ method: "POST", url: SYNC, headers: { host, ...headers } });
    expect.soft(answer.statusCode).toBe(200);
  }
});

test("a read-only server takes no change on any path and does not have the route", async () => {
  await using server = await startServer({ config: { readOnly: true } });
  const requests = [
    { method: "POST", url: SYNC },
    { method: "POST", url: SYNC, headers: JSON_TYPE, payload: "{" },
    { method: "POST", url: "/api/v1/repos/unknown/sync" },
    { method: "DELETE", url: "/api/v1/repos/default" },
    { method: "PUT", url: "/nothing" },
  ] as const;
  for (const request of requests) {
    const answer = await server.app.inject(request);
    expect.soft([answer.statusCode, answer.json().code]).toEqual([405, "server/read-only"]);
    expect.soft(answer.headers.allow).toBe("GET, HEAD");
  }
  expect(server.app.hasRoute({ method: "POST", url: "/api/v1/repos/:repo/sync" })).toBe(false);
  expect((await server.app.inject("/api/v1/config")).json().readOnly).toBe(true);
  expect((await server.app.inject("/api/v1/repos/default/view")).statusCode).toBe(200);
});

test("of several reasons to refuse a sync the first in order is told", async () => {
  const config = { readOnly: true, limits: { requestsPerSec: 1, requestBurst: 1 } };
  await using server = await startServer({ config });
  const url = "/api/v1/repos/unknown/sync";
  const evil = { origin: "http://evil.example" };
  const codeOf = async (headers: Record<string, string>) =>
    (await server.app.inject({ method: "POST", url, headers })).json().code;
  expect(await codeOf({ host: "evil.example", ...evil })).toBe("request/unknown-host");
  expect(await codeOf(evil)).toBe("request/cross-site");
  expect(await codeOf(evil)).toBe("request/rate-limited");
  await using another = await startServer({ config: { readOnly: true } });
  const answer = await another.app.inject({ method: "POST", url });
  expect(answer.json().code).toBe("server/read-only");
});

test("a client that asks too much is told when to come back, and others are served", async () => {
  const config = { limits: { requestsPerSec: 1, requestBurst: 3 } };
  await using server = await startServer({ config });
  const get = (remoteAddress: string) => server.app.inject({ url: "/api/v1/repos", remoteAddress });
  for (let request = 0; request < 3; request += 1) expect((await get("203.0.113.1")).statusCode).toBe(200);
  const refused = await get("203.0.113.1");
  expect([refused.statusCode, refused.json().code]).toEqual([429, "request/rate-limited"]);
  expect(refused.headers["retry-after"]).toBe("1");
  expect((await get("203.0.113.2")).statusCode).toBe(200);
});

test("what is answered from memory is not counted, and what must be made is", async () => {
  const config = { limits: { requestsPerSec: 1e-6, requestBurst: 2 } };
  await using server = await startServer({ config });
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await server.app.inject({ url: path, headers })).statusCode;
  const view = "/api/v1/repos/default/view";
  for (let read = 0; read < 10; read += 1) expect(await statusOf(view)).toBe(200);
  for (const free of [
    "/",
    "/healthz",
    "/api/v1/config",
    "/api/v1/openapi.json",
    "/r/deep/link",
    "/problems",
  ]) {
    for (let read = 0; read < 3; read += 1) expect.soft(await statusOf(free), free).toBe(200);
  }
  expect(await statusOf("/api/v1/repos/default/branches/ui")).toBe(200);
  expect(await statusOf("/api/v1/repos/default/branches/ui")).toBe(429);
  expect(await statusOf(view)).toBe(200);
  server.repo.publish({ api: "main" });
  expect(await statusOf(view)).toBe(429);
});

test("behind a trusted proxy the client is who the proxy says, and only then", async () => {
  const limits = { requestsPerSec: 1e-6, requestBurst: 1 };
  const ask = async (config: object, client: string) => {
    await using server = await startServer({ config: { limits, ...config } });
    const get = (forwarded: string) =>
      server.app.inject({
        url: "/api/v1/repos",
        remoteAddress: "10.0.0.1",
        headers: { "x-forwarded-for": forwarded },
      });
    await get("203.0.113.1");
    return (await get(client)).statusCode;
  };
  expect(await ask({ trustedProxies: ["10.0.0.0/8"] }, "203.0.113.2")).toBe(200);
  expect(await ask({ trustedProxies: ["10.0.0.0/8"] }, "203.0.113.1")).toBe(429);
  expect(await ask({}, "203.0.113.2")).toBe(429);
  expect(await ask({ trustedProxies: ["192.0.2.0/24"] }, "203.0.113.2")).toBe(429);
});

test("a failure in the server says nothing of itself to the client and everything to the log", async () => {
  const repo = widget();
  await using server = await startServer({ repos: [repo] });
  repo.makeDiff = () => Promise.reject(new Error("secret /home/ada/key"));
  const answer = await server.app.inject("/api/v1/repos/default/branch-diff/ui");
  expect(answer.json()).toEqual({
    type: "/problems/server/internal",
    title: problems["server/internal"].title,
    status: 500,
    detail: "The server's log has the cause under this request id.",
    code: "server/internal",
    requestId: answer.headers["x-request-id"],
  });
  const line = server.log.find(({ msg }) => msg === "request failed");
  expect(line).toMatchObject({
    requestId: answer.headers["x-request-id"],
    err: { message: "secret /home/ada/key" },
  });
});

test("every answer has an id of ours, never one that was sent", async () => {
  await using server = await startServer();
  const ids = new Set<unknown>();
  for (const url of ["/", "/api/v1/config", "/nothing.js", "/api/v1/%", "/healthz"]) {
    const headers = { "x-request-id": "mine", "request-id": "mine" };
    ids.add((await server.app.inject({ url, headers })).headers["x-request-id"]);
  }
  expect(ids.size).toBe(5);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
});

test("every problem has a page, for people and for programs", async () => {
  await using server = await startServer();
  for (const [code, { status, title, mend }] of Object.entries(problems)) {
    const page = await server.app.inject(`/problems/${code}`);
    expect.soft(page.statusCode, code).toBe(200);
    expect.soft(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    const headers = { accept: "application/problem+json, application/json" };
    const json = await server.app.inject({ url: `/problems/${code}`, headers });
    expect.soft(json.json()).toEqual({ code, status, title, mend });
  }
  const list = await server.app.inject("/problems");
  for (const code of Object.keys(problems)) expect.soft(list.body).toContain(`/problems/${code}"`);
});
