import type { TObject } from "typebox";
import { Value } from "typebox/value";
import { nearest } from "../lib/nearest.ts";
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
  // A key that is misspelt is lacking too, and its name says more.
  const [strange] = unknownKeys(schema, found);
  if (strange !== undefined) return unknownKey(strange, Object.keys(schema.properties), place);
  const [error] = Value.Errors(schema, found);
  if (error?.keyword === "required") {
    const lacking = error.params.requiredProperties;
    const mend = lacking.map((key) => `Add "${key}": ${place.allowed[key]}.`).join(" ");
    return new ConfigError(`${place.whole} lacks ${quotedList(lacking)}.`, { mend });
  }
  const [key = ""] = error?.instancePath.slice(1).split("/") ?? [];
  const where = key === "" ? place.whole : place.before + key;
  const value = key !== "" && isRecord(found) ? found[key] : found;
  const quoted = key === "" || place.unquoted.has(key) ? kindOf(value) : quote(value);
  const allowed = place.allowed[key];
  return new ConfigError(`${where} is ${quoted}; it must be ${allowed}.`, {
    mend: `Change ${where} to ${allowed}.`,
  });
}

export function unknownKeys(schema: TObject, found: unknown): string[] {
  return isRecord(found) ? Object.keys(found).filter((key) => !Object.hasOwn(schema.properties, key)) : [];
}

function unknownKey(key: string, allowed: readonly string[], { whole }: Place): ConfigError {
  const meant = nearest(key, allowed);
  const guess = meant === undefined ? "" : `, most likely for "${meant}"`;
  return new ConfigError(
    `${whole} has the unknown key ${JSON.stringify(key)}${guess}; allowed are ${allowed.join(", ")}.`,
    { mend: meant === undefined ? "Leave that key out." : `Rename that key to "${meant}".` },
  );
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
