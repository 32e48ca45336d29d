// Reads views as fast as they come, over many connections, in a process of its own. Told what over IPC, it answers with how long each took.

import { Agent, request } from "node:http";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";

export interface Reading {
  /** Read in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly forMs: number;
}

export interface Read {
  /** From the sending of a request to the last byte of its answer. */
  readonly answerMs: readonly number[];
  readonly tookMs: number;
  readonly bytes: number;
  /** How much later than it was due this process did something, at the 99th of 100 times. */
  readonly ownDelayMs: number;
}

process.on("message", (reading: Reading) => void readAll(reading).then((read) => process.send?.(read)));
process.on("disconnect", () => process.exit());

async function readAll({ urls, connections, forMs }: Reading): Promise<Read> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  await Promise.all(Array.from({ length: connections }, (_, n) => read(urls[n % urls.length] ?? "", agent)));
  const answerMs: number[] = [];
  let bytes = 0;
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const startedAt = performance.now();
  const readOn = async (): Promise<void> => {
    for (let sentAt = performance.now(); sentAt - startedAt < forMs; sentAt = performance.now()) {
      const got = await read(urls[answerMs.length % urls.length] ?? "", agent);
      bytes += got;
      answerMs.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, readOn));
  const tookMs = performance.now() - startedAt;
  own.disable();
  agent.destroy();
  return { answerMs, tookMs, bytes, ownDelayMs: own.percentile(99) / 1e6 - 1 };
}

function read(url: string, agent: Agent): Promise<number> {
  return new Promise((done, failed) => {
    let bytes = 0;
    request(url, { agent, headers: { "accept-encoding": "gzip" } }, (response) => {
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.once("end", () =>
        response.statusCode === 200 ? done(bytes) : failed(new Error(`answered ${response.statusCode}`)),
      );
    })
      .once("error", failed)
      .end();
  });
}
