import { once } from "node:events";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { BareView } from "./bare-view-process.ts";
import { cpuMsOf } from "./cpu-time.ts";
import { makeFleet, push } from "./fleet.ts";
import { ask, forked } from "./forked.ts";
import { gitHost } from "./git-host.ts";
import { type Figure, type Finding, median, percentile } from "./measure.ts";
import { serveMirrors } from "./mirror-server.ts";
import { untilCountedOverHttp } from "./scenarios.ts";
import type { Read, Reading } from "./view-reader-process.ts";

const REPOSITORIES = 10;
const CONNECTIONS = 50;
const READ_FOR_MS = 5000;
const MAX_ROUNDS = 3;

/** What is read, and the process that answers. */
interface ReadFrom {
  readonly urls: readonly string[];
  readonly pid: number;
}

/** With the time on a processor that the answering process took, what it did besides included. */
interface Measured extends Read {
  readonly cpuMs: number;
}

/**
 * Views of a public server with ten mirrors, each looked at every second and pushed to once in each round, read over fifty connections.
 * Beside it, under the same load, an endpoint of `node:http` alone that answers with the same bytes.
 */
export async function publicReads(template: string, wantedRounds: number): Promise<Finding[]> {
  const rounds = Math.min(wantedRounds, MAX_ROUNDS);
  await using fleet = await makeFleet(template, { count: REPOSITORIES, changes: 3 * rounds });
  await using host = await gitHost(fleet.folder);
  await using reader = forked(new URL("view-reader-process.ts", import.meta.url));
  await using bare = forked(new URL("bare-view-process.ts", import.meta.url));
  const dataDir = `${fleet.folder}-data`;
  const flags = ["--read-only", "--sync-interval", "1s"];
  try {
    await using server = await serveMirrors(fleet.names, { hostUrl: host.url, dataDir, flags });
    const bases = fleet.names.map((name) => `${server.url}/api/v1/repos/${name}`);
    for (const base of bases) await untilCountedOverHttp(base);
    const ours = bases.map((base) => `${base}/view`);
    const told: BareView = { base64: (await gzipped(ours[0] ?? "")).toString("base64") };
    const { url: bareUrl } = await ask<{ url: string }>(bare.process, told);

    const changes = fleet.changes.values();
    const readWhilePushing = async ({ urls, pid }: ReadFrom, revalidates = false): Promise<Measured> => {
      const beforeMs = await cpuMsOf(pid);
      const reading: Reading = { urls, connections: CONNECTIONS, forMs: READ_FOR_MS, revalidates };
      const answer = ask<Read>(reader.process, reading);
      const { value: change } = changes.next();
      if (change) for (const name of fleet.names) await push(join(fleet.folder, `${name}.git`), change);
      const read = await answer;
      return { ...read, cpuMs: (await cpuMsOf(pid)) - beforeMs };
    };
    const ofServer: ReadFrom = { urls: ours, pid: server.pid };
    const ofBare: ReadFrom = { urls: [bareUrl], pid: bare.process.pid ?? 0 };
    const [product, floor, known]: [Measured[], Measured[], Measured[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      product.push(await readWhilePushing(ofServer));
      floor.push(await readWhilePushing(ofBare));
      known.push(await readWhilePushing(ofServer, true));
    }
    const scenario = `GET /view of ${REPOSITORIES} mirrors that are synced, over ${CONNECTIONS} connections`;
    return [
      { branches: 50, scenario, product: figuresOf(product), floor: figuresOf(floor) },
      {
        branches: 50,
        scenario: "the same by readers who have what they were last given",
        product: [...figuresOf(known), ["unchanged", median(known.map(shareUnchanged)), "%"]],
        floor: [],
      },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function shareUnchanged({ unchanged, answerMs }: Read): number {
  return (unchanged * 100) / answerMs.length;
}

/** Medians of the rounds. */
function figuresOf(rounds: readonly Measured[]): Figure[] {
  const ofAll = (figure: (one: Measured) => number) => median(rounds.map(figure));
  return [
    ["requests a second", ofAll(({ answerMs, tookMs }) => (answerMs.length * 1000) / tookMs)],
    ["p50", ofAll(({ answerMs }) => percentile(answerMs, 0.5)), "ms"],
    ["p99", ofAll(({ answerMs }) => percentile(answerMs, 0.99)), "ms"],
    ["CPU for each", ofAll(({ cpuMs, answerMs }) => (cpuMs * 1000) / answerMs.length), "µs"],
    ["of each", ofAll(({ bytes, answerMs }) => bytes / answerMs.length / 1024), "KiB"],
    ["reader late by p99", ofAll(({ ownDelayMs }) => ownDelayMs), "ms"],
  ];
}

async function gzipped(url: string): Promise<Buffer> {
  const asked = request(url, { headers: { "accept-encoding": "gzip" } }).end();
  const [response] = await once(asked, "response");
  return buffer(response);
}
