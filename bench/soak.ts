// Keeps a server process at work for a while, with a Git host that misbehaves at random, and then looks for what has grown or
// was left behind. Ends with failure when something was.
//
//   npm run soak -- --minutes 30 [--seed N]

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { EventReader } from "../packages/stackit/test/support/event-reader.ts";
import {
  cut,
  dropKeptConnections,
  hang,
  on,
  refuse,
} from "../packages/stackit/test/support/git-host-behaviours.ts";
import { type Front, gitHttpHost } from "../packages/stackit/test/support/git-http-host.ts";
import { leftovers } from "../packages/stackit/test/support/leftovers.ts";
import { processesWith } from "../packages/stackit/test/support/processes.ts";
import { descendantsOf } from "../packages/stackit/test/support/server-process.ts";
import { testGit } from "../packages/stackit/test/support/test-git.ts";
import { LiveHeap } from "./live-heap.ts";
import { median } from "./measure.ts";
import { mirrorDir, serveMirrors, untilIdle } from "./mirror-server.ts";
import { pushDelivery } from "./webhook.ts";

const REPOS = 6;
const BRANCHES = 40;
const STREAMS = 20;
const SAMPLE_EVERY_MS = 5_000;
/** Each waits until all garbage has gone. */
const LIVE_SAMPLE_EVERY_MS = 20_000;
/** As many of the kinds of objects that grew most are named. */
const NAMED = 8;
/** By how much the median of the last third may be above that of the one before it. */
const GROWTH = 1.1;
const REFS = ["refs/heads", "refs/stackit"];

const FAULTS: readonly (readonly [name: string, front: () => Front])[] = [
  ["broken", () => refuse(500)],
  ["busy", () => refuse(429, { "retry-after": "1" })],
  ["hanging", hang],
  ["hanging at objects", () => on("fetch", hang())],
  ["breaking off", () => on("fetch", cut(500))],
  ["forgetting connections", dropKeptConnections],
];

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "30" }, seed: { type: "string" } },
});
const durationMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const random = randomOf(seed);
const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
const folder = await mkdtemp(join(tmpdir(), "stackit-soak-"));
try {
  process.exitCode = await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Sample {
  readonly rssMb: number;
  readonly heapMb: number;
  readonly descriptors: number;
  readonly processes: number;
}

async function soak(): Promise<number> {
  const names = Array.from({ length: REPOS }, (_, index) => `soak-${index}`);
  for (const name of names) await newRepository(name);
  await using host = await gitHttpHost(folder);
  const dataDir = join(folder, "data");
  const flags = ["--sync-interval", "2s", "--sync-timeout", "5s"];
  const nodeFlags = ["--inspect=127.0.0.1:0"];
  await using server = await serveMirrors(names, { hostUrl: host.url, dataDir, flags, nodeFlags });
  const heap = await LiveHeap.of(server);

  const endsAtMs = performance.now() + durationMs;
  const isOver = () => performance.now() >= endsAtMs;
  const counts: Record<string, number> = {};
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  /** Does something again and again, with pauses of about so long. */
  const keep = async (everyMs: number, work: () => Promise<void>): Promise<void> => {
    while (!isOver()) {
      await work();
      await sleep(everyMs * (0.5 + random()));
    }
  };
  const pushes = keep(400, async () => {
    const name = oneOf(names);
    const branch = `b${Math.floor(random() * BRANCHES)}`;
    const commit = await pushTo(name, branch);
    count("pushes");
    if (random() < 0.3) return;
    const { path, headers, body } = pushDelivery({ origin: host.url, name }, { branch, commit });
    const answer = await fetch(`${server.url}${path}`, { method: "POST", headers, body });
    count(`webhooks answered ${answer.status}`);
    await answer.text();
  });
  const syncs = keep(700, async () => {
    const answer = await fetch(`${server.url}/api/v1/repos/${oneOf(names)}/sync`, { method: "POST" });
    count(`syncs answered ${answer.status}`);
    await answer.text();
  });
  const readers = Array.from({ length: 4 }, () =>
    keep(250, async () => {
      const path = oneOf(["view", "branches", "", "sync-runs"]);
      const answer = await fetch(`${server.url}/api/v1/repos/${oneOf(names)}/${path}`.replace(/\/$/, ""));
      count(`reads answered ${answer.status}`);
      await answer.text();
    }),
  );
  const streams = Array.from({ length: STREAMS }, () => followStreams());
  async function followStreams(): Promise<void> {
    while (!isOver()) {
      const reader = await EventReader.open(`${server.url}/api/v1/events`);
      const closesAtMs = Math.min(endsAtMs, performance.now() + 20_000 * random());
      const timer = setTimeout(
        () => void reader[Symbol.asyncDispose](),
        Math.max(1, closesAtMs - performance.now()),
      );
      try {
        while (await reader.next()) count("events");
      } catch {
        count("streams");
      }
      clearTimeout(timer);
      await reader[Symbol.asyncDispose]();
    }
  }
  const faults = keep(6_000, async () => {
    const [name, front] = oneOf(FAULTS);
    host.front = front();
    count(`times ${name}`);
    await sleep(1_500 * random());
    host.front = undefined;
  });
  const samples: Sample[] = [];
  const sampling = keep(SAMPLE_EVERY_MS, async () => {
    samples.push(await sampleOf(server));
  });
  const live: number[] = [];
  const liveSampling = keep(LIVE_SAMPLE_EVERY_MS, async () => {
    live.push((await heap.bytes()) / 1024 / 1024);
  });
  const looks = lookTwice(heap);
  await Promise.all([pushes, syncs, ...readers, ...streams, faults, sampling, liveSampling]);
  const grown = growthOf([...(await looks), await heap.bytesByClass()]);
  // A process waits with its end for whoever inspects it.
  await heap.close();
  host.front = undefined;

  const problems: string[] = [];
  for (const name of names) await untilSynced(`${server.url}/api/v1/repos/${name}/sync`, problems);
  await untilIdle(server);
  for (const name of names) {
    const [theirs, ours] = [join(folder, `${name}.git`), mirrorDir(dataDir, name)];
    if ((await refsOf(theirs)) !== (await refsOf(ours))) problems.push(`${name} is not what its remote is`);
  }
  const pids = await descendantsOf(server.pid);
  server.signal("SIGTERM");
  const end = await server.ended;
  if (end !== 0) problems.push(`the server ended with ${end}: ${server.log.slice(-2_000)}`);
  for (const pid of await processesWith(dataDir)) problems.push(`process ${pid} of ${pids.length} is left`);
  for (const name of await leftovers(dataDir)) problems.push(`${name} is left`);

  const columns: readonly (readonly [name: string, values: readonly number[]])[] = [
    ["Resident memory, MiB", samples.map(({ rssMb }) => rssMb)],
    ["Heap with garbage, MiB", samples.map(({ heapMb }) => heapMb)],
    ["Heap without garbage, MiB", live.map((mb) => Math.round(mb * 10) / 10)],
    ["Open descriptors", samples.map(({ descriptors }) => descriptors)],
    ["Processes beside the server", samples.map(({ processes }) => processes)],
  ];
  console.log(`\n${values.minutes} minutes, seed ${seed}, ${REPOS} mirrors, ${STREAMS} streams\n`);
  console.log("| | first third | second | last | most |\n|---|---|---|---|---|");
  for (const [name, all] of columns) {
    const [first, second, last] = thirds(all).map(median);
    console.log(`| ${name} | ${first} | ${second} | ${last} | ${Math.max(...all)} |`);
    if ((last ?? 0) > (second ?? 0) * GROWTH) problems.push(`${name} grew from ${second} to ${last}`);
  }
  console.log("\n| What grew most, KiB | in the second third | in the last |\n|---|---|---|");
  for (const [name, ...kib] of grown) console.log(`| ${name} | ${kib.join(" | ")} |`);
  console.log(`\n${JSON.stringify(counts, undefined, 1)}`);
  console.log(problems.length === 0 ? "Flat, and nothing is left." : problems.join("\n"));
  return problems.length === 0 ? 0 : 1;
}

async function sampleOf({ url, pid }: { url: string; pid: number }): Promise<Sample> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const heapBytes = Number(/^nodejs_heap_size_used_bytes(?:\{[^}]*\})? (\S+)/m.exec(metrics)?.[1]);
  return {
    rssMb: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024),
    heapMb: Math.round(heapBytes / 1024 / 1024),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    processes: (await descendantsOf(pid)).length,
  };
}

/** After a third of the time, and after two. */
async function lookTwice(heap: LiveHeap): Promise<ReadonlyMap<string, number>[]> {
  const looks: ReadonlyMap<string, number>[] = [];
  for (let third = 0; third < 2; third++) {
    await sleep(durationMs / 3);
    looks.push(await heap.bytesByClass());
  }
  return looks;
}

/** In KiB, between each look and the next: what grows steadily has grown in each, what comes and goes has not. */
function growthOf(looks: readonly ReadonlyMap<string, number>[]): [name: string, ...kib: number[]][] {
  const [first, last] = [looks[0], looks.at(-1)];
  const grownBy = (name: string, since: typeof first, until: typeof first): number =>
    ((until?.get(name) ?? 0) - (since?.get(name) ?? 0)) / 1024;
  const names = [...(last?.keys() ?? [])];
  return names
    .sort((a, b) => grownBy(b, first, last) - grownBy(a, first, last))
    .slice(0, NAMED)
    .map((name) => [
      name,
      ...looks.slice(1).map((look, index) => Math.round(grownBy(name, looks[index], look))),
    ]);
}

/** A host that was left alone is asked again soon; what stays is a problem. */
async function untilSynced(url: string, problems: string[]): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const answer = await fetch(url, { method: "POST" });
    const text = await answer.text();
    if (answer.ok) return;
    if (tries === 59) problems.push(`${url} answered ${answer.status}: ${text}`);
    await sleep(1_000);
  }
}

function thirds(all: readonly number[]): number[][] {
  const size = Math.ceil(all.length / 3);
  return [all.slice(0, size), all.slice(size, 2 * size), all.slice(2 * size)];
}

async function newRepository(name: string): Promise<void> {
  const path = join(folder, `${name}.git`);
  await testGit(["init", "--quiet", "--bare", "--initial-branch=main", path], { cwd: folder });
  const tree = (await testGit(["mktree"], { cwd: path })).trim();
  const commit = (await testGit(["commit-tree", "-m", "first", tree], { cwd: path })).trim();
  const names = ["main", ...Array.from({ length: BRANCHES }, (_, index) => `b${index}`)];
  const input = names.map((branch) => `create refs/heads/${branch} ${commit}\n`).join("");
  await testGit(["update-ref", "--stdin"], { cwd: path, input });
}

/** One more commit, or now and then one that takes the branch back to the trunk. */
async function pushTo(name: string, branch: string): Promise<string> {
  const cwd = join(folder, `${name}.git`);
  const parent = random() < 0.05 ? "main" : branch;
  const message = `${branch} ${random()}`;
  const tree = `${parent}^{tree}`;
  const commit = (await testGit(["commit-tree", "-p", parent, "-m", message, tree], { cwd })).trim();
  await testGit(["update-ref", `refs/heads/${branch}`, commit], { cwd });
  return commit;
}

function refsOf(cwd: string): Promise<string> {
  return testGit(["for-each-ref", ...REFS], { cwd });
}

/** Mulberry32: the same numbers for the same seed. */
function randomOf(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
