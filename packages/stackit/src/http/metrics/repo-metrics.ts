import { Gauge, type Registry } from "prom-client";
import type { Freshness } from "../../contract/repo.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import type { SyncRequester } from "../server-parts.ts";

/** Mirrors with a line of their own: with more, those that are the stalest. */
const MAX_MIRRORS = 1_000;
/** No more remotes than that are worth a line. */
const MAX_HOSTS = 100;
const HEALTHS: readonly Freshness["health"][] = ["fresh", "late", "failing", "never", "local"];

interface Parts {
  readonly repos: { list(): readonly Pick<ServedRepo, "id" | "kind">[] };
  readonly syncs: Pick<SyncRequester, "freshness">;
  readonly clock: Pick<Clock, "wallNow">;
}

/** Read when it is asked for: time alone makes a repository stale. */
export function measureRepos(registry: Registry, { repos, syncs, clock }: Parts): void {
  const registers = [registry];
  const startedAtMs = clock.wallNow();
  new Gauge({
    name: "stackit_repositories",
    help: "Repositories that are served, by health. late: the last success is older than twice the interval; failing: the last sync failed; never: not read yet; local: a working copy.",
    labelNames: ["health"],
    registers,
    collect() {
      for (const health of HEALTHS) this.set({ health }, 0);
      for (const { id } of repos.list()) this.inc({ health: syncs.freshness(id).health });
    },
  });
  new Gauge({
    name: "stackit_mirror_staleness_seconds",
    help: `Seconds since the last successful sync of a mirror, or since the server's start where it had none yet, by repository id; the ${MAX_MIRRORS} stalest when there are more.`,
    labelNames: ["repo"],
    registers,
    collect() {
      this.reset();
      for (const { id, staleMs } of stalest()) this.set({ repo: id }, staleMs / 1000);
    },
  });

  new Gauge({
    name: "stackit_remote_host_waits",
    help: `Hosts of remotes that are left alone now, each with the value 1, at most ${MAX_HOSTS}. failing: it failed for several mirrors in a row; rate-limited: it said for how long.`,
    labelNames: ["host", "reason"],
    registers,
    collect() {
      this.reset();
      const waits = repos.list().flatMap(({ id }) => syncs.freshness(id).waitingFor ?? []);
      const byHost = new Map(waits.map(({ host, reason }) => [host, reason]));
      for (const [host, reason] of [...byHost].slice(0, MAX_HOSTS)) this.set({ host, reason }, 1);
    },
  });

  function stalest(): { id: string; staleMs: number }[] {
    const now = clock.wallNow();
    const known = repos.list().flatMap(({ id, kind }) => {
      if (kind !== "mirror") return [];
      const { lastSuccessAt } = syncs.freshness(id);
      const sinceMs = lastSuccessAt === undefined ? startedAtMs : Date.parse(lastSuccessAt);
      return [{ id, staleMs: Math.max(0, now - sinceMs) }];
    });
    return known.sort((one, other) => other.staleMs - one.staleMs).slice(0, MAX_MIRRORS);
  }
}
