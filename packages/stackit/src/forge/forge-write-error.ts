import { RemoteError } from "../git/wire/remote-failure.ts";
import { asFields } from "../stacks/json-fields.ts";
import { githubFailure } from "./github-failure.ts";

/**
 * Why GitHub did not change what it was asked to. `forbidden`: the token is good, and may not do this. `refused`: GitHub takes no such
 * change. `unreachable`: nothing tells whether it was done.
 */
export type ForgeWriteFailure =
  | "auth-failed"
  | "forbidden"
  | "not-found"
  | "refused"
  | "rate-limited"
  | "unreachable"
  | "aborted"
  | "error";

/** The message is for a person. It may quote what GitHub said, printable and short, and no token. */
export class ForgeWriteError extends Error {
  readonly failure: ForgeWriteFailure;
  /** Of `rate-limited`. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: ForgeWriteFailure, message: string, retryAfterMs?: number) {
    super(message);
    this.name = "ForgeWriteError";
    this.failure = failure;
    this.retryAfterMs = retryAfterMs;
  }
}

const REFUSALS = { unauthorized: "GitHub does not accept the token.", forbidden: "GitHub forbids this." };
const NOT_THERE = "GitHub has no such thing, or none that the token may change.";
const MAX_QUOTED_CHARS = 300;

/** `token`: what must not be repeated. */
export function toWriteError(error: unknown, token: string): ForgeWriteError {
  if (error instanceof ForgeWriteError) return error;
  const status = error instanceof Error && "status" in error ? Number(error.status) : undefined;
  const { failure, message, retryAfterMs } = githubFailure(error, REFUSALS);
  if (failure === "rate-limited") return new ForgeWriteError(failure, message, retryAfterMs);
  // A RemoteError had no answer, or one that was read already.
  if (error instanceof RemoteError || status === undefined || status === 401) {
    return new ForgeWriteError(failure === "timeout" ? "unreachable" : failure, message);
  }
  if (status >= 500) return new ForgeWriteError("unreachable", message);
  const { data, headers } = asFields("response" in Object(error) ? Object(error).response : {}) ?? {};
  const quoted = quote(data, token);
  if (status === 403) {
    const needed = neededPermission(asFields(headers)?.["x-accepted-github-permissions"]);
    return new ForgeWriteError("forbidden", `GitHub forbids this${saying(quoted)}${needed}`);
  }
  if (status === 404 || status === 410) return new ForgeWriteError("not-found", NOT_THERE);
  if (status >= 400) return new ForgeWriteError("refused", `GitHub refuses this${saying(quoted)}`);
  return new ForgeWriteError("error", message);
}

function saying(quoted: string): string {
  return quoted === "" ? "." : `: ${/[.!?…]$/.test(quoted) ? quoted : `${quoted}.`}`;
}

function neededPermission(header: unknown): string {
  const found = typeof header === "string" && /^[\w=,; ]{1,100}$/.test(header) ? header : undefined;
  return found === undefined ? "" : ` The token needs ${found}.`;
}

/** What GitHub says of each mistake, or of all of it. */
function quote(data: unknown, token: string): string {
  const { message, errors } = asFields(data) ?? {};
  const mistakes = (Array.isArray(errors) ? errors : []).flatMap((each): string[] => {
    if (typeof each === "string") return [each];
    const { message: said, field, code } = asFields(each) ?? {};
    if (typeof said === "string") return [said];
    return typeof field === "string" && typeof code === "string" ? [`${field} is ${code}`] : [];
  });
  const text = mistakes.length > 0 ? mistakes.join("; ") : typeof message === "string" ? message : "";
  const printable = text
    .replaceAll(token, "…")
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim();
  return printable.length > MAX_QUOTED_CHARS ? `${printable.slice(0, MAX_QUOTED_CHARS)}…` : printable;
}
