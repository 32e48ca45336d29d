import { asFields } from "../stacks/json-fields.ts";

/** What GraphQL answered: data, errors, or some of both. */
export interface GraphqlAnswer {
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly errors: readonly GraphqlError[];
}

/** Without its message, which may repeat what was asked. */
export interface GraphqlError {
  /** Such as `NOT_FOUND`; empty when there is none. */
  readonly type: string;
  /** Where in `data`; empty when it is about all of it. */
  readonly path: readonly string[];
  /** What was asked for and is no field there. */
  readonly undefinedField?: string;
  /** Whether it asks for a pause. */
  readonly isTooQuick: boolean;
}

export function readGraphqlAnswer(body: unknown): GraphqlAnswer {
  const { data, errors } = asFields(body) ?? {};
  return { data: asFields(data), errors: Array.isArray(errors) ? errors.map(readError) : [] };
}

function readError(value: unknown): GraphqlError {
  const { type, path, extensions, message } = asFields(value) ?? {};
  const { code, fieldName } = asFields(extensions) ?? {};
  return {
    type: typeof type === "string" ? type : "",
    path: Array.isArray(path) ? path.map(String) : [],
    ...(code === "undefinedField" && typeof fieldName === "string" && { undefinedField: fieldName }),
    isTooQuick: type === "RATE_LIMITED" || /secondary rate limit/i.test(String(message)),
  };
}
