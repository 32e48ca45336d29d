import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseReader } from "./sse.ts";

const stream =
  ': hello\nretry: 3000\n\nid: 4\nevent: sync\ndata: {"a":1}\n\nevent: heartbeat\r\ndata: {}\r\n\r\ndata: one\ndata: two\n\n';

const messages = [
  { name: "sync", data: '{"a":1}' },
  { name: "heartbeat", data: "{}" },
  { name: "message", data: "one\ntwo" },
];

test("messages are read with name and all their lines", () => {
  expect(createSseReader().push(stream)).toEqual(messages);
});

test("the position is the last complete id, be it that of a message or alone", () => {
  const reader = createSseReader();
  expect(reader.position).toBeUndefined();
  reader.push(stream);
  expect(reader.position).toBe("4");
  reader.push("id: 9\n");
  expect(reader.position).toBe("4");
  reader.push("\n");
  expect(reader.position).toBe("9");
});

test("it does not matter where the network cuts the stream", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
      const reader = createSseReader();
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const got = edges.flatMap((end, i) => (i === 0 ? [] : reader.push(stream.slice(edges[i - 1], end))));
      expect(got).toEqual(messages);
    }),
  );
});

test("half a message is not a message", () => {
  expect(createSseReader().push("event: sync\ndata: {}\n")).toEqual([]);
});
