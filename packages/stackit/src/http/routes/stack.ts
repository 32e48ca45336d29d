import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { findRepo, NameParams, nameOf, namePaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function stackRoute(app: App, { answers }: RouteContext): void {
  for (const { url, hide } of namePaths("/stacks")) {
    const schema = {
      hide,
      operationId: "getStack",
      tags: ["stacks"],
      summary: "One stack with its branches and their commits",
      description:
        "A stack is named by its root branch or by its id, which stays when its root lands or is renamed. What its root was before leads to it too, as long as no other stack has that root.",
      params: NameParams,
      response: readResponses(
        "The stack.",
        Type.Ref("StackDetail"),
        "repo/not-found",
        "stack/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const snapshot = await snapshotOf(findRepo(request), reply);
      const stack = snapshot.stack(nameOf(request.params));
      if (!stack)
        throw new Problem("stack/not-found", "No stack of this repository has this root branch or id.");
      return answers.part({ request, reply, snapshot }, ["stack", stack.rootBranch], () => stack);
    });
  }
}
