import { Type } from "typebox";
import type { App } from "../app-type.ts";
import { docsPage } from "../docs-page.ts";
import type { DocsContent } from "../docs-site.ts";
import { strongTag } from "../etag.ts";
import { answerJson, isUnchanged, JsonBytes } from "../json-answer.ts";
import { openApiDocumentOf } from "../openapi.ts";
import { content, readResponses, responses } from "../responses.ts";
import type { RouteContext } from "../route-context.ts";

export function openApiRoute(app: App, { config }: RouteContext): void {
  let kept: { tag: string; bytes: JsonBytes } | undefined;
  const schema = {
    operationId: "getOpenApi",
    tags: ["server"],
    summary: "This contract as an OpenAPI 3.1 document",
    response: readResponses("The document.", Type.Object({})),
  };
  app.get("/openapi.json", { schema, config: { access: "open", isFree: true } }, async (request, reply) => {
    kept ??= { tag: strongTag(config.version, "openapi"), bytes: new JsonBytes(openApiDocumentOf(app)) };
    return answerJson(request, reply, kept.tag, kept.bytes);
  });
}

export function docsRoute(app: App, { docs }: RouteContext): void {
  let made: DocsContent | undefined;
  const schema = {
    operationId: "getDocs",
    tags: ["server"],
    summary: "This contract as a page",
    response: responses({ 200: content("The page.", "text/html", Type.String()) }),
  };
  app.get("/docs", { schema, config: { access: "open", isFree: true } }, async (request, reply) => {
    made ??= docsPage(openApiDocumentOf(app));
    const page = await docs.page(made);
    if (isUnchanged(request, reply, strongTag(page))) return reply.code(304).send();
    return reply.type("text/html; charset=utf-8").send(page);
  });
}
