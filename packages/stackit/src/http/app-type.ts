import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { Caller } from "../access/caller.ts";
import type { Role } from "../contract/role.ts";
import type { OpenSpan } from "../lib/tracing.ts";
import type { RepoTable } from "./server-parts.ts";

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; on routes that need nobody in particular perhaps nobody. */
    caller: Caller;
    /** Those that the caller may see; there are no others for a route. */
    repos: RepoTable;
    /** The one that the path names, once it is found. */
    foundRepoId?: string | undefined;
    /** While it is traced. */
    span?: OpenSpan | undefined;
  }
  interface FastifyReply {
    /** Of the problem that is answered with, for the log. */
    problemCode?: string | undefined;
    /** The webhook's delivery that is answered, for the log. */
    delivery?:
      | { readonly deliveryId: string; readonly event: string; readonly repository?: string | undefined }
      | undefined;
  }
  interface FastifyContextConfig {
    /**
     * Whom the route answers: everybody (`open`), those with that role on the repository, or who may read how the server is doing
     * (`measure`). Every route says it.
     */
    access?: "open" | "measure" | Role;
    /** Asked every few seconds by machines: not logged, not counted. */
    isProbe?: boolean;
    /** Not counted on arrival. The route may count what it does itself. */
    isFree?: boolean;
    /** Proves by its signature who sent it: neither counted on arrival, nor asked for its origin, nor refused when read-only. */
    isSigned?: boolean;
    /** Refused to pages of other sites although it only reads. */
    isSameSiteOnly?: boolean;
  }
}
