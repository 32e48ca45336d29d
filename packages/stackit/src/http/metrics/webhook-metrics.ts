import { Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "../../lib/clock.ts";
import type { ServedRepo } from "../../repos/served-repo.ts";
import type { DeliveryReceiver, HookKnowledge } from "../server-parts.ts";

/** More of them have one cause. */
const MAX_SILENT = 1_000;

export interface MeasuredWebhooks {
  readonly deliveries: Pick<DeliveryReceiver, "onAnswered">;
  readonly bodies: { readonly heldBytes: number };
  readonly repos: { list(): readonly Pick<ServedRepo, "id">[] };
  readonly hooks: HookKnowledge;
  readonly clock: Pick<Clock, "wallNow">;
}

export function measureWebhooks(
  registry: Registry,
  { deliveries, bodies, repos, hooks, clock }: MeasuredWebhooks,
): () => void {
  new Gauge({
    name: "stackit_webhook_body_bytes",
    help: "Memory for bodies of webhooks that are still arriving, so that nobody knows yet who sends them.",
    registers: [registry],
    collect() {
      this.set(bodies.heldBytes);
    },
  });
  new Gauge({
    name: "stackit_webhook_silence_seconds",
    help: `Seconds since a change was found that no webhook announced, by repository id; only of mirrors whose webhook announced pushes before and none since, at most ${MAX_SILENT}.`,
    labelNames: ["repo"],
    registers: [registry],
    collect() {
      this.reset();
      const silent = repos.list().flatMap(({ id }) => {
        const { health, silentSince } = hooks.of(id) ?? {};
        return health === "silent" && silentSince ? [{ id, sinceMs: Date.parse(silentSince) }] : [];
      });
      for (const { id, sinceMs } of silent.slice(0, MAX_SILENT))
        this.set({ repo: id }, Math.max(0, clock.wallNow() - sinceMs) / 1000);
    },
  });
  const seconds = new Histogram({
    name: "stackit_webhook_to_snapshot_seconds",
    help: "From the arrival of a webhook's delivery to the end of the sync run that answered it, when that succeeded: how long a push takes to be seen. Without deliveries that a restart delayed.",
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120, 600],
    registers: [registry],
  });
  return deliveries.onAnswered((ms) => seconds.observe(ms / 1000));
}
