import type { RouteOptions } from "fastify";
import { type ProblemCode, problems } from "../contract/problems.ts";
import { failures } from "./responses.ts";

/** Their bodies are read also where none is wanted. */
const OF_CHANGES = [
  "request/cross-site",
  "server/read-only",
  "request/invalid",
  "request/too-large",
  "request/unsupported-media-type",
] as const;

/** What a request to this route can meet besides what the route itself says, since it is refused before or while its path is read. */
export function withCommonRefusals(
  described: Readonly<Record<string, { description?: string }>>,
  { method, config, schema }: Pick<RouteOptions, "method" | "config" | "schema">,
): Record<string, object> {
  const isRead = [method].flat().every((name) => name === "GET" || name === "HEAD");
  const access = config?.access ?? "open";
  const codes = new Set<ProblemCode>([
    ...(schema?.params || schema?.querystring ? ["request/invalid" as const] : []),
    ...(isRead || config?.isSigned ? [] : OF_CHANGES),
    ...(access === "open" ? [] : (["access/sign-in-required", "access/unverified"] as const)),
    ...(access === "open" || access === "reader" ? [] : ["access/not-allowed" as const]),
  ]);
  const missing = [...codes].filter((code) => {
    return !described[problems[code].status]?.description?.includes(`\`${code}\``);
  });
  const added = Object.entries(failures(missing)).map(([status, failure]) => {
    const said = described[status]?.description;
    return [
      status,
      said === undefined ? failure : { ...failure, description: `${said} ${failure.description}` },
    ];
  });
  return { ...described, ...Object.fromEntries(added) };
}
