import type { KeptPayload } from "../../contract/webhook-deliveries.ts";

/** Which values are kept: those that can be nothing else. */
const KINDS = {
  flag: (value: unknown) => typeof value === "boolean",
  number: (value: unknown) => typeof value === "number",
  word: matching(/^[a-z_]{1,40}$/),
  oid: matching(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
  ref: matching(/^refs\/[^\s~^:?*[\\]{1,400}$/),
  branch: matching(/^[^\s~^:?*[\\]{1,400}$/),
  login: matching(/^[\w.-]{1,100}(\[bot\])?$/),
  fullName: matching(/^[\w.-]{1,100}\/[\w.-]{1,100}$/),
} satisfies Record<string, (value: unknown) => boolean>;

/** What is kept of a payload, by its names. */
interface Shape {
  readonly [name: string]: keyof typeof KINDS | Shape;
}

const TIP: Shape = { ref: "branch", sha: "oid" };
const VERDICT: Shape = { head_sha: "oid", status: "word", conclusion: "word" };
/** No message, no address, no URL: neither what people wrote nor what may open something. */
const KEPT: Shape = {
  action: "word",
  ref: "ref",
  before: "oid",
  after: "oid",
  created: "flag",
  deleted: "flag",
  forced: "flag",
  number: "number",
  sha: "oid",
  state: "word",
  repository: { id: "number", full_name: "fullName" },
  sender: { login: "login" },
  installation: { id: "number", account: { login: "login" } },
  pull_request: {
    number: "number",
    state: "word",
    draft: "flag",
    merged: "flag",
    head: TIP,
    base: TIP,
  },
  review: { state: "word" },
  check_suite: { head_branch: "branch", ...VERDICT },
  check_run: VERDICT,
};
const MAX_NAME = 60;
const MAX_OMITTED = 40;

/** Takes anything that JSON can hold. What comes out is small, whatever goes in. */
export function keptPayload(payload: unknown): KeptPayload {
  if (!isRecord(payload)) return { payload: {}, omitted: [] };
  const kept = partOf(payload, KEPT);
  const omitted = Object.keys(payload).filter((name) => !Object.hasOwn(kept, name));
  return { payload: kept, omitted: omitted.slice(0, MAX_OMITTED).map((name) => name.slice(0, MAX_NAME)) };
}

function partOf(value: Record<string, unknown>, shape: Shape): Record<string, unknown> {
  const kept = Object.entries(shape).flatMap(([name, inner]) => {
    const own = Object.hasOwn(value, name) ? keptValue(value[name], inner) : undefined;
    return own === undefined ? [] : [[name, own] as const];
  });
  return Object.fromEntries(kept);
}

function keptValue(value: unknown, shape: Shape[string]): unknown {
  if (typeof shape === "string") return KINDS[shape](value) ? value : undefined;
  const part = isRecord(value) ? partOf(value, shape) : {};
  return Object.keys(part).length === 0 ? undefined : part;
}

function matching(pattern: RegExp): (value: unknown) => boolean {
  return (value) => typeof value === "string" && pattern.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
