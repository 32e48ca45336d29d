import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Branch } from "../packages/stackit/src/contract/view.ts";
import { type Fleet, makeFleet } from "./fleet.ts";
import { gitHost } from "./git-host.ts";
import { type Figure, type Finding, percentile } from "./measure.ts";
import { type MirrorServer, readJson, serveMirrors, untilIdle } from "./mirror-server.ts";
import type { Change } from "./plain-git.ts";
import { untilCountedOverHttp } from "./scenarios.ts";
import type { Burst, Sent } from "./webhook-sender-process.ts";

const REPOSITORIES = 10;
const PUSHES_EACH = 100;
const CONNECTIONS = 50;
const MAX_ROUNDS = 3;

/**
 * A thousand pushes to ten repositories, each with its signed webhook, as fast as fifty connections take them, while the server
 * fetches what was pushed. Beside it, the same is sent to an endpoint that does nothing but check the signature.
 */
export async function webhookBursts(template: string, wantedRounds: number): Promise<Finding[]> {
  const rounds = Math.min(wantedRounds, MAX_ROUNDS);
  await using fleet = await makeFleet(template, { count: REPOSITORIES, changes: PUSHES_EACH * rounds });
  await using host = await gitHost(fleet.folder);
  await using sender = forked(new URL("webhook-sender-process.ts", import.meta.url));
  await using bare = forked(new URL("bare-endpoint-process.ts", import.meta.url));
  const [{ url: bareUrl }] = await once(bare.process, "message");
  const dataDir = `${fleet.folder}-data`;
  try {
    await using server = await serveMirrors(fleet.names, { hostUrl: host.url, dataDir });
    for (const name of fleet.names) await untilCountedOverHttp(`${server.url}/api/v1/repos/${name}`);
    const ours: Sent[] = [];
    const theirs: Sent[] = [];
    let mostFetches = 0;
    for (let round = 0; round < rounds; round++) {
      const changes = fleet.changes.slice(round * PUSHES_EACH, (round + 1) * PUSHES_EACH);
      const before = await host.fetches();
      ours.push(await send(sender.process, burst(fleet, host.url, changes, server.url)));
      await untilIdle(server);
      await expectPushed(fleet, changes, server);
      const after = await host.fetches();
      for (const [name, count] of Object.entries(after)) {
        mostFetches = Math.max(mostFetches, count - (before[name] ?? 0));
      }
      theirs.push(await send(sender.process, burst(fleet, host.url, changes, bareUrl)));
    }
    const scenario = `${REPOSITORIES * PUSHES_EACH} webhooks to ${REPOSITORIES} mirrors, time to 202`;
    const product = [...figuresOf(ours), ["fetches of each, at most", mostFetches] as const];
    return [{ branches: 50, scenario, product, floor: figuresOf(theirs) }];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function burst({ folder, names }: Fleet, origin: string, changes: readonly Change[], url: string): Burst {
  const pushes = changes.flatMap((change) =>
    names.map((name) => ({ origin, name, folder: join(folder, `${name}.git`), change })),
  );
  return { url, connections: CONNECTIONS, pushes };
}

function figuresOf(bursts: readonly Sent[]): Figure[] {
  const answerMs = bursts.flatMap((sent) => sent.answerMs);
  return [
    ["p50", percentile(answerMs, 0.5), "ms"],
    ["p95", percentile(answerMs, 0.95), "ms"],
    ["p99", percentile(answerMs, 0.99), "ms"],
    ["sender late by p99", Math.max(...bursts.map(({ ownDelayMs }) => ownDelayMs)), "ms"],
    ["burst", Math.max(...bursts.map(({ durationMs }) => durationMs)), "ms"],
  ];
}

/** @throws when a mirror lacks what was pushed last: what is fast and wrong is not measured. */
async function expectPushed(
  { names }: Fleet,
  changes: readonly Change[],
  { url }: MirrorServer,
): Promise<void> {
  const last = changes.at(-1);
  for (const name of names) {
    const place = `${url}/api/v1/repos/${name}/branches/${encodeURIComponent(last?.branch ?? "")}`;
    const { revision } = await readJson<Branch>(place);
    if (revision !== last?.commit) throw new Error(`${name} lacks what was pushed`);
  }
}

async function send(sender: ChildProcess, what: Burst): Promise<Sent> {
  const answer = once(sender, "message");
  sender.send(what);
  const [sent] = await answer;
  return sent;
}

function forked(program: URL): AsyncDisposable & { readonly process: ChildProcess } {
  const child = fork(fileURLToPath(program), { execArgv: ["--conditions=source"] });
  return {
    process: child,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}
