import type { OpenApiBody, OpenApiDocument, OpenApiOperation } from "./openapi.ts";

/**
 * Brings the generated document into the form that is published: each named schema stands once and is referred to, each
 * path has only its own parameters, and a body that need not hold anything need not be sent.
 */
export function tidyOpenApi(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components;
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const sortedNames = Object.keys(schemas).sort();
  return {
    ...document,
    paths: mapValues(document.paths, (operations, path) => {
      const { head: _, ...own } = operations;
      return mapValues(own, (operation) => tidyOperation(path, operation, names));
    }),
    components: {
      schemas: Object.fromEntries(sortedNames.map((name) => [name, tidyMembers(schemas[name] ?? {}, names)])),
    },
  };
}

type SchemaNames = ReadonlyMap<string, string>;

function tidyOperation(path: string, operation: OpenApiOperation, names: SchemaNames): OpenApiOperation {
  const { parameters = [], requestBody, responses, ...rest } = operation;
  const own = parameters
    .filter((parameter) => parameter.in !== "path" || path.includes(`{${parameter.name}}`))
    .map((parameter) => (parameter.in === "path" ? { ...parameter, required: true } : parameter));
  return {
    ...rest,
    ...(own.length > 0 ? { parameters: own } : {}),
    ...(requestBody
      ? { requestBody: { ...tidyBody(requestBody, names), required: needsMembers(requestBody) } }
      : {}),
    responses: mapValues(responses, (response) => tidyBody(response, names)),
  };
}

function tidyBody<B extends OpenApiBody>(body: B, names: SchemaNames): B {
  const { content } = body;
  if (!content) return body;
  return { ...body, content: mapValues(content, ({ schema }) => ({ schema: tidySchema(schema, names) })) };
}

function needsMembers({ content = {} }: OpenApiBody): boolean {
  return Object.values(content).some(({ schema }) => "required" in schema);
}

function tidySchema(schema: object, names: SchemaNames): object {
  const name = names.get(JSON.stringify(schema));
  return name === undefined ? tidyMembers(schema, names) : { $ref: `#/components/schemas/${name}` };
}

function tidyMembers(schema: object, names: SchemaNames): object {
  if (Array.isArray(schema)) return schema.map((member) => tidyMember(member, names));
  return mapValues(schema, (member) => tidyMember(member, names));
}

function tidyMember(member: unknown, names: SchemaNames): unknown {
  return typeof member === "object" && member !== null ? tidySchema(member, names) : member;
}

function mapValues<V, R>(
  object: Record<string, V> | object,
  map: (value: V, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}
