import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Query = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "50 when absent." })),
  before: Type.Optional(
    Type.String({ pattern: "^[0-9A-Za-z_-]{1,64}$", description: "`next` of the page before." }),
  ),
});

export function syncRunsRoute(app: App, { history }: RouteContext): void {
  for (const { url, hide } of repoPaths("/sync-runs")) {
    const schema = {
      hide,
      operationId: "listSyncRuns",
      tags: ["sync"],
      summary: "The sync runs of a repository, newest first",
      params: RepoParams,
      querystring: Query,
      response: readResponses(
        "One page of runs.",
        Type.Ref("SyncRunList"),
        "request/invalid",
        "repo/not-found",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      const { limit = 50, before } = request.query;
      const page = { limit, ...(before === undefined ? {} : { before }) };
      return answerValue(request, reply, await history.list(repo.id, page));
    });
  }
}

const RunParams = Type.Object({ ...RepoParams.properties, run: Type.String() });

export function syncRunRoute(app: App, { syncs, history }: RouteContext): void {
  for (const { url, hide } of repoPaths("/sync-runs/:run")) {
    const schema = {
      hide,
      operationId: "getSyncRun",
      tags: ["sync"],
      summary: "One sync run, also while it waits or works",
      params: RunParams,
      response: readResponses(
        "The run as it stands.",
        Type.Ref("SyncRun"),
        "repo/not-found",
        "run/not-found",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      const runId = request.params.run;
      const run = syncs.findRun(repo.id, runId) ?? (await history.find(repo.id, runId));
      if (!run) throw new Problem("run/not-found", "This repository has no run with this id.");
      return answerValue(request, reply, run);
    });
  }
}
