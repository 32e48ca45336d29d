import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { RepoSummary } from "../packages/stackit/src/contract/repo.ts";
import { type ServerProcess, startServerProcess } from "../packages/stackit/test/support/server-process.ts";
import { SECRET } from "./webhook.ts";

export interface MirrorServer extends ServerProcess {
  /** From the start of the process, Node's own included. */
  readonly listensAfterMs: number;
  readonly readyAfterMs: number;
}

/**
 * `serve` as a process of its own with mirrors of the repositories `<name>.git` of a host, known to GitHub as `octo/<name>`.
 * Settles when each was read once. Nothing is synced but what is asked for, unless `flags` say otherwise. The data folder stays.
 */
export async function serveMirrors(
  names: readonly string[],
  {
    hostUrl,
    dataDir,
    flags = ["--sync-interval", "0"],
    nodeFlags = [],
  }: { hostUrl: string; dataDir: string; flags?: readonly string[]; nodeFlags?: readonly string[] },
): Promise<MirrorServer> {
  const repos = names.map((name) => ({ id: name, url: `${hostUrl}/${name}.git`, owner: "octo", name }));
  const list = `${dataDir}.json`;
  await mkdir(dataDir, { recursive: true });
  await writeFile(list, JSON.stringify({ repos }));
  const args = ["--repos-config", list, "--data-dir", dataDir, ...flags];
  const startedAt = performance.now();
  const server = await startServerProcess(args, { STACKIT_WEBHOOK_SECRET: SECRET }, { nodeFlags });
  await rm(list);
  const listensAfterMs = performance.now() - startedAt;
  while (!(await fetch(`${server.url}/readyz`)).ok) await sleep(100);
  return Object.assign(server, { listensAfterMs, readyAfterMs: performance.now() - startedAt });
}

/** Settles when no run of any of its repositories waits or is at work. */
export async function untilIdle({ url }: ServerProcess): Promise<void> {
  for (;;) {
    const list: { repos: RepoSummary[] } = await readJson(`${url}/api/v1/repos`);
    if (list.repos.every(({ freshness }) => freshness.activity === "idle")) return;
    await sleep(500);
  }
}

/** What the server's contract says of the answer is taken for granted. */
export async function readJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return JSON.parse(await response.text());
}

/** Where the mirrors of a data folder lie. */
export function mirrorDir(dataDir: string, name: string): string {
  return join(dataDir, "mirrors", `${name}.git`);
}
