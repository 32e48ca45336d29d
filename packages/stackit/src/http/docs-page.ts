import type { DocsContent } from "./docs-site.ts";
import { escapeHtml, withCode } from "./html-page.ts";
import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";

/** The OpenAPI document for people. */
export function docsPage(document: OpenApiDocument): DocsContent {
  const { info, tags } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description = "" }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${name}">${escapeHtml(name)}</h2>
<p>${escapeHtml(description)}</p>
${own.map(({ path, method, operation }) => operationHtml(method, path, operation)).join("\n")}`;
  });
  const body = `<h1>${escapeHtml(`${info.title} ${info.version}`)}</h1>
<p>${withCode(info.description ?? "")}</p>
<p><a href="/api/v1/openapi.json">OpenAPI document</a> · <a href="/problems">Problems</a></p>
${sections.join("\n")}`;
  const headings = tags.map(({ name }) => ({ id: name, text: escapeHtml(name) }));
  return { path: "/api/v1/docs", title: "HTTP interface", body, headings };
}

function operationHtml(method: string, path: string, operation: OpenApiOperation): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td>${parameter.in}<td><code>${escapeHtml(parameter.name)}</code><td>${withCode(parameter.description ?? "")}</tr>`,
  );
  const responses = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${status}<td>${withCode(description)}</tr>`,
  );
  return `<h3 id="${operation.operationId}"><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h3>
<p>${withCode(operation.summary)}.${operation.description ? ` ${withCode(operation.description)}` : ""}</p>
${parameters.length > 0 ? `<div class="wide"><table>${parameters.join("")}</table></div>` : ""}
<details><summary>Answers</summary><div class="wide"><table>${responses.join("")}</table></div></details>`;
}
