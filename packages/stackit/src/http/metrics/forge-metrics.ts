import { Counter, Gauge, type Registry } from "prom-client";
import type { Clock } from "../../lib/clock.ts";
import type { ForgeActivity } from "../server-parts.ts";

/** Repositories with a line of their own: with more, those whose facts are the oldest. */
const MAX_REPOS = 1_000;

export function measureForge(
  registry: Registry,
  { forge, clock }: { forge: ForgeActivity; clock: Pick<Clock, "wallNow"> },
): void {
  const registers = [registry];
  new Counter({
    name: "stackit_forge_requests_total",
    help: "Requests to forges for pull requests, reviews and checks.",
    registers,
    collect() {
      this.reset();
      this.inc(forge.requests);
    },
  });
  new Counter({
    name: "stackit_forge_failures_total",
    help: "Looks for pull requests that failed, by why. /api/v1/repos/<id> says of each repository what to do.",
    labelNames: ["failure"],
    registers,
    collect() {
      this.reset();
      for (const [failure, count] of forge.failures) this.inc({ failure }, count);
    },
  });
  new Gauge({
    name: "stackit_forge_quota_remaining",
    help: "What is left of the hour's quota for GraphQL, as the forge last said; of several tokens the least. Absent while that is not known.",
    registers,
    collect() {
      // Resetting it would leave a zero behind.
      this.remove();
      if (forge.quotaRemaining !== undefined) this.set(forge.quotaRemaining);
    },
  });
  new Gauge({
    name: "stackit_forge_facts_age_seconds",
    help: `Seconds since a repository's forge last said that nothing else is to be told of its pull requests, by repository id; the ${MAX_REPOS} oldest when there are more.`,
    labelNames: ["repo"],
    registers,
    collect() {
      this.reset();
      const now = clock.wallNow();
      const known = forge.checked.map(({ repoId, checkedAtMs }) => ({
        repoId,
        ageMs: Math.max(0, now - checkedAtMs),
      }));
      for (const { repoId, ageMs } of known.sort((a, b) => b.ageMs - a.ageMs).slice(0, MAX_REPOS)) {
        this.set({ repo: repoId }, ageMs / 1000);
      }
    },
  });
}
