import { type Static, Type } from "typebox";
import { ActivityKind } from "../../contract/activity.ts";
import type { App } from "../app-type.ts";
import { answerValue } from "../json-answer.ts";
import { findRepo, RepoParams, repoPaths } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";
import type { ActivityAsked } from "../server-parts.ts";

const Query = Type.Object({
  kind: Type.Optional(ActivityKind),
  person: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "A login or a name in any case: what they did, and what happened to what is theirs.",
    }),
  ),
  stack: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "The id of a stack." })),
  failures: Type.Optional(Type.Enum(["0", "1"], { description: "`1`: only syncs and checks that failed." })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: "50 when absent." })),
  before: Type.Optional(
    Type.String({ pattern: "^[0-9A-Za-z]{1,64}$", description: "`next` of the page before." }),
  ),
});

const common = {
  tags: ["activity"],
  description: "Of the last 90 days. Filters narrow each other.",
  querystring: Query,
};

export function activityRoute(app: App, { activity }: RouteContext): void {
  const schema = {
    ...common,
    operationId: "listActivity",
    summary: "What happened in all repositories that you may see, newest first",
    response: readResponses(
      "One page of events.",
      Type.Ref("ActivityList"),
      "request/invalid",
      "request/rate-limited",
    ),
  };
  app.get("/activity", { schema, config: { access: "reader" } }, async (request, reply) => {
    const repoIds = request.repos.list().map(({ id }) => id);
    return answerValue(request, reply, await activity.list(repoIds, asked(request.query)));
  });
}

export function repoActivityRoute(app: App, { activity }: RouteContext): void {
  for (const { url, hide } of repoPaths("/activity")) {
    const schema = {
      ...common,
      hide,
      operationId: "listRepoActivity",
      summary: "What happened in one repository, newest first",
      params: RepoParams,
      response: readResponses(
        "One page of events.",
        Type.Ref("ActivityList"),
        "request/invalid",
        "repo/not-found",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const repo = findRepo(request);
      return answerValue(request, reply, await activity.list([repo.id], asked(request.query)));
    });
  }
}

function asked({ limit = 50, failures, ...rest }: Static<typeof Query>): ActivityAsked {
  return { limit, ...rest, failures: failures === "1" };
}
