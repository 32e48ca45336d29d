import type { FastifyReply, FastifyRequest } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "../lib/clock.ts";
import type { App } from "./app-type.ts";
import { measureForge } from "./metrics/forge-metrics.ts";
import { measureGit } from "./metrics/git-metrics.ts";
import { measureQueue } from "./metrics/queue-metrics.ts";
import { measureRepos } from "./metrics/repo-metrics.ts";
import { measureRuns } from "./metrics/run-metrics.ts";
import { measureWebhooks } from "./metrics/webhook-metrics.ts";
import type { ServerParts } from "./server-parts.ts";

export interface Measured
  extends Pick<ServerParts, "repos" | "syncs" | "githubDeliveries" | "hooks" | "git" | "forge"> {
  readonly streams: { readonly size: number };
  readonly webhookBodies: { readonly heldBytes: number };
  readonly clock: Clock;
}

export interface AnsweredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

/** What `/metrics` tells. Routes are named by their pattern, so that nobody's URL becomes a label. */
export class Metrics implements Disposable {
  readonly #registry = new Registry();
  readonly #requestSeconds: Histogram<"method" | "route" | "status">;
  readonly #stops: (() => void)[];

  constructor({
    repos,
    syncs,
    githubDeliveries,
    hooks,
    git,
    forge,
    streams,
    webhookBodies,
    clock,
  }: Measured) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requestSeconds = new Histogram({
      name: "stackit_http_request_duration_seconds",
      help: "Time to answer a request, by route.",
      labelNames: ["method", "route", "status"],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
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
    measureQueue(this.#registry, syncs);
    measureRepos(this.#registry, { repos, syncs, clock });
    measureGit(this.#registry, git);
    measureForge(this.#registry, { forge, clock });
    this.#stops = [
      measureRuns(this.#registry, syncs),
      measureWebhooks(this.#registry, {
        deliveries: githubDeliveries,
        bodies: webhookBodies,
        repos,
        hooks,
        clock,
      }),
    ];
  }

  watch(app: App): void {
    app.addHook("onResponse", (request, reply, done) => {
      this.#observe(request, reply);
      done();
    });
  }

  #observe({ routeOptions }: FastifyRequest, reply: FastifyReply): void {
    if (reply.raw.getHeader("content-type")?.toString().startsWith("text/event-stream")) return;
    const { method, url: route = "unmatched", config } = routeOptions;
    if (config.isProbe) return;
    this.answered({ method: String(method), route, status: reply.statusCode }, reply.elapsedTime);
  }

  /** `route`: its pattern. */
  answered({ method, route, status }: AnsweredRequest, durationMs: number): void {
    this.#requestSeconds.observe({ method, route, status: String(status) }, durationMs / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop();
    this.#registry.clear();
  }
}
