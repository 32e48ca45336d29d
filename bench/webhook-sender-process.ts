// Pushes to repositories on this machine and posts what GitHub would post of it, many at once, in a process of its own. Told what
// over IPC, it answers with how long each answer took.

import { Agent, request } from "node:http";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { push } from "./fleet.ts";
import type { Change } from "./plain-git.ts";
import { type Delivery, pushDelivery } from "./webhook.ts";

export interface Burst {
  readonly url: string;
  readonly connections: number;
  readonly pushes: readonly PushTo[];
}

export interface PushTo {
  /** The repository's folder, which is pushed to just before. */
  readonly folder: string;
  /** Of the host that serves it, without a slash at its end. */
  readonly origin: string;
  readonly name: string;
  readonly change: Change;
}

export interface Sent {
  /** From the sending of a delivery to the status of its answer. */
  readonly answerMs: readonly number[];
  /** How much later than it was due this process did something, at the 99th of 100 times. */
  readonly ownDelayMs: number;
  /** Epoch milliseconds. */
  readonly beganAt: number;
  readonly endedAt: number;
}

process.on("message", (burst: Burst) => void send(burst).then((sent) => process.send?.(sent)));
process.on("disconnect", () => process.exit());

async function send({ url, connections, pushes }: Burst): Promise<Sent> {
  const open = pushes.map((one) => ({ ...one, delivery: pushDelivery(one, one.change) })).values();
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  // Node takes in one new connection a turn of its event loop, which would be what is measured.
  await Promise.all(Array.from({ length: connections }, () => connect(url, agent)));
  const answerMs: number[] = [];
  const own = monitorEventLoopDelay({ resolution: 1 });
  own.enable();
  const beganAt = Date.now();
  const sendNext = async (): Promise<void> => {
    for (const { folder, change, delivery } of open) {
      await push(folder, change);
      answerMs.push(await post(url, delivery, agent));
    }
  };
  await Promise.all(Array.from({ length: connections }, sendNext));
  const endedAt = Date.now();
  own.disable();
  agent.destroy();
  // The timer that measures is due each millisecond, and that is in the figure.
  return { answerMs, ownDelayMs: own.percentile(99) / 1e6 - 1, beganAt, endedAt };
}

function connect(url: string, agent: Agent): Promise<void> {
  return new Promise((done, failed) => {
    request(`${url}/healthz`, { agent }, (response) => response.resume().once("end", done))
      .once("error", failed)
      .end();
  });
}

function post(url: string, { path, headers, body }: Delivery, agent: Agent): Promise<number> {
  const startedAt = performance.now();
  return new Promise((done, failed) => {
    const posting = request(`${url}${path}`, { method: "POST", headers, agent }, (response) => {
      const ms = performance.now() - startedAt;
      response.resume();
      response.once("end", () =>
        response.statusCode === 202
          ? done(ms)
          : failed(new Error(`a webhook was answered ${response.statusCode}`)),
      );
    });
    posting.once("error", failed);
    posting.end(body);
  });
}
