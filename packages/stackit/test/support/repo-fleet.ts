import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RepoList, RepoSummary } from "../../src/contract/repo.ts";
import { type Upstream, upstreamOf } from "./mirror-world.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

/** Several repositories on hosts of their own, mirrored by one server process. */
export interface RepoFleet extends AsyncDisposable {
  readonly server: ServerProcess;
  upstream(name: string): Upstream;
  /** Where the server keeps the mirror with this id. */
  mirrorDir(id: string): string;
  repos(): Promise<RepoSummary[]>;
}

/** Mirrors `acme/<name>` under the id `<name>`, each with one stack of two branches and what `entry` adds to it in the list. Settles when each has been tried. */
export async function repoFleet(
  names: readonly string[],
  flags: readonly string[] = ["--sync-interval", "0"],
  env: Record<string, string> = {},
  entry: Record<string, string> = {},
): Promise<RepoFleet> {
  const folder = await mkdtemp(join(tmpdir(), "stackit-fleet-"));
  const upstreams = new Map<string, Upstream>();
  for (const name of names) {
    const upstream = await upstreamOf((writer) => {
      writer.commit("main");
      writer.stacked("api", "main");
      writer.stacked("ui", "api");
    });
    upstreams.set(name, upstream);
  }
  const list = join(folder, "repos.json");
  const repos = [...upstreams].map(([name, { url }]) => ({
    id: name,
    url: url.href,
    owner: "acme",
    name,
    ...entry,
  }));
  await writeFile(list, JSON.stringify({ repos }));
  const args = ["--repos-config", list, "--data-dir", join(folder, "data"), ...flags];
  const server = await startServerProcess(args, env);
  const fleet: RepoFleet = {
    server,
    upstream(name) {
      const upstream = upstreams.get(name);
      if (!upstream) throw new Error(`there is no ${name}`);
      return upstream;
    },
    mirrorDir: (id) => join(folder, "data", "mirrors", `${id}.git`),
    async repos() {
      const { repos } = (await (await fetch(`${server.url}/api/v1/repos`)).json()) as RepoList;
      return repos;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      for (const upstream of upstreams.values()) await upstream[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  while ((await fleet.repos()).some(({ freshness }) => !freshness.lastAttempt)) await sleep(50);
  return fleet;
}
