import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { descendantsOf, type ServerProcess } from "../packages/stackit/test/support/server-process.ts";
import { makeFleet } from "./fleet.ts";
import { gitHost } from "./git-host.ts";
import type { Finding } from "./measure.ts";
import { mirrorDir, serveMirrors, untilIdle } from "./mirror-server.ts";
import { pushDelivery } from "./webhook.ts";

const MIRRORS = 1_000;
const SETTLED_AFTER_MS = 3_000;

/** What a server costs that has a thousand mirrors of fifty branches, which lie on its disk when it starts, beside one that has one. */
export async function manyMirrors(template: string): Promise<Finding[]> {
  await using fleet = await makeFleet(template, { count: MIRRORS, changes: 0 });
  await using host = await gitHost(fleet.folder);
  const dataDir = `${fleet.folder}-data`;
  const [first = "", ...others] = fleet.names;
  const measured = async (names: readonly string[]) => {
    await using server = await serveMirrors(names, { hostUrl: host.url, dataDir });
    await untilIdle(server);
    const gitProcesses = (await descendantsOf(server.pid)).length;
    await sleep(SETTLED_AFTER_MS);
    const startedKiB = await residentKiB(server);
    for (const name of names) await announce(server, { origin: host.url, name }, fleet.trunkTip);
    await untilIdle(server);
    await sleep(SETTLED_AFTER_MS);
    return { ...server, gitProcesses, startedKiB, sweptKiB: await residentKiB(server) };
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
          ["every one read after", all.readyAfterMs / 1000, "s"],
          ["processes of git then", all.gitProcesses],
        ],
        floor: [],
      },
      {
        branches: 50,
        scenario: `${MIRRORS} mirrors, resident memory of the server`,
        product: [
          ["with one", one.startedKiB / 1024, "MiB"],
          ["with all, started", all.startedKiB / 1024, "MiB"],
          ["swept", all.sweptKiB / 1024, "MiB"],
          ["each", (all.sweptKiB - one.sweptKiB) / (MIRRORS - 1), "KiB"],
        ],
        floor: [],
      },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
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
