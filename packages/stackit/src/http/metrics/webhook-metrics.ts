import { Gauge, Histogram, type Registry } from "prom-client";
import type { DeliveryReceiver } from "../server-parts.ts";

export interface MeasuredWebhooks {
  readonly deliveries: Pick<DeliveryReceiver, "onAnswered">;
  readonly bodies: { readonly heldBytes: number };
}

export function measureWebhooks(registry: Registry, { deliveries, bodies }: MeasuredWebhooks): () => void {
  new Gauge({
    name: "stackit_webhook_body_bytes",
    help: "Memory for bodies of webhooks that are still arriving, so that nobody knows yet who sends them.",
    registers: [registry],
    collect() {
      this.set(bodies.heldBytes);
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
