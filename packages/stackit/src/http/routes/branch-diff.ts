import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import { askedDiff } from "../diff-answers.ts";
import { Against, diffRangeOf } from "../diff-range.ts";
import { strongTag } from "../etag.ts";
import { answerJson, isUnchanged } from "../json-answer.ts";
import { madeAnswer } from "../made-answer.ts";
import { findRepo, NameParams, nameOf, namePaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const Query = Type.Object({
  base: Against,
  w: Type.Optional(Type.Enum(["0", "1"], { description: "`1` ignores changes of white space." })),
  from: Type.Optional(Type.String({ description: "Not here: `branch-compare` compares two pushes." })),
  to: Type.Optional(Type.String({ description: "Not here, like `from`." })),
});

export function branchDiffRoute(app: App, { config, diffs, count }: RouteContext): void {
  for (const { url, hide } of namePaths("/branch-diff")) {
    const schema = {
      hide,
      operationId: "getBranchDiff",
      tags: ["branches"],
      summary: "What a branch adds, as a unified diff",
      params: NameParams,
      querystring: Query,
      response: readResponses(
        "The diff.",
        Type.Ref("BranchDiff"),
        "request/invalid",
        "repo/not-found",
        "branch/not-found",
        "diff/unavailable",
        "repo/not-ready",
        "request/rate-limited",
        "server/busy",
      ),
    };
    app.get(url, { schema, config: { access: "reader", isFree: true } }, async (request, reply) => {
      const { base: against = "parent", w, from, to } = request.query;
      if (from !== undefined || to !== undefined) {
        throw new Problem("request/invalid", "Two pushes are compared by `branch-compare`.");
      }
      const repo = findRepo(request);
      const snapshot = await snapshotOf(repo, reply);
      const branch = nameOf(request.params);
      const range = diffRangeOf(snapshot, branch, against);
      const ignoreWhitespace = w === "1";
      // A diff of two commits never changes, so the tag needs no generation and the git process is spared.
      const tag = strongTag(config.version, "diff", branch, range.base, range.head, String(ignoreWhitespace));
      if (isUnchanged(request, reply, tag)) return reply.code(304).send();
      const asked = askedDiff(repo, branch, range, ignoreWhitespace);
      const made = await madeAnswer(diffs, asked, request, reply, () => count(request, reply));
      return answerJson(request, reply, tag, made);
    });
  }
}
