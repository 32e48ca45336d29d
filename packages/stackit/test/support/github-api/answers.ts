import { readFileSync } from "node:fs";
import { Compile } from "typebox/schema";

type Schema = Readonly<Record<string, unknown>>;

/** GitHub's own description of what its API is asked and answers. */
const described: Record<"answers" | "requests" | "$defs", Record<string, Schema>> = JSON.parse(
  readFileSync(new URL("answers.json", import.meta.url), "utf8"),
);
const { answers, requests, $defs } = described;
const compiled = (schemas: Record<string, Schema>) =>
  new Map(Object.entries(schemas).map(([name, schema]) => [name, Compile({ ...schema, $defs })]));
const checks = compiled(answers);
const requestChecks = compiled(requests);

/** @throws when GitHub is not to be asked so */
export function assertRequest(endpoint: string, body: unknown): void {
  const check = requestChecks.get(endpoint);
  if (!check?.Check(body))
    throw new Error(`GitHub is not to be asked ${endpoint} so: ${JSON.stringify(body)}`);
}

/** @throws when GitHub would not answer that; `problem` stands for what it answers to mistakes. */
export function assertAnswer(endpoint: string, answer: unknown): void {
  const check = checks.get(endpoint);
  if (!check) throw new Error(`the answers to ${endpoint} are not described`);
  if (check.Check(answer)) return;
  const [first] = check.Errors(answer)[1];
  throw new Error(`GitHub does not answer ${endpoint} so: ${first?.instancePath} ${first?.message}`);
}

/** The least that fits the description of that name, to be given a meaning by who takes it. */
export function leastOf(name: string): Record<string, unknown> {
  return Object(least({ $ref: `#/$defs/${name}` }));
}

function least(schema: Schema): unknown {
  if (typeof schema.$ref === "string") return least($defs[schema.$ref.replace("#/$defs/", "")] ?? {});
  if (Array.isArray(schema.allOf)) return Object.assign({}, ...schema.allOf.map(least));
  for (const word of ["anyOf", "oneOf"]) {
    const [first] = Array.isArray(schema[word]) ? schema[word] : [];
    if (first) return least(first);
  }
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const types = [schema.type].flat();
  if (types.includes("null")) return null;
  if (types.includes("array")) return [];
  if (types.includes("boolean")) return false;
  if (types.includes("integer") || types.includes("number")) return 0;
  if (types.includes("string")) return "";
  const properties = Object.entries(Object(schema.properties));
  const required: unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    properties.flatMap(([key, value]) => (required.includes(key) ? [[key, least(Object(value))]] : [])),
  );
}
