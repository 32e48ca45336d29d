import { execFile } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { Agent, type ClientRequest, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { ServerProcess } from "../packages/stackit/test/support/server-process.ts";
import { makeFleet } from "./fleet.ts";
import { gitHost } from "./git-host.ts";
import { type Finding, timeMs } from "./measure.ts";
import { mirrorDir, readJson, serveMirrors, untilIdle } from "./mirror-server.ts";
import { pushDelivery } from "./webhook.ts";

const MIRRORS = 1_000;
const ACTIVE = 50;
const STREAMS = 512;
const SETTLED_AFTER_MS = 3_000;

/**
 * What a server costs that has a thousand mirrors of fifty branches, which lie on its disk when it starts, beside one that has one: when
 * nothing of them was needed yet, when those that are active were read, and with event streams.
 */
export async function manyMirrors(template: string): Promise<Finding[]> {
  await using fleet = await makeFleet(template, { count: MIRRORS, changes: 0 });
  await using host = await gitHost(fleet.folder);
  const dataDir = `${fleet.folder}-data`;
  const [first = "", ...others] = fleet.names;
  const measured = async (names: readonly string[]) => {
    await using server = await serveMirrors(names, { hostUrl: host.url, dataDir });
    const shownAfterMs = await firstViewMs(server, names.at(-1) ?? "");
    await untilIdle(server);
    const started = await processesStarted(server);
    await sleep(SETTLED_AFTER_MS);
    const startedKiB = await residentKiB(server);
    const active = names.slice(0, ACTIVE);
    for (const name of active) await announce(server, { origin: host.url, name }, fleet.trunkTip);
    await untilIdle(server);
    await sleep(SETTLED_AFTER_MS);
    const activeKiB = await residentKiB(server);
    const streams = await openStreams(server, STREAMS);
    await sleep(SETTLED_AFTER_MS);
    const streamsKiB = await residentKiB(server);
    for (const stream of streams) stream.destroy();
    return { ...server, shownAfterMs, started, startedKiB, activeKiB, streamsKiB };
  };
  try {
    await measured([first]);
    const one = await measured([first]);
    for (const name of others) await fleet.copyFor(name, mirrorDir(dataDir, first), mirrorDir(dataDir, name));
    const all = await measured(fleet.names);
    return [
      {
        branches: 50,
        scenario: `${MIRRORS} mirrors, start`,
        product: [
          ["listening after", all.listensAfterMs / 1000, "s"],
          ["ready after", all.readyAfterMs / 1000, "s"],
          ["first view of one of them in", all.shownAfterMs, "ms"],
          ["processes of git until each was looked at", all.started],
        ],
        floor: [],
      },
      {
        branches: 50,
        scenario: `${MIRRORS} mirrors, resident memory of the server`,
        product: [
          ["with one", one.startedKiB / 1024, "MiB"],
          ["with all", all.startedKiB / 1024, "MiB"],
          ["each idle", (all.startedKiB - one.startedKiB) / (MIRRORS - 1), "KiB"],
          [`${ACTIVE} of them active`, all.activeKiB / 1024, "MiB"],
          ["each active", (all.activeKiB - all.startedKiB) / ACTIVE, "KiB"],
          [`with ${STREAMS} event streams`, all.streamsKiB / 1024, "MiB"],
          ["each stream", (all.streamsKiB - all.activeKiB) / STREAMS, "KiB"],
        ],
        floor: [],
      },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** From the asking on. The mirror is read for it, unless a run has done that. */
async function firstViewMs({ url }: ServerProcess, name: string): Promise<number> {
  return timeMs(() => readJson(`${url}/api/v1/repos/${name}/view`));
}

async function processesStarted({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^stackit_git_processes_started_total (\d+)$/m.exec(text)?.[1]);
}

/** As many as one client may have open, from each of several addresses. */
async function openStreams({ url }: ServerProcess, count: number): Promise<ClientRequest[]> {
  const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const localAddress = `127.0.0.${2 + (index % 32)}`;
      const stream = request(`${url}/api/v1/events`, { agent, localAddress }).end();
      stream.on("error", () => {});
      const [response] = await once(stream, "response");
      if (response.statusCode !== 200) throw new Error(`a stream was answered ${response.statusCode}`);
      response.resume();
      return stream;
    }),
  );
}

async function residentKiB({ pid }: ServerProcess): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout);
}

/** A push that brings nothing new, so that the mirror is looked at. Webhooks are not limited in rate. */
async function announce(
  { url }: ServerProcess,
  repository: { origin: string; name: string },
  commit: string,
): Promise<void> {
  const { path, headers, body } = pushDelivery(repository, { branch: "main", commit });
  const answer = await fetch(`${url}${path}`, { method: "POST", headers, body });
  if (answer.status !== 202) throw new Error(`a webhook was answered ${answer.status}`);
}
