import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Query = Type.Object({
  since: Type.Optional(
    Type.String({ description: "A position, for clients that cannot send `Last-Event-ID`." }),
  ),
});

const common = {
  tags: ["events"],
  description:
    "Server-sent events. `connected` comes first, then what was missed after `Last-Event-ID` or `?since=`, or `resync` " +
    "when that can no longer be told, then live: `sync`, `refresh`, `forge`, `repos`, `webhook`, `hook`, `activity`, `branch_switched`, and `heartbeat` every 15 s.",
  querystring: Query,
};

const stream = content("The stream, which does not end by itself.", "text/event-stream", Type.String());

const config = { access: "reader", isFree: true, isSameSiteOnly: true } as const;

export function eventsRoute(app: App, { streams }: RouteContext): void {
  const schema = {
    ...common,
    operationId: "streamEvents",
    summary: "What happens in all repositories that you may see",
    response: responses({ 200: stream }, "request/cross-site", "events/too-many-streams"),
  };
  app.get("/events", { schema, config }, (request, reply) => {
    streams.open(request, reply, positionIn(request, request.query.since));
  });
}

export function repoEventsRoute(app: App, { streams }: RouteContext): void {
  for (const { url, hide } of repoPaths("/events")) {
    const schema = {
      ...common,
      hide,
      operationId: "streamRepoEvents",
      summary: "What happens in one repository",
      params: RepoParams,
      response: responses({ 200: stream }, "repo/not-found", "request/cross-site", "events/too-many-streams"),
    };
    app.get(url, { schema, config }, (request, reply) => {
      const repo = findRepo(request);
      const snapshot = repo.snapshot ?? repo.kept;
      streams.open(request, reply, {
        repoId: repo.id,
        ...(snapshot && { generation: snapshot.generation }),
        ...positionIn(request, request.query.since),
      });
    });
  }
}

/** The header is newer than the query when a browser reconnects by itself. */
function positionIn({ headers }: FastifyRequest, query: string | undefined): { since?: string } {
  const since = [headers["last-event-id"] ?? []].flat()[0] ?? query;
  return since === undefined ? {} : { since };
}
