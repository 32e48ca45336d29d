import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";

/** Brings the generated document into the form that is published: each named schema once, each path parameter needed. */
export function tidyOpenApi(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components;
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const sortedNames = Object.keys(schemas).sort();
  return {
    ...document,
    paths: Object.fromEntries(
      Object.entries(document.paths).map(([path, operations]) => [path, tidyPath(path, operations, names)]),
    ),
    components: {
      ...document.components,
      schemas: Object.fromEntries(sortedNames.map((name) => [name, tidyMembers(schemas[name] ?? {}, names)])),
    },
  };
}

function tidyPath(
  path: string,
  operations: Record<string, OpenApiOperation>,
  names: ReadonlyMap<string, string>,
): Record<string, OpenApiOperation> {
  return Object.fromEntries(
    Object.entries(operations)
      .filter(([method]) => method !== "head")
      .map(([method, operation]) => {
        const { parameters, responses, ...rest } = operation;
        const kept = (parameters ?? [])
          .filter((parameter) => parameter.in !== "path" || path.includes(`{${parameter.name}}`))
          .map((parameter) => (parameter.in === "path" ? { ...parameter, required: true } : parameter));
        const tidyResponses = Object.entries(responses).map(([status, response]) => [
          status,
          { ...tidyMembers(response, names), description: response.description },
        ]);
        const tidied: OpenApiOperation = {
          ...rest,
          ...(kept.length > 0 ? { parameters: kept } : {}),
          responses: Object.fromEntries(tidyResponses),
        };
        return [method, tidied];
      }),
  );
}

/** A copy in which every member that equals a named schema refers to it. */
function tidyMembers(value: object, names: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, tidyValue(member, names)]));
}

function tidyValue(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((member) => tidyValue(member, names));
  if (typeof value !== "object" || value === null) return value;
  const name = names.get(JSON.stringify(value));
  return name === undefined ? tidyMembers(value, names) : { $ref: `#/components/schemas/${name}` };
}
