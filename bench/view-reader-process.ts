// Reads views as fast as they come, over many connections, in a process of its own. Told what over IPC, it answers with how long each took.
// It speaks HTTP over plain sockets: a client of node:http would take as much of the processors as the server.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface Reading {
  /** Read in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly forMs: number;
  /** Each connection asks for one of the views, and says that it has what it was last given. */
  readonly revalidates?: boolean;
}

export interface Read {
  /** From the sending of a request to the last byte of its answer. */
  readonly answerMs: readonly number[];
  readonly tookMs: number;
  readonly bytes: number;
  /** How many were answered 304. */
  readonly unchanged: number;
  /** How much later than it was due this process did something, at the 99th of 100 times. */
  readonly ownDelayMs: number;
}

interface Answer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly bodyBytes: number;
}

process.on("message", (reading: Reading) => void readAll(reading).then((read) => process.send?.(read)));
process.on("disconnect", () => process.exit());

async function readAll({ urls, connections, forMs, revalidates = false }: Reading): Promise<Read> {
  const [first = ""] = urls;
  const { hostname, port } = new URL(first);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, "connect");
      return socket;
    }),
  );
  const answerMs: number[] = [];
  let [bytes, unchanged] = [0, 0];
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const startedAt = performance.now();
  const readOn = async (socket: Socket, index: number): Promise<void> => {
    let etag: string | undefined;
    for (let sentAt = performance.now(); sentAt - startedAt < forMs; sentAt = performance.now()) {
      const url = urls[(revalidates ? index : answerMs.length) % urls.length] ?? "";
      const answer = await read(socket, url, revalidates ? etag : undefined);
      if (answer.status !== 200 && answer.status !== 304) throw new Error(`answered ${answer.status}`);
      etag = answer.etag;
      bytes += answer.bodyBytes;
      if (answer.status === 304) unchanged++;
      answerMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(sockets.map(readOn));
  const tookMs = performance.now() - startedAt;
  own.disable();
  for (const socket of sockets) socket.destroy();
  return { answerMs, tookMs, bytes, unchanged, ownDelayMs: own.percentile(99) / 1e6 - 1 };
}

function read(socket: Socket, url: string, etag: string | undefined): Promise<Answer> {
  const { pathname, host } = new URL(url);
  const has = etag === undefined ? "" : `if-none-match: ${etag}\r\n`;
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\naccept-encoding: gzip\r\n${has}\r\n`);
  return new Promise((done, failed) => {
    let head = "";
    let missing = Number.POSITIVE_INFINITY;
    let answer: Answer | undefined;
    const onData = (chunk: Buffer): void => {
      let body = chunk.length;
      if (!answer) {
        head += chunk.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        body = head.length - end - 4;
        answer = parseHead(head.slice(0, end));
        missing = answer.bodyBytes;
      }
      missing -= body;
      if (missing > 0) return;
      socket.off("data", onData);
      socket.off("close", onClose);
      done(answer);
    };
    const onClose = (): void => failed(new Error("the connection was closed"));
    socket.on("data", onData);
    socket.once("close", onClose);
  });
}

function parseHead(head: string): Answer {
  return {
    status: Number(head.slice(9, 12)),
    etag: /^etag: (.*)$/im.exec(head)?.[1]?.trim(),
    bodyBytes: Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0),
  };
}
