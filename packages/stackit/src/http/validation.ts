import type { FastifySchemaCompiler } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { Problem } from "../contract/problem-error.ts";

/** A body is taken as it is; a query, which is only text, is converted where its schema names a type. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value) => {
    const converted = httpPart === "querystring" ? withNumbers(schema, value) : value;
    if (validator.Check(converted)) return { value: converted };
    const where = PARTS[httpPart ?? ""] ?? "The request";
    // A member that is not known is reported twice; the other report is of its name, which is a stranger's text.
    const first = validator.Errors(converted).find(({ keyword }) => keyword !== "boolean");
    return {
      error: new Problem("request/invalid", first ? describe(where, first, schema) : `${where} is invalid.`),
    };
  };
};

const PARTS: Record<string, string> = {
  body: "The body",
  headers: "The headers",
  params: "The path",
  querystring: "The query",
};

/** What is wrong and what is allowed, without the value: it is a stranger's text. */
function describe(where: string, error: TLocalizedValidationError, schema: TSchema): string {
  const path = error.instancePath.replace(/^\//, "").replaceAll("/", ".");
  const subject = path === "" ? where : `${where}: \`${path}\``;
  switch (error.keyword) {
    case "additionalProperties": {
      const known = knownMembers(schema, error.instancePath);
      return `${subject} has a member that is not known. Known are: ${known.join(", ")}.`;
    }
    case "enum":
      return `${subject} must be one of: ${error.params.allowedValues.join(", ")}.`;
    case "pattern":
      return `${subject} must match ${error.params.pattern}.`;
    default:
      return `${subject} ${error.message}.`;
  }
}

/** Of a query, in which everything is text. */
function withNumbers(schema: unknown, query: unknown): unknown {
  if (typeof query !== "object" || query === null) return query;
  const properties = member(schema, "properties");
  const entries = Object.entries(query).map(([name, value]) => {
    const isNumber = Reflect.get(member(properties, name) ?? {}, "type") === "integer";
    return [name, isNumber && typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}

function knownMembers(schema: unknown, instancePath: string): string[] {
  let at = schema;
  for (const key of instancePath.split("/").slice(1)) {
    at = /^\d+$/.test(key) ? member(at, "items") : member(member(at, "properties"), key);
  }
  return Object.keys(member(at, "properties") ?? {});
}

function member(value: unknown, key: string): object | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  return typeof found === "object" && found !== null ? found : undefined;
}
