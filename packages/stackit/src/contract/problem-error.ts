import { type ProblemCode, problems } from "./problems.ts";

/**
 * A failure that a client must be able to tell apart. The message is the `detail` that the client reads, so it holds
 * no secret and no text that a stranger chose without bounds. `cause` stays for the log.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** Further members of the problem body, such as `run`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { cause?: unknown; members?: Record<string, unknown> } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Problem";
    this.code = code;
    this.members = options.members ?? {};
  }

  get status(): number {
    return problems[this.code].status;
  }
}
