import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./app-type.ts";
import { withinSpan } from "./trace-requests.ts";

/** Headers that may carry a secret, wherever a log line shows headers. */
const SECRET_HEADERS = [
  "authorization",
  "cookie",
  "set-cookie",
  "proxy-authorization",
  "x-hub-signature-256",
];

/** A child of `logger` that shows of requests and headers only what may be shown. */
export function requestLogger(logger: FastifyBaseLogger): FastifyBaseLogger {
  const paths = SECRET_HEADERS.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]);
  return logger.child(
    {},
    {
      redact: { paths, censor: "[redacted]" },
      serializers: { req: ({ method, url }: FastifyRequest) => ({ method, path: pathOf(url) }) },
    },
  );
}

/** One line for each request, when it is over. Those that probes send every few seconds are left out. */
export function logRequests(app: App): void {
  app.decorateReply("problemCode");
  app.decorateReply("delivery");
  app.addHook("onResponse", (request, reply, done) => {
    withinSpan(request, () => logRequest(request, reply));
    done();
  });
  app.addHook("onRequestAbort", async (request) => {
    const facts = { method: request.method, path: pathOf(request.url) };
    withinSpan(request, () => request.log.info(facts, "client went away"));
  });
}

function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  if (request.routeOptions.config.isProbe && reply.statusCode < 400) return;
  request.log.info(
    {
      method: request.method,
      path: pathOf(request.url),
      route: request.routeOptions.url,
      status: reply.statusCode,
      code: reply.problemCode,
      durationMs: roundedMs(reply.elapsedTime),
      client: request.ip,
      ...reply.delivery,
    },
    "request",
  );
}

/** To a tenth, as log lines tell times. */
export function roundedMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Without the query, which may hold what should not be kept. */
function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? url;
}
