import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../app-type.ts";
import { strongTag } from "../etag.ts";
import { isUnchanged } from "../json-answer.ts";
import { noSuchRoute } from "../request-guards.ts";
import type { RouteContext } from "../route-context.ts";

/** The documentation of this version. Whoever reaches the server may read it. */
export function docsSiteRoutes(app: App, { docs }: RouteContext): void {
  const options = { schema: { hide: true }, config: { access: "open", isFree: true } as const };
  const answer = async (path: string, request: FastifyRequest, reply: FastifyReply) => {
    const page = await docs.document(path);
    if (page === undefined) throw noSuchRoute();
    if (isUnchanged(request, reply, strongTag(page))) return reply.code(304).send();
    return reply.type("text/html; charset=utf-8").send(page);
  };
  app.get("/docs", options, (request, reply) => answer("/docs", request, reply));
  app.get<{ Params: { "*": string } }>("/docs/*", options, (request, reply) =>
    answer(`/docs/${request.params["*"]}`, request, reply),
  );
}
