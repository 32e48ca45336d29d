import { Compile } from "typebox/compile";
import { expect, test } from "vitest";
import { contractSchemas, type OpenApiDocument, type OpenApiOperation } from "../../src/http/openapi.ts";
import { openApiDocument } from "../../src/http/openapi-document.ts";
import { startServer } from "../support/started-server.ts";

/** What the contract promises for a server of working copies without sign-in. */
const PROMISED = [
  "GET /healthz",
  "GET /readyz",
  "GET /metrics",
  "GET /config",
  "GET /repos",
  "GET /repos/{repo}",
  "GET /activity",
  "GET /repos/{repo}/activity",
  "GET /repos/{repo}/view",
  "GET /repos/{repo}/view-changes",
  "GET /repos/{repo}/stacks",
  "GET /repos/{repo}/stacks/{branch}",
  "GET /repos/{repo}/branches",
  "GET /repos/{repo}/branches/{branch}",
  "GET /repos/{repo}/branch-compare/{branch}",
  "GET /repos/{repo}/branch-diff/{branch}",
  "GET /repos/{repo}/branch-image/{branch}",
  "GET /repos/{repo}/branch-lines/{branch}",
  "GET /repos/{repo}/branch-pushes/{branch}",
  "GET /repos/{repo}/events",
  "GET /events",
  "GET /audit",
  "GET /ops",
  "GET /ops/webhooks",
  "GET /repos/{repo}/webhooks/{delivery}",
  "POST /repos/{repo}/webhooks/{delivery}/replay",
  "POST /repos",
  "DELETE /repos/{repo}",
  "POST /repos/{repo}/stacks/{root}/submit",
  "POST /repos/{repo}/sync",
  "POST /repos/{repo}/reclone",
  "POST /repos/{repo}/repair",
  "POST /webhooks/github",
  "GET /repos/{repo}/submissions/{submission}",
  "GET /repos/{repo}/sync-runs",
  "GET /repos/{repo}/sync-runs/{run}",
  "POST /repos/{repo}/sync-runs/{run}/cancel",
  "GET /openapi.json",
  "GET /docs",
];

const document = await openApiDocument("1.2.3");
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test("every route that the contract promises is in the document, and no other", () => {
  const documented = operations.map(
    ({ path, method }) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`,
  );
  expect(documented.sort()).toEqual([...PROMISED].sort());
});

test("the document says which version of the specification and of the program it is of", () => {
  expect(document.openapi).toBe("3.1.0");
  expect(document.info).toMatchObject({ title: "Stackit", version: "1.2.3" });
});

test("every operation has its own id, a summary, a known tag, and says how it can fail", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const tags = new Set(document.tags.map(({ name }) => name));
  for (const { path, operation } of operations) {
    expect.soft(operation.operationId, path).toMatch(/^[a-z][A-Za-z]+$/);
    expect.soft(operation.summary, path).toMatch(/^[A-Z].*[^.]$/);
    expect.soft(operation.tags.every((tag) => tags.has(tag)) && operation.tags.length === 1, path).toBe(true);
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect.soft(description, `${path} ${status}`).not.toBe("");
      if (Number(status) < 400) continue;
      expect.soft(content, `${path} ${status}`).toEqual({
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      });
    }
  }
});

test("each part of a path in braces is a required parameter, and there are no others", () => {
  for (const { path, operation } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect.soft(parameters.map(({ name }) => name).sort(), path).toEqual(inPath.sort());
    expect
      .soft(
        parameters.every(({ required }) => required),
        path,
      )
      .toBe(true);
  }
});

test("every reference leads somewhere, and every named schema of the contract is there once", () => {
  const references = new Set(JSON.stringify(document).match(/"\$ref":"[^"]*"/g));
  const names = Object.keys(document.components.schemas);
  for (const reference of references) {
    expect(names).toContain(/^"\$ref":"#\/components\/schemas\/([^"]+)"$/.exec(reference)?.[1]);
  }
  expect(names).toEqual(contractSchemas.map((schema) => Reflect.get(schema, "$id")).sort());
  expect(JSON.stringify(document)).not.toContain('"$id"');
});

test("a repository's freshness is referred to, not repeated", () => {
  expect(document.components.schemas).toMatchObject({
    RepoSummary: { properties: { freshness: { $ref: "#/components/schemas/Freshness" } } },
    RepoList: { properties: { repos: { items: { $ref: "#/components/schemas/RepoSummary" } } } },
  });
});

test("a sync may be asked for without a body, and answers with a run", () => {
  const sync = operationOf(document, "/api/v1/repos/{repo}/sync", "post");
  expect(sync.requestBody).toEqual({
    required: false,
    content: { "application/json": { schema: { $ref: "#/components/schemas/SyncRequest" } } },
  });
  expect(sync.responses["204"]).not.toHaveProperty("content");
  expect(sync.responses["202"]).toHaveProperty("headers.Location");
});

test("the document holds only schemas that a validator can read", () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const local = JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", ""));
    const context = JSON.parse(
      JSON.stringify(document.components.schemas).replaceAll("#/components/schemas/", ""),
    );
    expect(Compile(context, local).Check(undefined), name).toBe(false);
  }
});

test("a server serves the very document, and a page made of it without any script", async () => {
  await using server = await startServer();
  const served = await server.app.inject("/api/v1/openapi.json");
  expect(served.json()).toEqual(document);
  expect(served.headers.etag).toBeDefined();
  const page = await server.app.inject("/api/v1/docs");
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  for (const { path, method } of operations)
    expect.soft(page.body).toContain(`${method.toUpperCase()} ${path}<`);
  expect(page.body).not.toMatch(/<script|src=|https?:/);
});

function operationOf({ paths }: OpenApiDocument, path: string, method: string): OpenApiOperation {
  const operation = paths[path]?.[method];
  if (!operation) throw new Error(`${method} ${path} is not documented`);
  return operation;
}
