import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { ProblemBody } from "../../src/contract/problem-body.ts";
import { isProblemCode } from "../../src/contract/problems.ts";
import type { ApiOperation, JsonSchema } from "./api-operations.ts";
import type { RawAnswer } from "./raw-request.ts";

/** What a request can meet that reaches no operation. The document says it once, for all. */
const BEFORE_ANY_OPERATION = new Set([
  "request/not-found",
  "request/method-not-allowed",
  "request/header-too-large",
  "request/timeout",
]);

interface Validator {
  Check(value: unknown): boolean;
  Errors(value: unknown): unknown[];
}

/** Judges answers by a document: what is wrong with one, in a sentence, or undefined. */
export class FuzzVerdict {
  readonly #schemas: Record<string, TSchema>;
  readonly #compiled = new Map<string, Validator>();

  constructor(schemas: Readonly<Record<string, JsonSchema>>) {
    this.#schemas = local(schemas);
  }

  of(operation: ApiOperation, answer: RawAnswer): string | undefined {
    const { status } = answer;
    if (Number.isNaN(status)) return "is no HTTP answer";
    return status >= 400 ? this.#ofProblem(operation, answer) : this.#ofSuccess(operation, answer);
  }

  #ofProblem({ method, responses }: ApiOperation, { status, headers, body }: RawAnswer): string | undefined {
    if (headers.get("content-type") !== "application/problem+json; charset=utf-8") return "is not a problem";
    if (method === "HEAD") return status >= 500 ? `is ${status}` : undefined;
    const problem: ProblemBody = JSON.parse(body);
    const misfit = this.#misfit({ $ref: "#/components/schemas/Problem" }, problem);
    if (misfit) return `is a problem that is not as documented: ${misfit}`;
    const { code, type, requestId } = problem;
    if (!isProblemCode(code) || type !== `/problems/${code}` || problem.status !== status)
      return "is a problem that contradicts itself";
    if (headers.get("x-request-id") !== requestId) return "has two request ids";
    if (code === "server/internal") return "was foreseen by nobody";
    if (BEFORE_ANY_OPERATION.has(code) || !responses || String(status) in responses) return undefined;
    return `is ${status} ${code}, which is not documented`;
  }

  #ofSuccess({ method, responses }: ApiOperation, { status, headers, body }: RawAnswer): string | undefined {
    if (status === 204 || status === 304) return body === "" ? undefined : `is ${status} with a body`;
    if (!responses || method === "HEAD") return undefined;
    const documented = responses[status];
    if (!documented) return `is ${status}, which is not documented`;
    if (!documented.content) return body === "" ? undefined : `is ${status} with a body`;
    const type = headers.get("content-type")?.split(";", 1)[0] ?? "";
    const { schema } = documented.content[type] ?? {};
    if (!schema) return `is ${type}, which is not documented for ${status}`;
    if (type !== "application/json" || headers.has("content-encoding")) return undefined;
    const misfit = this.#misfit(schema, JSON.parse(body));
    return misfit && `does not fit the schema of ${status}: ${misfit}`;
  }

  #misfit(schema: object, value: unknown): string | undefined {
    const key = JSON.stringify(schema);
    const validator: Validator = this.#compiled.get(key) ?? Compile(this.#schemas, local<TSchema>(schema));
    this.#compiled.set(key, validator);
    return validator.Check(value) ? undefined : JSON.stringify(validator.Errors(value).slice(0, 3));
  }
}

/** References as a validator follows them. */
function local<T>(schema: object): T {
  return JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", ""));
}
