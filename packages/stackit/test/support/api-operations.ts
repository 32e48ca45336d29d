import type { RouteOptions } from "fastify";
import type { OpenApiDocument, OpenApiOperation } from "../../src/http/openapi.ts";

/** A schema as far as values are made of it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ApiOperation {
  /** Of the document; method and path where it is not in there. */
  readonly id: string;
  readonly method: string;
  /** With the names of parameters in braces. */
  readonly path: string;
  readonly query: Readonly<Record<string, JsonSchema>>;
  readonly headers: Readonly<Record<string, JsonSchema>>;
  /** By media type. */
  readonly bodies: Readonly<Record<string, JsonSchema>>;
  /** By status; undefined where nobody promised any. */
  readonly responses: OpenApiOperation["responses"] | undefined;
}

/** All that a document promises. */
export function documentedOperations({ paths }: OpenApiDocument): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { operationId, parameters = [], requestBody, responses } = operation;
      const named = (place: string) =>
        Object.fromEntries(
          parameters.filter((one) => one.in === place).map(({ name, schema }) => [name, schema]),
        );
      const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema]);
      return {
        id: operationId,
        method: method.toUpperCase(),
        path,
        query: named("query"),
        headers: named("header"),
        bodies: Object.fromEntries(bodies),
        responses,
      };
    }),
  );
}

/** What the server has besides: other paths of the same operations, HEAD, and what is not documented, such as signing in. */
export function otherOperations(
  routes: readonly RouteOptions[],
  documented: readonly ApiOperation[],
): ApiOperation[] {
  const known = new Set(documented.map(({ method, path }) => `${method} ${path}`));
  return routes.flatMap(({ method, url, schema }) => {
    const path = url.replaceAll(/:(\w+)|(\*)/g, (_, name, star) => `{${name ?? star}}`);
    if (Array.isArray(method) || known.has(`${method} ${path}`)) return [];
    const operationId: unknown = Reflect.get(schema ?? {}, "operationId");
    const same = documented.find(({ id }) => id === operationId);
    const query: Record<string, JsonSchema> = Object(Reflect.get(Object(schema?.querystring), "properties"));
    return [
      {
        id: `${method} ${path}`,
        method: String(method),
        path,
        query: same?.query ?? query,
        headers: same?.headers ?? {},
        bodies: same?.bodies ?? {},
        responses: same?.responses,
      },
    ];
  });
}
