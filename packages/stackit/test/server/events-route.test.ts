import { once } from "node:events";
import { expect, test } from "vitest";
import type { LoggedEvent } from "../../src/contract/events.ts";
import { EventLog } from "../../src/events/event-log.ts";
import { bufferingProxy } from "../support/buffering-proxy.ts";
import { EventReader } from "../support/event-reader.ts";
import { HandMadeRepo } from "../support/hand-made-repo.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type StartedServer, startServer, widget } from "../support/started-server.ts";

function refresh(generation: number, repoId = "default", branches: string[] = []): LoggedEvent {
  const stacks = { created: [], changed: [], removed: [] };
  return { name: "refresh", data: { repoId, generation, stacks, branches, truncated: false } };
}

const url = (server: Pick<StartedServer, "origin">, path = "/repos/default/events") =>
  `${server.origin}/api/v1${path}`;

test("a stream reaches a reader behind a proxy that keeps answers back, from its first event on (M7)", async () => {
  await using server = await startServer();
  await using proxy = await bufferingProxy(server.origin);
  await using reader = await EventReader.open(url({ origin: proxy.url }));
  expect(await reader.take(1)).toMatchObject([{ name: "connected" }]);
  const id = server.events.append(refresh(2));
  expect(await reader.take(1)).toEqual([{ id, ...refresh(2) }]);
});

test("a stream greets with the generation and goes on with what happens", async () => {
  await using server = await startServer();
  await using reader = await EventReader.open(url(server));
  expect(reader.response.status).toBe(200);
  expect(Object.fromEntries(reader.response.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
    "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  const [connected] = await reader.take(1);
  expect(connected).toEqual({
    name: "connected",
    data: { generation: 1, version: "1.2.3", serverTime: expect.stringMatching(/^\d{4}-.*Z$/) },
  });
  expect(reader.retryMs).toBe(1000);
  const id = server.events.append(refresh(2));
  expect(await reader.take(1)).toEqual([{ id, ...refresh(2) }]);
});

test("a sync tells each change of its run", async () => {
  await using server = await startServer();
  await using reader = await EventReader.open(url(server));
  await reader.take(1);
  await server.app.inject({ method: "POST", url: "/api/v1/repos/default/sync" });
  const states = (await reader.take(3)).map(({ name, data }) => [name, Reflect.get(data.run ?? {}, "state")]);
  expect(states).toEqual([
    ["sync", "queued"],
    ["sync", "running"],
    ["sync", "finished"],
  ]);
});

test.each(["Last-Event-ID", "?since="])(
  "a reader that comes back by %s is told what it missed, once",
  async (by) => {
    await using server = await startServer();
    const first = server.events.append(refresh(1));
    server.events.append(refresh(2));
    server.events.append(refresh(3));
    await using reader =
      by === "?since="
        ? await EventReader.open(`${url(server)}?since=${first}`)
        : await EventReader.open(`${url(server)}?since=old`, { "last-event-id": first });
    server.events.append(refresh(4));
    const events = await reader.take(4);
    expect(events.map(({ name, data }) => [name, data.generation])).toEqual([
      ["connected", 1],
      ["refresh", 2],
      ["refresh", 3],
      ["refresh", 4],
    ]);
  },
);

test("a stream that broke before its first event is resumed from its beginning", async () => {
  await using server = await startServer();
  server.events.append(refresh(1));
  let lastId = "";
  {
    await using reader = await EventReader.open(url(server));
    await reader.take(1);
    const beat = reader.next();
    server.events.append(refresh(2, "other"));
    await expect.poll(() => reader.lastId).toBeDefined();
    lastId = String(reader.lastId);
    beat.catch(() => {});
  }
  server.events.append(refresh(3));
  await using again = await EventReader.open(url(server), { "last-event-id": lastId });
  const [, missed] = await again.take(2);
  expect(missed?.data.generation).toBe(3);
});

test.each([
  ["a position of another process", new EventLog().position],
  ["no position at all", "x"],
  ["a position that is made up", "A".repeat(22)],
  ["markup", "<script>"],
])("%s is answered by resync, then live", async (_name, since) => {
  const events = new EventLog();
  await using server = await startServer({ events });
  events.append(refresh(1));
  await using reader = await EventReader.open(`${url(server)}?since=${encodeURIComponent(since)}`);
  expect((await reader.take(2)).map(({ name }) => name)).toEqual(["connected", "resync"]);
  events.append(refresh(2));
  expect((await reader.take(1))[0]?.data.generation).toBe(2);
});

test("what was missed and is no longer kept is answered by resync", async () => {
  const events = new EventLog({ maxEvents: 2 });
  await using server = await startServer({ events });
  const first = events.append(refresh(1));
  for (const generation of [2, 3, 4]) events.append(refresh(generation));
  await using reader = await EventReader.open(url(server), { "last-event-id": first });
  expect((await reader.take(2)).map(({ name }) => name)).toEqual(["connected", "resync"]);
});

test("when very much was missed, reading all anew is what is asked for", async () => {
  await using server = await startServer();
  const first = server.events.append(refresh(1));
  const branches = Array.from({ length: 500 }, (_, n) => `branch-${n}`.padEnd(200, "-"));
  for (let generation = 2; generation < 10; generation += 1) {
    server.events.append(refresh(generation, "default", branches));
  }
  await using reader = await EventReader.open(url(server), { "last-event-id": first });
  expect((await reader.take(2)).map(({ name }) => name)).toEqual(["connected", "resync"]);
  server.events.append(refresh(11));
  expect((await reader.take(1))[0]?.data.generation).toBe(11);
});

test("a stream of one repository says nothing of others, the stream of all says everything", async () => {
  await using server = await startServer({ repos: [widget("a", "Octo/a"), widget("b", "Octo/b")] });
  await using one = await EventReader.open(url(server, "/repos/b/events"));
  await using all = await EventReader.open(url(server, "/events"));
  server.events.append(refresh(2, "a"));
  server.events.append(refresh(3, "b"));
  expect((await one.take(2)).map(({ data }) => data.generation)).toEqual([1, 3]);
  expect((await all.take(3)).map(({ data }) => data.generation)).toEqual([undefined, 2, 3]);
});

test("the stream of a repository that was not read yet greets without a generation", async () => {
  await using server = await startServer({ repos: [new HandMadeRepo()] });
  await using reader = await EventReader.open(url(server));
  expect((await reader.next())?.data).not.toHaveProperty("generation");
});

test("hearts beat every 15 s for all, and stop with the last reader", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  {
    await using one = await EventReader.open(url(server));
    await using two = await EventReader.open(url(server, "/events"));
    await one.take(1);
    await two.take(1);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(30_000);
    for (const reader of [one, two]) {
      const beats = await reader.take(2);
      expect(beats.map(({ name, data, id }) => [name, data.serverTime, id])).toEqual([
        ["heartbeat", "2026-01-01T00:00:15.000Z", undefined],
        ["heartbeat", "2026-01-01T00:00:30.000Z", undefined],
      ]);
    }
  }
  await expect.poll(() => clock.pendingTimers).toBe(0);
});

test("too many streams are refused, of one client and in all, until some are closed", async () => {
  const limits = { streams: 3, streamsPerClient: 2 };
  await using server = await startServer({ config: { limits } });
  const mine = await EventReader.open(url(server));
  await using _second = await EventReader.open(url(server));
  const refused = await fetch(url(server));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "10"]);
  expect(await refused.json()).toMatchObject({ code: "events/too-many-streams" });
  await mine[Symbol.asyncDispose]();
  await expect
    .poll(async () => (await server.app.inject({ url: "/metrics" })).body)
    .toContain("stackit_event_streams 1");
  await using third = await EventReader.open(url(server));
  expect(third.response.status).toBe(200);
});

test("a HEAD of a stream is answered and over, and counts as no stream", async () => {
  const limits = { streams: 1, streamsPerClient: 1 };
  await using server = await startServer({ config: { limits } });
  for (let request = 0; request < 3; request += 1) {
    const answer = await fetch(url(server), { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  }
});

test("a reader that does not read is closed, and the others hear everything (M6)", async () => {
  await using server = await startServer();
  await using reader = await EventReader.open(url(server));
  await reader.take(1);
  const stalled = server.connect();
  stalled.pause();
  stalled.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const closed = new Promise<void>((resolve) => stalled.once("close", () => resolve()));
  stalled.on("error", () => {});
  const streams = async () =>
    (await server.app.inject({ url: "/metrics" })).body.match(/stackit_event_streams (\d)/)?.[1];
  await expect.poll(streams).toBe("2");

  const branches = Array.from({ length: 500 }, () => "x".repeat(500));
  let generation = 1;
  while ((await streams()) === "2") {
    generation += 1;
    server.events.append(refresh(generation, "default", branches));
    expect((await reader.take(1))[0]?.data.generation).toBe(generation);
  }
  expect(await streams()).toBe("1");
  stalled.destroy();
  await closed;
});

test("a reader that is behind from one heartbeat to the next is closed, however little waits for it", async () => {
  const clock = new ManualClock();
  await using server = await startServer({ clock });
  await using reader = await EventReader.open(url(server));
  await reader.take(1);
  const accepted = once(server.app.server, "connection");
  const stalled = server.connect();
  stalled.on("error", () => {});
  const [serverSide] = await accepted;
  stalled.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(stalled, "data");
  stalled.pause();
  const branches = Array.from({ length: 500 }, () => "x".repeat(100));
  // More than the system's buffers still take by and by.
  while (serverSide.writableLength < 200_000) {
    server.events.append(refresh(2, "default", branches));
    await reader.take(1);
  }
  await clock.advance(15_000);
  await reader.take(1);
  expect(serverSide.destroyed).toBe(false);
  await clock.advance(15_000);
  await reader.take(1);
  expect(serverSide.destroyed).toBe(true);
  stalled.destroy();
});

test("streams end when the server stops, also one that has not read what was written", async () => {
  await using server = await startServer();
  await using reader = await EventReader.open(url(server));
  await reader.take(1);
  const accepted = once(server.app.server, "connection");
  const stalled = server.connect();
  stalled.on("error", () => {});
  const [serverSide] = await accepted;
  stalled.write("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(stalled, "data");
  stalled.pause();
  // Until the system's buffers are full and several events of 100 KB wait, which is less than a reader is closed for.
  const branches = Array.from({ length: 500 }, () => "x".repeat(200));
  while (serverSide.writableLength < 400_000) {
    server.events.append(refresh(2, "default", branches));
    await reader.take(1);
  }
  await server.app.close();
  expect(await reader.next()).toBeUndefined();
  stalled.destroy();
});

test("when the server stops, each reader is told another time to come back, spread over some seconds", async () => {
  await using server = await startServer({ config: { limits: { streamsPerClient: 64 } } });
  const readers = await Promise.all(Array.from({ length: 51 }, () => EventReader.open(url(server))));
  for (const reader of readers) expect((await reader.take(1))[0]?.name).toBe("connected");
  await server.app.close();
  const times: number[] = [];
  for (const reader of readers) {
    expect(await reader.next()).toBeUndefined();
    times.push(reader.retryMs ?? 0);
  }
  expect(times.toSorted((a, b) => a - b)).toEqual(readers.map((_, index) => 500 + 50 * index));
});

test("a reader that hangs up leaves nothing behind", async () => {
  await using server = await startServer();
  for (let round = 0; round < 5; round += 1) {
    const reader = await EventReader.open(url(server));
    await reader.take(1);
    await reader[Symbol.asyncDispose]();
  }
  await expect.poll(() => server.events.readers).toBe(0);
  server.events.append(refresh(2));
  expect((await server.app.inject("/healthz")).statusCode).toBe(200);
});
