import { Type } from "typebox";
import type { Ops } from "../../contract/ops.ts";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { cameFrom } from "../came-from.ts";
import { answerValue } from "../json-answer.ts";
import { findRepoOfOperator, RepoParams, repoPaths } from "../repo-lookup.ts";
import { content, readResponses, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import { DEFAULT_LIMITS } from "../server-config.ts";

const MAX_RUNS = 500;

/** How the server itself is doing, for operators. What ails a repository stands in its freshness. */
export function opsRoute(app: App, { syncs, streams, git, forge, ops, config }: RouteContext): void {
  const schema = {
    operationId: "getOps",
    tags: ["server"],
    summary: "How the server itself is doing",
    description: "For operators: its queue, what it has room for, and what it runs with.",
    response: readResponses("As it is now.", Type.Ref("Ops"), "request/rate-limited", "access/not-allowed"),
  };
  app.get("/ops", { schema, config: { access: "operator" } }, async (request, reply) => {
    const disk = await ops.disk();
    const runs = syncs.pending();
    const running = runs.filter(({ state }) => state === "running").length;
    const answer: Ops = {
      version: config.version,
      node: process.versions.node,
      startedAt: ops.startedAt,
      queue: {
        slots: ops.slots,
        slotsPerHost: ops.slotsPerHost,
        runs: runs.slice(0, MAX_RUNS),
        running,
        waiting: runs.length - running,
      },
      streams: { open: streams.size, limit: config.limits?.streams ?? DEFAULT_LIMITS.streams },
      git: { running: git.running },
      forge: {
        requests: forge.requests,
        ...(forge.quotaRemaining !== undefined && { quotaRemaining: forge.quotaRemaining }),
      },
      ...(disk && { disk }),
      settings: [...ops.settings],
    };
    return answerValue(request, reply, answer);
  });
}

const RunParams = Type.Object({ ...RepoParams.properties, run: Type.String() });

export function cancelRunRoute(app: App, { syncs, access }: RouteContext): void {
  for (const { url, hide } of repoPaths("/sync-runs/:run/cancel")) {
    const schema = {
      hide,
      operationId: "cancelSyncRun",
      tags: ["server"],
      summary: "End a sync run that waits or is at work",
      description: "For operators. Nothing is published of it; it ends as failed, with `sync/cancelled`.",
      params: RunParams,
      response: responses(
        {
          202: content(
            "The run as it stands; one at work ends shortly.",
            "application/json",
            Type.Ref("SyncRun"),
          ),
        },
        "request/cross-site",
        "request/rate-limited",
        "access/not-allowed",
        "repo/not-found",
        "run/not-found",
      ),
    };
    app.post(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepoOfOperator(request);
      const runId = request.params.run;
      if (!syncs.cancel(repo.id, runId))
        throw new Problem("run/not-found", "No run with this id waits or is at work.");
      const run = syncs.findRun(repo.id, runId);
      await access.record("run-cancelled", request.caller, {
        target: repo.id,
        detail: runId,
        ...cameFrom(request),
      });
      return reply
        .code(202)
        .header("cache-control", "no-store")
        .type("application/json; charset=utf-8")
        .send(JSON.stringify(run));
    });
  }
}
