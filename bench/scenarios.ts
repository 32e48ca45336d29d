import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { start } from "../packages/stackit/src/app.ts";
import { createLogger } from "../packages/stackit/src/cli/logger.ts";
import type { Config } from "../packages/stackit/src/config/config.ts";
import { HelperSpawner } from "../packages/stackit/src/git/helper-spawner.ts";
import { WorkingCopy } from "../packages/stackit/src/repos/working-copy.ts";
import { type Comparison, compare, inTurn, timeMs } from "./measure.ts";
import {
  type Change,
  changeBranch,
  changedFloor,
  firstReadFloor,
  readRefs,
  unchangedFloor,
} from "./plain-git.ts";

export interface Bench {
  /** May be changed. */
  readonly repository: string;
  readonly branches: number;
  readonly rounds: number;
}

const never = new AbortController().signal;
const work = { signal: never, confirmed: new Set<string>() };

export async function firstSnapshot({ repository, branches, rounds }: Bench): Promise<Comparison> {
  return compare(branches, "first snapshot", rounds, (_index, productFirst) =>
    inTurn(
      productFirst,
      () => firstSnapshotMs(repository),
      () => timeMs(() => firstReadFloor(repository)),
    ),
  );
}

async function firstSnapshotMs(repository: string): Promise<number> {
  const script = fileURLToPath(new URL("first-snapshot.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=source", script, repository], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [out, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`the first snapshot failed (${code})`);
  return Number(out);
}

/** Refreshes of an open repository whose lines have all been counted. */
export async function refreshes({ repository, branches, rounds }: Bench): Promise<Comparison[]> {
  await using spawner = new HelperSpawner();
  await using repo = new WorkingCopy(spawner, { id: "bench", folder: repository, namesPerson: false });
  await repo.open();
  await repo.refresh(work);
  await untilCounted(repo);
  const names = await someBranches(repository, rounds);

  const unchanged = await compare(branches, "refresh, nothing changed", rounds * 3, (_index, productFirst) =>
    inTurn(
      productFirst,
      () => timeMs(() => repo.refresh(work)),
      () => timeMs(() => unchangedFloor(repository)),
    ),
  );
  const changed = await compare(
    branches,
    "refresh, one branch changed",
    rounds,
    async (index, productFirst) => {
      const change = await changeBranch(repository, names[index] ?? "", index);
      return inTurn(
        productFirst,
        () =>
          timeMs(async () => {
            const { outcome } = await repo.refresh(work);
            if (outcome !== "updated") throw new Error(`the change was not seen: ${outcome}`);
          }),
        () => timeMs(() => changedFloor(repository, change)),
      );
    },
  );
  return [unchanged, changed];
}

/** The whole server, asked over HTTP. Its floor is one listing of the refs: what a server without a model would do for each read. */
export async function httpReads({ repository, branches, rounds }: Bench): Promise<Comparison[]> {
  const dataDir = join(repository, "..", `data-${process.pid}`);
  const config = configFor(repository, dataDir);
  const server = await start(config, await createLogger(config, process.stderr));
  try {
    await server.firstRuns;
    const base = `${server.url}/api/v1/repos/default`;
    await untilCountedOverHttp(base);
    const names = await someBranches(repository, rounds + 1);
    let tag = "";
    const read = async (ifNoneMatch?: string): Promise<number> => {
      const headers = { "accept-encoding": "gzip", ...(ifNoneMatch && { "if-none-match": ifNoneMatch }) };
      const response = await fetch(`${base}/view`, { headers });
      await response.arrayBuffer();
      tag = response.headers.get("etag") ?? "";
      return response.status;
    };
    const sync = async (): Promise<void> => {
      const response = await fetch(`${base}/sync`, { method: "POST" });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`sync answered ${response.status}`);
    };
    const floor = () => timeMs(() => unchangedFloor(repository));

    const cold = await compare(branches, "GET /view, new generation", rounds, async (index, productFirst) => {
      const change: Change = await changeBranch(repository, names[index] ?? "", 1000 + index);
      if (!change.commit) throw new Error("nothing was changed");
      await sync();
      return inTurn(productFirst, () => timeMs(() => read()), floor);
    });
    const unmodified = await compare(branches, "GET /view, 304", rounds * 3, (_index, productFirst) =>
      inTurn(
        productFirst,
        () =>
          timeMs(async () => {
            const status = await read(tag);
            if (status !== 304) throw new Error(`expected 304, got ${status}`);
          }),
        floor,
      ),
    );
    const asked = await compare(branches, "POST /sync, nothing changed", rounds * 3, (_index, productFirst) =>
      inTurn(productFirst, () => timeMs(sync), floor),
    );
    return [cold, unmodified, asked];
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function configFor(repository: string, dataDir: string): Config {
  return {
    repos: [{ kind: "working-copy", id: "default", path: repository }],
    dataDir,
    bind: "127.0.0.1",
    port: 0,
    posture: "local",
    readOnly: false,
    trustedProxies: [],
    syncIntervalMs: 0,
    syncIntervalMinMs: 60_000,
    syncIntervalMaxMs: 3_600_000,
    settleMs: 250,
    syncTimeoutMs: 120_000,
    maxSyncs: 8,
    maxSyncsPerHost: 4,
    webhookSecrets: [],
    github: { url: new URL("https://github.com"), apiUrl: new URL("https://api.github.com") },
    shutdownTimeoutMs: 10_000,
    environment: "local",
    logLevel: "silent",
  };
}

/** Branches of different stacks, far apart. */
export async function someBranches(repository: string, count: number): Promise<string[]> {
  const names = (await readRefs(repository)).flatMap(({ name }) =>
    name.startsWith("refs/heads/") && name !== "refs/heads/main" ? [name.slice("refs/heads/".length)] : [],
  );
  const step = Math.max(1, Math.floor(names.length / count));
  return names.filter((_name, index) => index % step === 0).slice(0, count);
}

export async function untilCounted(repo: Pick<WorkingCopy, "snapshot">): Promise<void> {
  while (!repo.snapshot?.branches().every(({ linesAdded }) => linesAdded !== undefined)) await sleep(200);
}

export async function untilCountedOverHttp(base: string): Promise<void> {
  for (;;) {
    const answer: unknown = await (await fetch(`${base}/branches`)).json();
    if (isCounted(answer)) return;
    await sleep(500);
  }
}

function isCounted(answer: unknown): boolean {
  const branches: unknown =
    typeof answer === "object" && answer && "branches" in answer ? answer.branches : [];
  return (
    Array.isArray(branches) &&
    branches.length > 0 &&
    branches.every((branch: object) => "linesAdded" in branch)
  );
}
