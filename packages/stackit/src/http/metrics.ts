import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { App } from "./app-type.ts";
import type { SyncRequester } from "./server-parts.ts";

/** What `/metrics` tells. Routes are named by their pattern, so that nobody's URL becomes a label. */
export class Metrics implements Disposable {
  readonly #registry = new Registry();
  readonly #requestSeconds: Histogram<"method" | "route" | "status">;
  readonly #stopObserving: () => void;

  constructor({ syncs, streams }: { syncs: SyncRequester; streams: { readonly size: number } }) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requestSeconds = new Histogram({
      name: "stackit_http_request_duration_seconds",
      help: "Time to answer a request, by route.",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
    const runs = new Counter({
      name: "stackit_sync_runs_total",
      help: "Finished sync runs, by the first trigger and the outcome.",
      labelNames: ["trigger", "outcome"],
      registers,
    });
    const runSeconds = new Histogram({
      name: "stackit_sync_run_duration_seconds",
      help: "Duration of sync runs from start to end.",
      labelNames: ["outcome"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    new Gauge({
      name: "stackit_event_streams",
      help: "Open event streams.",
      registers,
      collect() {
        this.set(streams.size);
      },
    });
    this.#stopObserving = syncs.observe(({ run }) => {
      if (run.outcome === undefined) return;
      runs.inc({ trigger: run.triggers[0] ?? "unknown", outcome: run.outcome });
      if (run.durationMs !== undefined) runSeconds.observe({ outcome: run.outcome }, run.durationMs / 1000);
    });
  }

  watch(app: App): void {
    app.addHook("onResponse", async (request, reply) => {
      if (reply.raw.getHeader("content-type")?.toString().startsWith("text/event-stream")) return;
      const { method, url = "unmatched", config } = request.routeOptions;
      if (config.isProbe) return;
      this.#requestSeconds.observe(
        { method: String(method), route: url, status: String(reply.statusCode) },
        reply.elapsedTime / 1000,
      );
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  [Symbol.dispose](): void {
    this.#stopObserving();
    this.#registry.clear();
  }
}
