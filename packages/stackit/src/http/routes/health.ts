import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { content, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import type { SyncRequester } from "../server-parts.ts";

const Status = Type.Object({ status: Type.Enum(["ok"]) });
const ok = { status: "ok" };

const Readiness = Type.Object({
  status: Type.Enum(["ok"]),
  /** Tried since the start, and not read once: what is wrong with each is in its freshness. */
  notRead: Type.Array(
    Type.Object({
      id: Type.String(),
      /** The problem code of its last run. */
      code: Type.Optional(Type.String()),
    }),
  ),
});

/** `prefix` is empty for the paths that probes expect, which are not documented a second time. */
export function healthRoutes(
  app: App,
  prefix: string,
  { repos, onboarding, syncs, history, ending }: RouteContext,
): void {
  const common = { tags: ["server"], hide: prefix === "" };
  const config = { access: "open", isProbe: true } as const;

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
    summary: "Whether every repository was read or tried once and the store answers",
    response: responses({ 200: content("It is ready.", "application/json", Readiness) }, "server/not-ready"),
  };
  app.get(`${prefix}/readyz`, { schema: ready, config }, async (request, reply) => {
    if (ending.aborted) {
      throw new Problem("server/not-ready", "The server is ending.", { members: { waitingFor: [] } });
    }
    // Of those that the caller may not see neither the names nor the number are told.
    const isShown = ({ id }: { id: string }): boolean => request.repos.get(id) !== undefined;
    const unread = repos.list().filter(({ snapshot, lastShown }) => !snapshot && !lastShown);
    // A server that was ready stays so when somebody adds a repository.
    const untried = unread.filter(({ id }) => !wasTried(id, syncs) && !onboarding.isCloning(id));
    const waitingFor = untried.filter(isShown).map(({ id }) => id);
    await history.check().catch((cause: unknown) => {
      throw new Problem("server/not-ready", "The store does not answer.", {
        cause,
        members: { waitingFor: ["store", ...waitingFor] },
      });
    });
    if (untried.length > 0) {
      throw new Problem("server/not-ready", "Not every repository has been read yet.", {
        members: { waitingFor },
      });
    }
    const notRead = unread
      .filter(isShown)
      .map(({ id }) => ({ id, code: syncs.freshness(id).lastAttempt?.code }));
    return reply.header("cache-control", "no-store").send({ status: "ok", notRead });
  });
}

/** Whether a run of this process has ended. Those of earlier ones say nothing of what is mended since. */
function wasTried(id: string, syncs: SyncRequester): boolean {
  const runId = syncs.freshness(id).lastAttempt?.runId;
  return runId !== undefined && syncs.findRun(id, runId) !== undefined;
}
