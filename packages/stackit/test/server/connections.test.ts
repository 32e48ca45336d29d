import { once } from "node:events";
import type { Socket } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { type StartedServer, startServer, unchanged } from "../support/started-server.ts";

/** Sends bytes as they are and gives all that comes back until the server closes the connection. */
async function exchange(server: StartedServer, bytes: string): Promise<string> {
  const socket = server.connect();
  socket.write(bytes);
  return textOf(socket);
}

async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  await once(socket, "close");
  return text;
}

function parse(answer: string) {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(": ")[0]?.toLowerCase(), line.split(": ")[1]]),
  );
  return { status: Number(statusLine.split(" ")[1]), headers, body };
}

const GET = "GET /api/v1/config HTTP/1.1\r\nHost: localhost\r\n";
const POST_SYNC =
  "POST /api/v1/repos/default/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const CLOSE = "Connection: close\r\n\r\n";

const broken: [string, string, number, string][] = [
  ["a header of 20 KiB", `${GET}X-Large: ${"x".repeat(20 * 1024)}\r\n\r\n`, 431, "request/header-too-large"],
  ["a path of 20 KiB", `GET /${"x".repeat(20 * 1024)} HTTP/1.1\r\n\r\n`, 431, "request/header-too-large"],
  ["very many headers", `${GET}${"X-A: b\r\n".repeat(4000)}\r\n`, 431, "request/header-too-large"],
  ["no HTTP", "EHLO mail.example\r\n\r\n", 400, "request/invalid"],
  ["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "request/invalid"],
  ["a header without a name", `${GET}: x\r\n\r\n`, 400, "request/invalid"],
  ["two lengths", `${GET}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, "request/invalid"],
  [
    "a length and chunks",
    `POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    "request/invalid",
  ],
  ["a line break in a header", `${GET}X-A: b\nc\r\n\r\n`, 400, "request/invalid"],
];

test.each(broken)(
  "%s is answered by a code on the socket, which is closed",
  async (_name, bytes, status, code) => {
    await using server = await startServer();
    const answer = parse(await exchange(server, bytes));
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      "content-type": "application/problem+json; charset=utf-8",
      connection: "close",
      "content-length": String(Buffer.byteLength(answer.body)),
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      code,
      status,
      requestId: answer.headers["x-request-id"],
    });
    expect((await server.app.inject("/healthz")).statusCode).toBe(200);
  },
);

const odd: [string, string, number, string | undefined][] = [
  ["no Host", `GET /api/v1/config HTTP/1.1\r\n${CLOSE}`, 421, "request/unknown-host"],
  ["an empty Host", `GET / HTTP/1.1\r\nHost:\r\n${CLOSE}`, 421, "request/unknown-host"],
  ["HTTP/1.0 without Host", `GET / HTTP/1.0\r\n${CLOSE}`, 421, "request/unknown-host"],
  [
    "a whole URL of another host",
    `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}`,
    421,
    "request/unknown-host",
  ],
  ["an expectation that nobody knows", `${GET}Expect: the-unexpected\r\n${CLOSE}`, 200, undefined],
  [
    "a raw path upwards",
    `GET /api/v1/repos/default/branches/x/../../../etc HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    404,
    "branch/not-found",
  ],
  [
    "a raw path out of the dashboard",
    `GET /assets/../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    404,
    "request/not-found",
  ],
  [
    "an encoded path out of the dashboard",
    `GET /assets/%2e%2e/%2e%2e/package.json HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    404,
    "request/not-found",
  ],
  ["a double slash", `GET //assets//x.js HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 404, "request/not-found"],
  ["an upgrade", `${GET}Upgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`, 200, undefined],
  ["an unknown method", `PROPFIND / HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 404, "request/not-found"],
  [
    "TRACE",
    `TRACE /api/v1/config HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`,
    405,
    "request/method-not-allowed",
  ],
  ["OPTIONS of all", `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`, 404, "request/not-found"],
  ["a GET with a body", `${GET}Content-Length: 5\r\n${CLOSE}EVIL!`, 200, undefined],
];

test.each(odd)("%s is answered", async (_name, bytes, status, code) => {
  await using server = await startServer();
  const answer = parse(await exchange(server, bytes));
  expect(answer.status).toBe(status);
  expect(answer.headers).toHaveProperty("x-request-id");
  if (code !== undefined) expect(JSON.parse(answer.body)).toMatchObject({ code });
  expect((await server.app.inject("/healthz")).statusCode).toBe(200);
});

test("headers of just below 16 KiB pass", async () => {
  await using server = await startServer();
  const answer = await fetch(`${server.origin}/api/v1/config`, {
    headers: { "x-large": "x".repeat(15 * 1024) },
  });
  expect(answer.status).toBe(200);
});

test("a body of 2 MiB is refused before it has come, by its length or by its chunks", async () => {
  await using server = await startServer();
  const byLength = parse(await exchange(server, `${POST_SYNC}Content-Length: ${2 ** 21}\r\n${CLOSE}{`));
  expect([byLength.status, JSON.parse(byLength.body).code]).toEqual([413, "request/too-large"]);
  const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
  const byChunks = parse(
    await exchange(server, `${POST_SYNC}Transfer-Encoding: chunked\r\n${CLOSE}${chunk.repeat(17)}`),
  );
  expect([byChunks.status, JSON.parse(byChunks.body).code]).toEqual([413, "request/too-large"]);
});

test.each([
  ["its first byte", ""],
  ["headers", GET],
  ["a body", `${POST_SYNC}Content-Length: 9\r\n\r\n{`],
])("a client that does not finish its request with %s is not waited for", async (_name, beginning) => {
  await using server = await startServer({ config: { limits: { requestTimeoutMs: 200 } } });
  const answer = parse(await exchange(server, beginning));
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([408, "request/timeout"]);
});

test("a client that hangs up in the middle of a request or an answer disturbs nobody", async () => {
  await using server = await startServer({
    run: async (repo) => {
      await new Promise((resolve) => setImmediate(resolve));
      return unchanged(repo);
    },
  });
  const post = "POST /api/v1/repos/default/sync HTTP/1.1\r\nHost: localhost\r\n";
  const beginnings = [
    "",
    "GET /",
    GET,
    `${post}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    `${post}\r\n`,
  ];
  for (const beginning of beginnings) {
    const socket = server.connect();
    socket.on("error", () => {});
    await once(socket, "connect");
    await new Promise((resolve) => socket.write(beginning || "\r\n", resolve));
    socket.resetAndDestroy();
    expect((await server.app.inject("/healthz")).statusCode).toBe(200);
  }
});

test("answers to pipelined requests come in their order", async () => {
  await using server = await startServer();
  const text = await exchange(server, `${GET}\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
  expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
  expect(text.indexOf('"readOnly"')).toBeLessThan(text.indexOf('"status"'));
});

test("a server that stops closes connections that idle", async () => {
  await using server = await startServer();
  const socket = server.connect();
  socket.write(`${GET}\r\n`);
  await once(socket, "data");
  const closed = once(socket, "close");
  await server.app.close();
  await closed;
});

test("a server that stops waits for no connection on which nothing was asked yet, nor for one that falls idle", async () => {
  await using server = await startServer();
  const silent = server.connect();
  await once(silent, "connect");
  const asking = server.connect();
  const partly = server.connect();
  partly.write("GET /healthz HTTP/1.1\r\n");
  await once(partly, "connect");
  asking.write(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(asking, "data");
  for (const socket of [silent, asking, partly]) socket.on("error", () => {}).resume();
  const closed = Promise.all([silent, asking, partly].map((socket) => once(socket, "close")));
  await server.app.close();
  await closed;
});

test("a connection beyond the limit is closed as it comes, is logged, and takes nothing from those that are open", async () => {
  await using server = await startServer({ config: { limits: { connections: 2 } } });
  const open = () => promisify(server.app.server.getConnections.bind(server.app.server))();
  const [first, second] = [server.connect(), server.connect()];
  await expect.poll(open).toBe(2);
  await refused(server);
  await refused(server);
  const lines = server.log.filter(({ msg }) => String(msg).startsWith("too many connections"));
  expect(lines).toMatchObject([{ open: 2, refused: 1 }]);

  first.write(`${GET}${CLOSE}`);
  expect(parse(await textOf(first)).status).toBe(200);
  await expect.poll(open).toBe(1);
  expect(parse(await exchange(server, `${GET}${CLOSE}`)).status).toBe(200);
  second.destroy();
});

test("one client cannot take all connections, and a trusted proxy may", async () => {
  const limits = { connectionsPerClient: 2 };
  await using server = await startServer({ config: { limits } });
  const open = () => promisify(server.app.server.getConnections.bind(server.app.server))();
  const held = [server.connect(), server.connect()];
  await expect.poll(open).toBe(2);
  await refused(server);
  held[0]?.destroy();
  await expect.poll(open).toBe(1);
  expect(parse(await exchange(server, `${GET}${CLOSE}`)).status).toBe(200);
  held[1]?.destroy();

  await using proxied = await startServer({ config: { limits, trustedProxies: ["127.0.0.0/8"] } });
  const many = Array.from({ length: 5 }, () => proxied.connect());
  const openOfProxy = promisify(proxied.app.server.getConnections.bind(proxied.app.server));
  await expect.poll(() => openOfProxy()).toBe(5);
  expect(parse(await exchange(proxied, `${GET}${CLOSE}`)).status).toBe(200);
  for (const socket of many) socket.destroy();
});

test("a client that does not read its answer is not waited for (M6)", async () => {
  await using server = await startServer({ config: { limits: { stallMs: 100 } } });
  server.repo.makeDiff = async () => "x".repeat(16 * 2 ** 20);
  const accepted = once(server.app.server, "connection");
  const stalled = server.connect();
  stalled.on("error", () => {}).pause();
  const [serverSide] = await accepted;
  const closed = once(serverSide, "close");
  stalled.write("GET /api/v1/repos/default/branch-diff/ui HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await closed;
  expect(serverSide.bytesWritten).toBeGreaterThan(0);
  stalled.destroy();
});

test("who waits for an answer that is not there yet is not taken for one who does not read, and one who idles afterwards is closed", async () => {
  await using server = await startServer({ config: { limits: { stallMs: 50 } } });
  server.app.server.keepAliveTimeout = 50;
  const accepted = once(server.app.server, "connection");
  const patient = server.connect();
  const [serverSide] = await accepted;
  server.repo.makeDiff = async () => {
    // Twice, since the first could be of the time before the request.
    await once(serverSide, "timeout");
    serverSide.setTimeout(50);
    await once(serverSide, "timeout");
    return "late";
  };
  patient.write("GET /api/v1/repos/default/branch-diff/ui HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const answer = parse(await textOf(patient));
  expect([answer.status, JSON.parse(answer.body).patch]).toEqual([200, "late"]);
});

/** Settles when a connection is closed by the server, with nothing said. */
async function refused(server: StartedServer): Promise<void> {
  const socket = server.connect();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {}).on("close", () => resolve());
  socket.resume();
  await promise;
  expect(socket.bytesRead).toBe(0);
}
