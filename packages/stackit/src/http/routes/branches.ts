import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { findRepo, RepoParams, repoPaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function branchesRoute(app: App, { answers, count }: RouteContext): void {
  for (const { url, hide } of repoPaths("/branches")) {
    const schema = {
      hide,
      operationId: "listBranches",
      tags: ["branches"],
      summary: "Every branch but the trunk, by name",
      params: RepoParams,
      response: readResponses(
        "The branches without their commits.",
        Type.Ref("BranchList"),
        "repo/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader", isFree: true } }, async (request, reply) => {
      const snapshot = await snapshotOf(findRepo(request), reply);
      return answers.whole(
        { request, reply, snapshot },
        "branches",
        () => ({ generation: snapshot.generation, branches: snapshot.branches() }),
        () => count(request, reply),
      );
    });
  }
}
