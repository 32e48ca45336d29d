import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SyncRunList } from "../packages/stackit/src/contract/sync-run.ts";
import type { Branch } from "../packages/stackit/src/contract/view.ts";
import { cpuMsOf } from "./cpu-time.ts";
import { type Fleet, makeFleet, push } from "./fleet.ts";
import { ask, forked } from "./forked.ts";
import { gitHost } from "./git-host.ts";
import { type Figure, type Finding, median, percentile } from "./measure.ts";
import { type MirrorServer, readJson, serveMirrors, untilIdle } from "./mirror-server.ts";
import type { Change } from "./plain-git.ts";
import { untilCountedOverHttp } from "./scenarios.ts";
import type { Burst, Sent } from "./webhook-sender-process.ts";

const REPOSITORIES = 10;
const PUSHES_EACH = 100;
/** One for each repository, and many. */
const CONNECTIONS = [10, 50];
const MAX_ROUNDS = 3;

/** What one burst was like for who took it. */
interface Taken extends Sent {
  /** Of the process that took it, without its children. */
  readonly cpuMs: number;
  /** Runs that were at work during it. */
  readonly runs: number;
}

/**
 * A thousand pushes to ten repositories, each with its signed webhook, as fast as ten or fifty connections take them. When it begins, the
 * server was just asked to sync all ten, with something new in each. Beside it, under the same load, the same is sent to an endpoint
 * that does nothing but check the signature.
 */
export async function webhookBursts(template: string, wantedRounds: number): Promise<Finding[]> {
  const rounds = Math.min(wantedRounds, MAX_ROUNDS);
  await using fleet = await makeFleet(template, {
    count: REPOSITORIES,
    changes: (PUSHES_EACH + 2) * rounds * CONNECTIONS.length,
  });
  await using host = await gitHost(fleet.folder);
  await using sender = forked(new URL("webhook-sender-process.ts", import.meta.url));
  await using bare = forked(new URL("bare-endpoint-process.ts", import.meta.url));
  const [{ url: bareUrl }] = await once(bare.process, "message");
  const dataDir = `${fleet.folder}-data`;
  try {
    await using server = await serveMirrors(fleet.names, { hostUrl: host.url, dataDir });
    for (const name of fleet.names) await untilCountedOverHttp(`${server.url}/api/v1/repos/${name}`);
    const unused = fleet.changes.values();
    const findings: Finding[] = [];
    for (const connections of CONNECTIONS) {
      const ours: Taken[] = [];
      const theirs: Taken[] = [];
      let mostFetches = 0;
      for (let round = 0; round < rounds; round++) {
        const [forUs, forThem, ...changes] = unused.take(PUSHES_EACH + 2);
        const before = await host.fetches();
        const toUs = burst(fleet, host.url, changes, { url: server.url, connections });
        ours.push(
          await sendWhileSyncing(sender.process, toUs, { fleet, server, change: forUs, pid: server.pid }),
        );
        await expectPushed(fleet, changes, server);
        const after = await host.fetches();
        for (const [name, count] of Object.entries(after)) {
          mostFetches = Math.max(mostFetches, count - (before[name] ?? 0));
        }
        const toThem = burst(fleet, host.url, changes, { url: bareUrl, connections });
        const pid = bare.process.pid ?? 0;
        theirs.push(await sendWhileSyncing(sender.process, toThem, { fleet, server, change: forThem, pid }));
      }
      const many = `${REPOSITORIES * PUSHES_EACH} webhooks to ${REPOSITORIES} mirrors`;
      const product: Figure[] = [
        ...figuresOf(ours),
        ["fetches of each, at most", mostFetches],
        ["p99 by the floor's", p99Of(ours) / p99Of(theirs)],
      ];
      const scenario = `${many} over ${connections} connections, time to 202`;
      findings.push({ branches: 50, scenario, product, floor: figuresOf(theirs) });
    }
    return findings;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function burst(
  { folder, names }: Fleet,
  origin: string,
  changes: readonly Change[],
  to: Pick<Burst, "url" | "connections">,
): Burst {
  const pushes = changes.flatMap((change) =>
    names.map((name) => ({ origin, name, folder: join(folder, `${name}.git`), change })),
  );
  return { ...to, pushes };
}

/** Pushes the change to each repository and has it synced; meanwhile the burst is sent. Settles when nothing is at work any more. */
async function sendWhileSyncing(
  sender: ChildProcess,
  what: Burst,
  on: { fleet: Fleet; server: MirrorServer; change: Change | undefined; pid: number },
): Promise<Taken> {
  const { fleet, server, change, pid } = on;
  if (change) for (const name of fleet.names) await push(join(fleet.folder, `${name}.git`), change);
  const beforeMs = await cpuMsOf(pid);
  const sending = ask<Sent>(sender, what);
  const bases = fleet.names.map((name) => `${server.url}/api/v1/repos/${name}`);
  const syncing = bases.map(async (base) => (await fetch(`${base}/sync`, { method: "POST" })).text());
  const sent = await sending;
  const cpuMs = (await cpuMsOf(pid)) - beforeMs;
  await Promise.all(syncing);
  await untilIdle(server);
  const lists = await Promise.all(bases.map((base) => readJson<SyncRunList>(`${base}/sync-runs`)));
  const runs = lists.flatMap((list) => list.runs).filter((run) => wasAtWork(run, sent)).length;
  return { ...sent, cpuMs, runs };
}

function wasAtWork(
  { startedAt, finishedAt }: SyncRunList["runs"][number],
  { beganAt, endedAt }: Sent,
): boolean {
  return startedAt !== undefined && Date.parse(startedAt) < endedAt && Date.parse(finishedAt ?? "") > beganAt;
}

/** Medians of the bursts, so that one that was disturbed counts for one. */
function figuresOf(bursts: readonly Taken[]): Figure[] {
  const ofAll = (figure: (one: Taken) => number) => median(bursts.map(figure));
  return [
    ["p50", ofAll(({ answerMs }) => percentile(answerMs, 0.5)), "ms"],
    ["p95", ofAll(({ answerMs }) => percentile(answerMs, 0.95)), "ms"],
    ["p99", p99Of(bursts), "ms"],
    ["CPU for each", ofAll(({ cpuMs, answerMs }) => cpuMs / answerMs.length), "ms"],
    ["sender late by p99", ofAll(({ ownDelayMs }) => ownDelayMs), "ms"],
    ["burst", ofAll(({ beganAt, endedAt }) => endedAt - beganAt), "ms"],
    ["runs meanwhile", ofAll(({ runs }) => runs)],
  ];
}

function p99Of(bursts: readonly Taken[]): number {
  return median(bursts.map(({ answerMs }) => percentile(answerMs, 0.99)));
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
