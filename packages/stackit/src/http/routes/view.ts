import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { bareTag } from "../etag.ts";
import { findRepo, RepoParams, repoPaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function viewRoute(app: App, { answers, views, count }: RouteContext): void {
  for (const { url, hide } of repoPaths("/view")) {
    const schema = {
      hide,
      operationId: "getView",
      tags: ["stacks"],
      summary: "Everything the dashboard needs, from one snapshot",
      params: RepoParams,
      response: readResponses(
        "The stacks with their branches, and what was merged lately.",
        Type.Ref("View"),
        "repo/not-found",
        "repo/not-ready",
        "request/rate-limited",
      ),
    };
    app.get(url, { schema, config: { access: "reader", isFree: true } }, async (request, reply) => {
      const repo = findRepo(request);
      const snapshot = await snapshotOf(repo, reply);
      return answers.whole(
        { request, reply, snapshot },
        "view",
        () => {
          const view = snapshot.view();
          views.note(repo, bareTag(answers.tagOf(snapshot, "view")), view);
          return view;
        },
        () => count(request, reply),
      );
    });
  }
}
