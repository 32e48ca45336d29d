import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { repoStatus } from "../repo-summary.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function repoStatusRoute(app: App, context: RouteContext): void {
  for (const { url, hide } of repoPaths("")) {
    const schema = {
      hide,
      operationId: "getRepo",
      tags: ["repositories"],
      summary: "Identity, freshness and counts of one repository",
      description:
        "Answers also while the repository has not been read yet: the freshness says what is under way.",
      params: RepoParams,
      response: readResponses(
        "Its status.",
        Type.Ref("RepoStatus"),
        "repo/not-found",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) =>
      answerValue(
        request,
        reply,
        repoStatus(findRepo(request), context, { caller: request.caller, isPublic: context.config.readOnly }),
      ),
    );
  }
}
