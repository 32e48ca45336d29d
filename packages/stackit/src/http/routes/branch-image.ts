import { Type } from "typebox";
import { Problem } from "../../contract/problem-error.ts";
import type { App } from "../app-type.ts";
import type { AskedDiff } from "../diff-answers.ts";
import { Against, BlobId, diffRangeOf } from "../diff-range.ts";
import { strongTag } from "../etag.ts";
import { IMAGE_TYPES, type ImageFacts, imageFacts } from "../image-facts.ts";
import { AnswerBytes, isUnchanged } from "../json-answer.ts";
import { madeAnswer } from "../made-answer.ts";
import { findRepo, NameParams, nameOf, namePaths, snapshotOf } from "../repo-lookup.ts";
import { imageResponses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

const MAX_BYTES = 10 * 1024 * 1024;
/** What a browser has to hold of it has little to do with its bytes. */
const MAX_PIXELS = 50_000_000;

const Query = Type.Object({ blob: BlobId, base: Against });

/** It is a picture in a page and nothing else: opened by itself it is saved, and can neither run nor load anything. */
const ONLY_A_PICTURE = {
  "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
  "content-disposition": "attachment",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

export function branchImageRoute(app: App, { config, diffs }: RouteContext): void {
  for (const { url, hide } of namePaths("/branch-image")) {
    const schema = {
      hide,
      operationId: "getBranchImage",
      tags: ["branches"],
      summary: "An image that a branch's diff changes, from before or after",
      description: "PNG, JPEG, GIF or WebP, as its first bytes say, of up to 10 MiB and 50 million pixels.",
      params: NameParams,
      querystring: Query,
      response: imageResponses(
        IMAGE_TYPES,
        "request/invalid",
        "repo/not-found",
        "branch/not-found",
        "file/not-found",
        "file/not-image",
        "file/too-large",
        "diff/unavailable",
        "repo/not-ready",
        "request/rate-limited",
        "server/busy",
      ),
    };
    app.get(url, { schema, config: { access: "reader" } }, async (request, reply) => {
      const { blob, base = "parent" } = request.query;
      const repo = findRepo(request);
      const range = diffRangeOf(await snapshotOf(repo, reply), nameOf(request.params), base);
      const asked: AskedDiff = {
        repo,
        key: ["image", range.base, range.head, blob].join(" "),
        async read(signal) {
          const content = await repo.changedFile(range, { blob, maxBytes: MAX_BYTES, signal });
          checkedFacts(content);
          return new AnswerBytes(content, { isWorthGzip: false });
        },
      };
      const tag = strongTag(config.version, asked.key);
      if (isUnchanged(request, reply, tag)) return reply.code(304).send();
      const { plain } = await madeAnswer(diffs, asked, request, reply);
      return reply.headers(ONLY_A_PICTURE).type(checkedFacts(plain).type).send(plain);
    });
  }
}

/** @throws {Problem} `file/not-image`, `file/too-large` */
function checkedFacts(content: Buffer): ImageFacts {
  const facts = imageFacts(content);
  if (!facts) throw new Problem("file/not-image", "Its first bytes are those of no image that is shown.");
  const { width, height } = facts;
  if (width * height > MAX_PIXELS) {
    throw new Problem(
      "file/too-large",
      `It has ${width} × ${height} pixels, and ${MAX_PIXELS} are shown at most.`,
    );
  }
  return facts;
}
