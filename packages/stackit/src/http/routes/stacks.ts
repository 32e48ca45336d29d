import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { findRepo, RepoParams, repoPaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function stacksRoute(app: App, { answers, count }: RouteContext): void {
  for (const { url, hide } of repoPaths("/stacks")) {
    const schema = {
      hide,
      operationId: "listStacks",
      tags: ["stacks"],
      summary: "Summaries of all stacks",
      params: RepoParams,
      response: readResponses(
        "The stacks without their branches.",
        Type.Ref("StackList"),
        "repo/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader", isFree: true } }, async (request, reply) => {
      const snapshot = await snapshotOf(findRepo(request), reply);
      return answers.whole(
        { request, reply, snapshot },
        "stacks",
        () => ({ generation: snapshot.generation, stacks: snapshot.stackSummaries() }),
        () => count(request, reply),
      );
    });
  }
}
