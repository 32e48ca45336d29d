import { randomUUID } from "node:crypto";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { type Clock, systemClock } from "../lib/clock.ts";
import type { App } from "./app-type.ts";
import { BodyBudget } from "./body-budget.ts";
import { takeJsonBodies } from "./body-parsing.ts";
import { answerBrokenConnection, ignoreExpectations } from "./broken-connections.ts";
import { knowCallers, letEverybodyIn, letIn, letNobodyIn, limitKey, recognize } from "./callers.ts";
import { limitConnections } from "./connection-limit.ts";
import { cookieNames } from "./cookies.ts";
import { serveDashboard } from "./dashboard.ts";
import { DiffAnswers } from "./diff-answers.ts";
import { DocsSite } from "./docs-site.ts";
import { endConnections } from "./end-connections.ts";
import { EventStreams } from "./event-stream.ts";
import { refuseOtherMethods } from "./method-not-allowed.ts";
import { Metrics } from "./metrics.ts";
import { addOpenApi } from "./openapi.ts";
import { sendProblem } from "./problem.ts";
import { addQuickReads } from "./quick-reads.ts";
import { recordRefusals } from "./record-refusals.ts";
import { requestGuards } from "./request-guards.ts";
import { logRequests, requestLogger } from "./request-log.ts";
import type { RouteContext } from "./route-context.ts";
import { addRoutes } from "./routes/all-routes.ts";
import { securityHeaders } from "./security-headers.ts";
import { DEFAULT_LIMITS, type HttpConfig, type HttpLimits } from "./server-config.ts";
import type { ServerParts } from "./server-parts.ts";
import { forbidSharedCaches } from "./shared-caches.ts";
import { endSlowReaders } from "./slow-readers.ts";
import { SnapshotAnswers } from "./snapshot-answers.ts";
import { traceRequests } from "./trace-requests.ts";
import { validatorCompiler } from "./validation.ts";
import { ViewHistory } from "./view-history.ts";

/** How exactly the request timeout is kept. */
const TIMEOUT_CHECKS_MS = 5000;
/** Longer than any name that the header limit lets through. */
const MAX_PARAM_LENGTH = 64 * 1024;

export interface ServerOptions extends ServerParts {
  readonly config: HttpConfig;
  readonly logger: FastifyBaseLogger;
  readonly clock?: Clock;
  /** Aborts when the server is about to be closed, so that it says so before it takes no more. */
  readonly ending?: AbortSignal;
}

/**
 * The server, ready but not listening. Closing it ends event streams and answers those who wait for a run with
 * `sync/shutting-down`; it settles when the last request is answered.
 */
export async function createServer(options: ServerOptions): Promise<App> {
  const { config, clock = systemClock, logger, ending, ...parts } = options;
  const limits = { ...DEFAULT_LIMITS, ...config.limits };
  const app = newApp(config, limits, logger);
  const guards = requestGuards(config, limits, clock);
  const closing = new AbortController();
  const answers = new SnapshotAnswers(config.version);
  const headers = securityHeaders({ isHttps: config.baseUrl?.protocol === "https:" });
  const streams = new EventStreams({ source: parts.events, version: config.version, clock, limits });
  const webhookBodies = new BodyBudget(limits.webhookBytes);
  const metrics = new Metrics({ ...parts, streams, webhookBodies, clock });
  const { everybody } = parts.access;
  const { trustedProxies = [] } = config;
  // Behind a proxy, whose request it is stands in headers that the framework knows how far to believe.
  if (everybody && trustedProxies.length === 0) {
    const { repos } = parts;
    const { log: logger } = app;
    addQuickReads(app, everybody, {
      repos,
      answers,
      guards,
      metrics,
      logger,
      headers,
      closing: closing.signal,
    });
  }
  const endAll = endConnections(app.server);
  const { connections: all, connectionsPerClient: perClient } = limits;
  limitConnections(app.server, { all, perClient, trustedProxies }, { clock, logger });
  endSlowReaders(app.server, limits.stallMs);

  const context: RouteContext = {
    ...parts,
    config,
    clock,
    streams,
    metrics,
    webhookBodies,
    answers,
    views: new ViewHistory(),
    diffs: new DiffAnswers({ limits, clock, closing: closing.signal }),
    docs: new DocsSite(config),
    count: guards.count,
    closing: closing.signal,
    ending: AbortSignal.any([closing.signal, ...(ending ? [ending] : [])]),
  };

  traceRequests(app);
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  await knowCallers(app);
  const cookies = cookieNames(config.baseUrl);
  const admitOneOfMany = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const credential = await recognize(request, parts.access, cookies.session);
    guards.admit(request, reply, limitKey(request, credential));
    await letIn(request, reply, credential, parts);
    guards.admitChange(request, reply);
  };
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    guards.admitHost(request);
    const { everybody } = parts.access;
    if (request.routeOptions.config.isSigned) letNobodyIn(request);
    else if (!everybody) return void admitOneOfMany(request, reply).then(() => done(), done);
    else {
      guards.admit(request, reply, limitKey(request));
      letEverybodyIn(request, reply, everybody, parts);
      guards.admitChange(request, reply);
    }
    done();
  });
  if (parts.access.team) forbidSharedCaches(app);
  recordRefusals(app, parts.access);
  logRequests(app);
  metrics.watch(app);
  takeJsonBodies(app);
  app.setValidatorCompiler(validatorCompiler);
  // Answers are serialised by their routes, once, and tests hold them to the schemas.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));

  await addOpenApi(app, config);
  const refuseTheRest = refuseOtherMethods(app);
  await addRoutes(app, context);
  refuseTheRest();
  await serveDashboard(app, config.webDir);

  app.addHook("preClose", async () => {
    closing.abort();
    streams.close();
    endAll();
  });
  app.addHook("onClose", async () => metrics[Symbol.dispose]());
  await app.ready();
  return app;
}

function newApp(config: HttpConfig, limits: HttpLimits, logger: FastifyBaseLogger): App {
  const app = Fastify({
    loggerInstance: requestLogger(logger),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    trustProxy: config.trustedProxies?.length ? [...config.trustedProxies] : false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    // A request that comes while the server stops is served; who would wait is answered at once.
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      requireHostHeader: false,
      // The default is longer than our request timeout, and then node exchanges the two.
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(TIMEOUT_CHECKS_MS, limits.requestTimeoutMs),
    },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error, request, reply) => {
      reply.headers({ "x-request-id": request.id, "x-content-type-options": "nosniff" });
      sendProblem(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerBrokenConnection(error, socket, randomUUID()),
  }).withTypeProvider<TypeBoxTypeProvider>();
  ignoreExpectations(app.server);
  return app;
}

/** @returns the origin to reach it by. @throws when the address is taken or not ours. */
export async function listen(app: App, address: { host: string; port: number }): Promise<string> {
  await app.listen(address);
  return app.listeningOrigin;
}
