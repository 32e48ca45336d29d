import type { FastifyReply, FastifyRequest } from "fastify";
import { isTracing, openSpan } from "../lib/tracing.ts";
import type { App } from "./app-type.ts";

/** Others count as one, so that nobody makes up names of spans. */
const KNOWN_METHODS: ReadonlySet<string> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "TRACE",
]);

/**
 * A span for each request, below that of its `traceparent`, until its answer has left or its sender. What machines ask every few seconds
 * has none. To be called before what else hears of requests.
 */
export function traceRequests(app: App): void {
  app.decorateRequest("span");
  if (!isTracing) return;
  app.addHook("onRequest", (request, reply, done) => {
    if (request.routeOptions.config.isProbe) return done();
    request.span = spanOf(request, reply);
    request.span.within(done);
  });
  // A body comes from the connection, which knows nothing of requests.
  app.addHook("preValidation", (request, _reply, done) => withinSpan(request, done));
}

/** What is done for the request is a part of its span, if it has one. */
export function withinSpan<T>({ span }: Pick<FastifyRequest, "span">, work: () => T): T {
  return span ? span.within(work) : work();
}

function spanOf(request: FastifyRequest, reply: FastifyReply): NonNullable<FastifyRequest["span"]> {
  const method = KNOWN_METHODS.has(request.method) ? request.method : "_OTHER";
  const route = request.routeOptions.url;
  const span = openSpan(route === undefined ? method : `${method} ${route}`, {
    kind: "server",
    parent: request.headers,
    attributes: {
      "http.request.method": method,
      ...(route !== undefined && { "http.route": route }),
      "url.scheme": request.protocol,
      "stackit.request.id": request.id,
    },
  });
  reply.raw.once("close", () => {
    const { headersSent, statusCode } = reply.raw;
    if (headersSent) {
      span.set({ "http.response.status_code": statusCode });
      if (statusCode >= 500) span.fail(String(statusCode));
    }
    span.end();
  });
  return span;
}
