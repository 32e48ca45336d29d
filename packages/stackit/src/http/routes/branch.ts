import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { findRepo, NameParams, nameOf, namePaths, noSuchBranch, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function branchRoute(app: App, { answers }: RouteContext): void {
  for (const { url, hide } of namePaths("/branches")) {
    const schema = {
      hide,
      operationId: "getBranch",
      tags: ["branches"],
      summary: "One branch with its commits",
      params: NameParams,
      response: readResponses(
        "The branch.",
        Type.Ref("Branch"),
        "repo/not-found",
        "branch/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const snapshot = await snapshotOf(findRepo(request), reply);
      const branch = snapshot.branch(nameOf(request.params));
      if (!branch) throw noSuchBranch();
      return answers.part({ request, reply, snapshot }, ["branch", branch.name], () => branch);
    });
  }
}
