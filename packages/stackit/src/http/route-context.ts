import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { DiffAnswers } from "./diff-answers.ts";
import type { DocsSite } from "./docs-site.ts";
import type { EventStreams } from "./event-stream.ts";
import type { Metrics } from "./metrics.ts";
import type { HttpConfig } from "./server-config.ts";
import type { ServerParts } from "./server-parts.ts";
import type { SnapshotAnswers } from "./snapshot-answers.ts";
import type { ViewHistory } from "./view-history.ts";

/** What routes may use. */
export interface RouteContext extends ServerParts {
  readonly config: HttpConfig;
  readonly clock: Clock;
  readonly answers: SnapshotAnswers;
  readonly views: ViewHistory;
  readonly diffs: DiffAnswers;
  readonly docs: DocsSite;
  readonly streams: EventStreams;
  readonly metrics: Metrics;
  readonly webhookBodies: BodyBudget;
  /** Counts a request that was free on arrival. @throws {Problem} `request/rate-limited` */
  count(request: FastifyRequest, reply: FastifyReply): void;
  /** Aborts when the server begins to stop. */
  readonly closing: AbortSignal;
  /** The server is about to end, and still answers. Aborts before `closing`. */
  readonly ending: AbortSignal;
}
