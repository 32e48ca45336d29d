import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { bareTag } from "../etag.ts";
import { findRepo, RepoParams, repoPaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Query = Type.Object({
  since: Type.Optional(
    Type.String({ description: "The `ETag` of a view that was read before, or the `tag` of changes since." }),
  ),
});

export function viewChangesRoute(app: App, { answers, views, count }: RouteContext): void {
  for (const { url, hide } of repoPaths("/view-changes")) {
    const schema = {
      hide,
      operationId: "getViewChanges",
      tags: ["stacks"],
      summary: "What changed in the view since it was read",
      params: RepoParams,
      querystring: Query,
      response: readResponses(
        "The stacks that are new or differ, and the order of all where it is another. Of a view that is not remembered any more, all of them.",
        Type.Ref("ViewChanges"),
        "request/invalid",
        "repo/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader", isFree: true } }, async (request, reply) => {
      const repo = findRepo(request);
      const snapshot = await snapshotOf(repo, reply);
      const since = bareTag(request.query.since ?? "");
      const tag = bareTag(answers.tagOf(snapshot, "view"));
      const isKnown = views.knows(repo, since);
      const variant = ["view-changes", since, String(isKnown)];
      return answers.part({ request, reply, snapshot }, variant, () => {
        if (!isKnown || !views.knows(repo, tag)) count(request, reply);
        return views.changes(repo, since, { tag, view: snapshot.view() });
      });
    });
  }
}
