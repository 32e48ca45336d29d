import type { TObject } from "typebox";
import { Value } from "typebox/value";
import { ConfigError } from "./config-error.ts";

/** How to speak of an object in a file, and of what is in it. */
export interface Place {
  /** As a subject: `repos.json: the file`. */
  readonly whole: string;
  /** What a key's name follows: `repos.json: `. */
  readonly before: string;
  /** By key, the end of the sentence "it must be …"; the whole under "". */
  readonly allowed: Readonly<Record<string, string>>;
  /** Keys whose values are not quoted, because people put secrets there. */
  readonly unquoted: ReadonlySet<string>;
}

/** Why `found` is not what the schema asks, as one sentence. Never quotes a list or an object. */
export function firstMistake(schema: TObject, found: unknown, place: Place): ConfigError {
  // `boolean` repeats what `additionalProperties` says better.
  const error = Value.Errors(schema, found).find(({ keyword }) => keyword !== "boolean");
  if (error?.keyword === "required") {
    return new ConfigError(`${place.whole} lacks ${quotedList(error.params.requiredProperties)}.`);
  }
  if (error?.keyword === "additionalProperties") {
    return new ConfigError(
      `${place.whole} has the unknown key ${quotedList(error.params.additionalProperties)}; allowed are ${Object.keys(schema.properties).join(", ")}.`,
    );
  }
  const key = error?.instancePath.slice(1) ?? "";
  const where = key === "" ? place.whole : place.before + key;
  const value = key !== "" && isRecord(found) ? found[key] : found;
  const quoted = key === "" || place.unquoted.has(key) ? kindOf(value) : quote(value);
  return new ConfigError(`${where} is ${quoted}; it must be ${place.allowed[key]}.`);
}

/** A value of a file as a person finds it there, cut when it is long. */
export function quote(value: unknown): string {
  if (typeof value === "object" || value === undefined) return kindOf(value);
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "text" : `a ${typeof value}`;
}

function quotedList(keys: readonly string[]): string {
  return keys.map((key) => JSON.stringify(key)).join(" and ");
}
