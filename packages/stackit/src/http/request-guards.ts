import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../contract/problem-error.ts";
import type { Clock } from "../lib/clock.ts";
import { clientKey } from "./address.ts";
import { hostRules, isAllowedHost } from "./allowed-hosts.ts";
import { isCrossSite } from "./cross-site.ts";
import type { HttpConfig, HttpLimits } from "./server-config.ts";
import { TokenBuckets } from "./token-bucket.ts";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

export interface RequestGuards {
  /** Whether one that came over `socket` may name `host`. */
  isOurHost(host: string | undefined, socket: Socket): boolean;
  /** A host name that is not ours. */
  admitHost(request: FastifyRequest): void;
  /** Too many requests, and a page of another site. `client`: whose they are. */
  admit(request: FastifyRequest, reply: FastifyReply, client: string): void;
  /** Of one who was let in: a change on a read-only server, and a route that does not exist. */
  admitChange(request: FastifyRequest, reply: FastifyReply): void;
  /** Counts a request that was free on arrival and turned out to cost something. */
  count(request: FastifyRequest, reply: FastifyReply): void;
}

/** What is refused before a route sees it. Each throws the first refusal that applies; of a signed request only the first is asked. */
export function requestGuards(config: HttpConfig, limits: HttpLimits, clock: Clock): RequestGuards {
  const hosts = hostRules(config);
  const buckets =
    limits.requestsPerSec > 0
      ? new TokenBuckets({ perSec: limits.requestsPerSec, burst: limits.requestBurst }, clock)
      : undefined;

  function count(request: FastifyRequest, reply: FastifyReply): void {
    take(request.caller.id || clientKey(request.ip), reply);
  }

  function take(client: string, reply: FastifyReply): void {
    const waitSec = buckets?.take(client) ?? 0;
    if (waitSec === 0) return;
    reply.header("retry-after", String(Math.ceil(waitSec)));
    throw new Problem(
      "request/rate-limited",
      `At most ${limits.requestsPerSec} requests per second are answered, ${limits.requestBurst} at once.`,
    );
  }

  function isOurHost(host: string | undefined, { localAddress = config.bind }: Socket): boolean {
    return isAllowedHost(host, localAddress, hosts);
  }

  function admitHost({ host, socket }: FastifyRequest): void {
    if (!isOurHost(host, socket)) {
      throw new Problem("request/unknown-host", "The Host header names no address of this server.");
    }
  }

  function admit(request: FastifyRequest, reply: FastifyReply, client: string): void {
    const { isFree, isProbe, isSameSiteOnly } = request.routeOptions.config;
    const isRead = SAFE_METHODS.has(request.method);
    if (!isFree && !isProbe && !(request.is404 && isRead)) take(client, reply);
    if ((!isRead || isSameSiteOnly) && isCrossSite(provenance(request), config.baseUrl)) {
      throw new Problem("request/cross-site", "The browser says that another site's page sent this request.");
    }
  }

  function admitChange(request: FastifyRequest, reply: FastifyReply): void {
    if (SAFE_METHODS.has(request.method)) return;
    if (config.readOnly) {
      reply.header("allow", "GET, HEAD");
      throw new Problem("server/read-only", "This server takes no changes.");
    }
    if (request.is404) throw noSuchRoute();
  }

  return { isOurHost, admitHost, admit, admitChange, count };
}

export function noSuchRoute(): Problem {
  return new Problem("request/not-found", "Nothing is served at this path.");
}

function provenance({ headers, host }: FastifyRequest) {
  const secFetchSite = headers["sec-fetch-site"];
  return {
    secFetchSite: Array.isArray(secFetchSite) ? secFetchSite.join() : secFetchSite,
    origin: headers.origin,
    host,
  };
}
