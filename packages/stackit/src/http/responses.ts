import { type TSchema, Type } from "typebox";
import { type ProblemCode, problems } from "../contract/problems.ts";

/** The `response` schemas of a route: its successes, and its failures by status. */
export function responses(
  successes: Record<number, object>,
  ...codes: readonly ProblemCode[]
): Record<number, object> {
  return { ...successes, ...failures(["request/unknown-host", ...codes]) };
}

/** By their status, in words. */
export function failures(
  codes: readonly ProblemCode[],
): Record<number, { description: string; content: object }> {
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [
      status,
      {
        description: same.map((code) => `\`${code}\`: ${problems[code].title}.`).join(" "),
        content: { "application/problem+json": { schema: Type.Ref("Problem") } },
      },
    ]),
  );
}

/** The same for a route that answers with JSON that clients may keep. */
export function readResponses(
  description: string,
  schema: TSchema,
  ...codes: readonly ProblemCode[]
): Record<number, object> {
  return responses({ 200: content(description, "application/json", schema), 304: UNCHANGED }, ...codes);
}

/** The same for an image of one of these types. */
export function imageResponses(
  types: readonly string[],
  ...codes: readonly ProblemCode[]
): Record<number, object> {
  const schema = Type.String({ format: "binary" });
  const images = Object.fromEntries(types.map((type) => [type, { schema }]));
  return responses({ 200: { description: "The image.", content: images }, 304: UNCHANGED }, ...codes);
}

const UNCHANGED = Type.Null({ description: "The client has it already, by `If-None-Match`." });

export function content(description: string, mediaType: string, schema: TSchema): object {
  return { description, content: { [mediaType]: { schema } } };
}
