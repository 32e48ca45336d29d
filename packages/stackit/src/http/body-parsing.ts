import { Problem } from "../contract/problem-error.ts";
import type { App } from "./app-type.ts";

/** Bodies are JSON or nothing. An empty body is nothing, whatever type it claims: simple clients name one always. */
export function takeJsonBodies(app: App): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.addContentTypeParser("*", (request, _payload, done) => {
    if (request.headers["content-length"] === "0") done(null, undefined);
    else done(new Problem("request/unsupported-media-type", "Only application/json is understood."));
  });
}
