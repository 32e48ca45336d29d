import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { FileLines } from "../../contract/view.ts";
import type { App } from "../app-type.ts";
import type { AskedDiff } from "../diff-answers.ts";
import { Against, BlobId, diffRangeOf } from "../diff-range.ts";
import { strongTag } from "../etag.ts";
import { answerJson, isUnchanged, JsonBytes } from "../json-answer.ts";
import { madeAnswer } from "../made-answer.ts";
import { findRepo, NameParams, nameOf, namePaths, snapshotOf } from "../repo-lookup.ts";
import { readResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const MAX_LINES = 5000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;

const Query = Type.Object({
  blob: BlobId,
  start: Type.Integer({ minimum: 1, description: "The first line, from 1." }),
  end: Type.Integer({ minimum: 1, description: "The last line." }),
  base: Against,
});

export function branchLinesRoute(app: App, { config, diffs }: RouteContext): void {
  for (const { url, hide } of namePaths("/branch-lines")) {
    const schema = {
      hide,
      operationId: "getBranchLines",
      tags: ["branches"],
      summary: "Lines of a file that a branch's diff changes",
      description: `At most ${MAX_LINES} at once, of files up to ${MAX_FILE_BYTES / 1024 / 1024} MiB.`,
      params: NameParams,
      querystring: Query,
      response: readResponses(
        "The lines.",
        Type.Ref("FileLines"),
        "request/invalid",
        "repo/not-found",
        "branch/not-found",
        "file/not-found",
        "file/too-large",
        "diff/unavailable",
        "repo/not-ready",
        "request/rate-limited",
        "server/busy",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const { blob, start, end, base = "parent" } = request.query;
      const repo = findRepo(request);
      const branch = nameOf(request.params);
      const range = diffRangeOf(await snapshotOf(repo, reply), branch, base);
      if (end < start) throw new Problem("request/invalid", "`end` is before `start`.");
      const asked: AskedDiff = {
        repo,
        key: ["lines", range.base, range.head, blob, start, end, branch].join(" "),
        async read(signal) {
          const content = await repo.changedFile(range, { blob, maxBytes: MAX_FILE_BYTES, signal });
          const all = linesOf(content.toString("utf8"));
          const lines = all.slice(start - 1, Math.min(end, start - 1 + MAX_LINES));
          return new JsonBytes({ branch, blob, start, lines, lineCount: all.length } satisfies FileLines);
        },
      };
      const tag = strongTag(config.version, asked.key);
      if (isUnchanged(request, reply, tag)) return reply.code(304).send();
      const made = await madeAnswer(diffs, asked, request, reply);
      return answerJson(request, reply, tag, made);
    });
  }
}

/** As git counts them: a line feed at the end begins no further line. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
