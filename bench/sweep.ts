import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { MeasuredSpawner } from "../packages/stackit/src/git/measured-spawner.ts";
import { RefLooker } from "../packages/stackit/src/git/wire/ls-refs.ts";
import { Turns } from "../packages/stackit/src/lib/turns.ts";
import { Mirror } from "../packages/stackit/src/repos/mirror.ts";
import { openStore } from "../packages/stackit/src/store/open-store.ts";
import { MirrorTarget } from "../packages/stackit/src/sync/mirror-target.ts";
import { SyncQueue } from "../packages/stackit/src/sync/sync-queue.ts";
import { type Fleet, makeFleet, push } from "./fleet.ts";
import { gitHost } from "./git-host.ts";
import { compare, type Finding, inTurn, type Result, timeMs } from "./measure.ts";
import { gitEnvironment } from "./plain-git.ts";

const MIRRORS = 200;
/** As many syncs of one host as the server runs by default. */
const AT_ONCE = 4;
const AT_REST_MS = 500;
/** A sweep is long, and its median is one of two hundred syncs already. */
const MAX_ROUNDS = 2;

/**
 * All mirrors synced through the queue, with every run recorded in the store, beside what an operator would write: `git fetch
 * --prune` in all clones by `xargs`, with the same parallelism.
 */
export async function sweeps(template: string, wantedRounds: number): Promise<Result[]> {
  const rounds = Math.min(wantedRounds, MAX_ROUNDS);
  await using fleet = await makeFleet(template, { count: MIRRORS, changes: rounds + 3 });
  await using host = await gitHost(fleet.folder);
  const data = `${fleet.folder}-data`;
  const plain = `${fleet.folder}-plain`;
  try {
    await makePlainClones(fleet, host.url, plain);
    await using queue = await mirrorsInQueue(fleet, host.url, data);
    // What goes on behind a sweep is no part of it, and must not slow the other side down.
    const sweep = async (expected: string) => {
      const sweptMs = await timeMs(() => queue.syncAll(expected));
      await queue.untilAtRest();
      return sweptMs;
    };
    const pushToEach = async (index: number) => {
      const change = fleet.changes[index];
      if (!change) throw new Error("too few changes were prepared");
      for (const name of fleet.names) await push(join(fleet.folder, `${name}.git`), change);
    };
    const loop = () => timeMs(() => fetchAll(fleet, plain));
    // The first sweep finds what lies on the disk, and looks.
    await sweep("updated");

    const unchanged = await compare(
      50,
      `${MIRRORS} mirrors, nothing pushed`,
      rounds,
      (_index, productFirst) => inTurn(productFirst, () => sweep("unchanged"), loop),
    );
    const pushed = await compare(
      50,
      `${MIRRORS} mirrors, a branch pushed to each`,
      rounds,
      async (index, productFirst) => {
        await pushToEach(index);
        return inTurn(productFirst, () => sweep("updated"), loop);
      },
    );
    await pushToEach(rounds);
    const before = queue.started;
    await queue.syncAll("updated");
    const swept = queue.started;
    const behindMs = await timeMs(() => queue.untilAtRest());
    const atRest = queue.started;
    await pushToEach(rounds + 1);
    await queue.syncAll("updated");
    await pushToEach(rounds + 2);
    const againMs = await timeMs(() => queue.syncAll("updated"));
    const costs: Finding = {
      branches: 50,
      scenario: `${MIRRORS} mirrors, what follows a push to each`,
      product: [
        ["found out after the sweep in", (behindMs - AT_REST_MS) / 1_000, "s"],
        ["processes of each run", (swept - before) / MIRRORS],
        ["and behind it", (atRest - swept) / MIRRORS],
        ["swept again with another push while that goes on:", againMs, "ms"],
      ],
      floor: [],
    };
    return [unchanged, pushed, costs];
  } finally {
    for (const folder of [data, plain]) await rm(folder, { recursive: true, force: true });
  }
}

interface MirrorsInQueue extends AsyncDisposable {
  /** @throws when a run ends otherwise than expected. */
  syncAll(expectedOutcome: string): Promise<void>;
  /** Processes, so far. */
  readonly started: number;
  /** Settles when no process has been at work for a moment. */
  untilAtRest(): Promise<void>;
}

async function mirrorsInQueue({ names, copyFor }: Fleet, url: string, data: string): Promise<MirrorsInQueue> {
  const store = await openStore(data);
  const spawner = new MeasuredSpawner(new HelperSpawner());
  const looker = new RefLooker();
  const queue = new SyncQueue({ maxRunning: AT_ONCE, maxRunningPerHost: AT_ONCE });
  // As the server does: what goes on behind the runs waits for the end of them.
  const turnsWhenQuiet = () => new Turns(1, { quiet: queue, maxWaitMs: 10_000 });
  const behind = { counting: turnsWhenQuiet(), looking: turnsWhenQuiet() };
  queue.observe(({ storeKey, run }) => store.syncRuns.save(storeKey, run));
  const dirOf = (name: string) => join(data, "mirrors", `${name}.git`);
  const open = (name: string) =>
    new Mirror(spawner, looker, {
      id: name,
      dir: dirOf(name),
      url: new URL(`${url}/${name}.git`),
      lineCounts: store.lineCounts,
      landings: { patchIds: store.patchIds },
      behind,
      trialsDir: data,
    });
  const [first = "", ...others] = names;
  {
    await using mirror = open(first);
    await mirror.refresh({ signal: new AbortController().signal, confirmed: new Set(), expected: [] });
  }
  for (const name of others) await copyFor(name, dirOf(first), dirOf(name));
  const mirrors = names.map(open);
  for (const mirror of mirrors) {
    queue.register(new MirrorTarget(mirror), { kind: "mirror", cadence: () => ({ expectedMaxAgeSec: 60 }) });
  }
  return {
    async syncAll(expectedOutcome) {
      const tickets = names.map((name) => queue.request(name, { trigger: "manual" }));
      for (const { outcome } of await Promise.all(tickets.map(({ finished }) => finished))) {
        if (outcome !== expectedOutcome) throw new Error(`a run ended as ${outcome}, not ${expectedOutcome}`);
      }
    },
    get started() {
      return spawner.started;
    },
    async untilAtRest() {
      for (let started = -1; started !== spawner.started || spawner.running > 0; ) {
        started = spawner.started;
        await setTimeout(AT_REST_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      for (const mirror of mirrors) await mirror[Symbol.asyncDispose]();
      looker[Symbol.dispose]();
      await spawner[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function makePlainClones({ names, copyFor }: Fleet, url: string, plain: string): Promise<void> {
  const [first = "", ...others] = names;
  await mkdir(plain);
  const clone = join(plain, `${first}.git`);
  await run("git", ["clone", "--quiet", "--mirror", "--template=", `${url}/${first}.git`, clone]);
  for (const name of others) await copyFor(name, clone, join(plain, `${name}.git`));
}

async function fetchAll({ names }: Fleet, plain: string): Promise<void> {
  const fetch = ["git", "--git-dir={}", "fetch", "--quiet", "--prune", "--no-tags", "--no-auto-maintenance"];
  const folders = names.map((name) => `${join(plain, `${name}.git`)}\n`).join("");
  await run(
    "xargs",
    ["-P", String(AT_ONCE), "-I", "{}", ...fetch, "--no-write-fetch-head", "origin"],
    folders,
  );
}

async function run(program: string, args: readonly string[], input = ""): Promise<void> {
  const child = spawn(program, args, { env: gitEnvironment(), stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(input);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}
