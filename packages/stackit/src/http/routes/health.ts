import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Status = Type.Object({ status: Type.Enum(["ok"]) });
const ok = { status: "ok" };

/** `prefix` is empty for the paths that probes expect, which are not documented a second time. */
export function healthRoutes(app: App, prefix: string, { repos, history }: RouteContext): void {
  const common = { tags: ["server"], hide: prefix === "" };
  const config = { isProbe: true };

  const alive = {
    ...common,
    operationId: "getHealth",
    summary: "Whether the process answers",
    response: responses({ 200: content("It does.", "application/json", Status) }),
  };
  app.get(`${prefix}/healthz`, { schema: alive, config }, async (_request, reply) =>
    reply.header("cache-control", "no-store").send(ok),
  );

  const ready = {
    ...common,
    operationId: "getReadiness",
    summary: "Whether every repository was read once and the store answers",
    response: responses({ 200: content("It is ready.", "application/json", Status) }, "server/not-ready"),
  };
  app.get(`${prefix}/readyz`, { schema: ready, config }, async (_request, reply) => {
    const waitingFor = repos
      .list()
      .filter(({ snapshot }) => !snapshot)
      .map(({ id }) => id);
    await history.check().catch((cause: unknown) => {
      throw new Problem("server/not-ready", "The store does not answer.", {
        cause,
        members: { waitingFor: ["store", ...waitingFor] },
      });
    });
    if (waitingFor.length > 0) {
      const detail = `${waitingFor.length} of ${repos.list().length} repositories have not been read yet.`;
      throw new Problem("server/not-ready", detail, { members: { waitingFor } });
    }
    return reply.header("cache-control", "no-store").send(ok);
  });
}
