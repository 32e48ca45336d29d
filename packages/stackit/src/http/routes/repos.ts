import { Type } from "typebox";
import type { RepoList } from "../../contract/repo.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { repoSummary } from "../repo-summary.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function reposRoute(app: App, context: RouteContext): void {
  const schema = {
    operationId: "listRepos",
    tags: ["repositories"],
    summary: "The repositories that you may see, by id",
    response: readResponses("Identity and freshness of each.", Type.Ref("RepoList"), "request/rate-limited"),
  };
  app.get("/repos", { schema, config: { access: "reader" } }, async (request, reply) => {
    const audience = { caller: request.caller, isPublic: context.config.readOnly };
    const answer: RepoList = {
      repos: request.repos.list().map((repo) => repoSummary(repo, context, audience)),
    };
    return answerValue(request, reply, answer);
  });
}
