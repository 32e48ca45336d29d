import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { FastifyBaseLogger } from "fastify";
import type { Caller } from "../access/caller.ts";
import { isTracing } from "../lib/tracing.ts";
import type { App } from "./app-type.ts";
import { chooseAnswer } from "./json-answer.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestGuards } from "./request-guards.ts";
import { roundedMs } from "./request-log.ts";
import type { RepoTable } from "./server-parts.ts";
import type { SnapshotAnswers, WholeAnswer } from "./snapshot-answers.ts";

/** The documented path of an answer that is kept whole, of a repository that is named by an id without escapes, and no query. */
const WHOLE_ANSWER = /^\/api\/v1\/repos\/([\w.~-]+)\/(view|stacks|branches)$/;

interface QuickReadsTools {
  readonly repos: RepoTable;
  readonly answers: Pick<SnapshotAnswers, "made">;
  readonly guards: Pick<RequestGuards, "isOurHost">;
  readonly metrics: Pick<Metrics, "answered">;
  readonly logger: FastifyBaseLogger;
  /** By lower-case name: of every answer. */
  readonly headers: OutgoingHttpHeaders;
  /** What connections end with from here on is the framework's to say. */
  readonly closing: AbortSignal;
}

/**
 * Answers reads of what lies in memory before the framework sees them: on a server that tells nobody apart, such a read asks for nothing
 * that its hooks do, and they would be most of its cost. The answer, the log line and the metric are those of the route; whatever is not
 * plainly such a read is left to it. To be called before anything else listens to the requests of `app`.
 */
export function addQuickReads(app: App, everybody: Caller, tools: QuickReadsTools): void {
  if (isTracing) return;
  const answer = quickReads(everybody, tools);
  app.server.removeAllListeners("request");
  app.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (!answer(request, response)) app.routing(request, response);
  });
}

/** Whether it was answered. */
function quickReads(
  { roleOn }: Caller,
  { repos, answers, guards, metrics, logger, headers, closing }: QuickReadsTools,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const always = Object.entries(headers).flatMap(([name, value]) => [name, String(value)]);
  /** The host that was last found to be ours, of each connection. */
  const ourHosts = new WeakMap<Socket, string>();

  function isOurHost({ headers: { host = "" }, socket }: IncomingMessage): boolean {
    if (ourHosts.get(socket) === host) return true;
    if (!guards.isOurHost(host, socket)) return false;
    ourHosts.set(socket, host);
    return true;
  }

  return (request, response) => {
    if (request.method !== "GET" || closing.aborted || hasBody(request)) return false;
    const { url = "" } = request;
    const [, repoId = "", which] = WHOLE_ANSWER.exec(url) ?? [];
    if (!which || !isOurHost(request)) return false;
    const repo = roleOn(repoId) === undefined ? undefined : repos.get(repoId);
    const snapshot = repo?.snapshot ?? repo?.kept;
    const made = snapshot && answers.made(snapshot, which as WholeAnswer);
    if (!made) return false;
    const { status, headers: own, body } = chooseAnswer(request.headers, made.tag, made.bytes);
    if (body instanceof Promise) return false;

    const startedAt = performance.now();
    const requestId = randomUUID();
    const sent = ["x-request-id", requestId, ...always];
    for (const name in own) sent.push(name, own[name] ?? "");
    if (body) sent.push("content-length", String(body.length));
    response.once("finish", () => {
      const durationMs = performance.now() - startedAt;
      const route = `/api/v1/repos/:repo/${which}`;
      metrics.answered({ method: "GET", route, status }, durationMs);
      logger.info(
        {
          requestId,
          method: "GET",
          path: url,
          route,
          status,
          durationMs: roundedMs(durationMs),
          client: request.socket.remoteAddress,
        },
        "request",
      );
    });
    response.writeHead(status, sent).end(body);
    return true;
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}
