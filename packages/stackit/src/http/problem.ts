import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ProblemBody } from "../contract/problem-body.ts";
import { Problem } from "../contract/problem-error.ts";
import { type ProblemCode, problems } from "../contract/problems.ts";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** What fastify and node:http throw, by their code, in the words of our table. */
const FOREIGN: Record<string, readonly [ProblemCode, string]> = {
  FST_ERR_BAD_URL: ["request/invalid", "The path is not valid percent-encoded UTF-8."],
  FST_ERR_MAX_PARAM_LENGTH: ["request/invalid", "A part of the path is too long."],
  FST_ERR_CTP_BODY_TOO_LARGE: ["request/too-large", "The body is larger than this server takes."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["request/unsupported-media-type", "Only application/json is understood."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["request/invalid", "The body is not as long as Content-Length says."],
  FST_ERR_CTP_INVALID_JSON_BODY: ["request/invalid", "The body is not valid JSON."],
  HPE_HEADER_OVERFLOW: [
    "request/header-too-large",
    "The request line and headers are larger than this server takes.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["request/timeout", "The request did not arrive completely in time."],
};

/** The only translation of a failure into what a client reads. A failure that is not foreseen says nothing of itself. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode } = toErrorFacts(error);
  const known = code === undefined ? undefined : FOREIGN[code];
  if (known) return new Problem(known[0], known[1], { cause: error });
  if (statusCode === 400)
    return new Problem("request/invalid", "The request is malformed.", { cause: error });
  return new Problem("server/internal", "The server's log has the cause under this request id.", {
    cause: error,
  });
}

function toErrorFacts(error: unknown): { code?: string; statusCode?: number } {
  if (typeof error !== "object" || error === null) return {};
  return {
    ...("code" in error && typeof error.code === "string" ? { code: error.code } : {}),
    ...("statusCode" in error && typeof error.statusCode === "number"
      ? { statusCode: error.statusCode }
      : {}),
  };
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  return {
    type: `/problems/${problem.code}`,
    title: problems[problem.code].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    requestId,
    ...problem.members,
  };
}

/** Answers with the problem that `error` is. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  reply.problemCode = problem.code;
  // What has a cause was foreseen by nobody; a run that failed or a reading that has not ended was.
  if (problem.code === "server/internal" || (problem.status >= 500 && problem.cause !== undefined))
    request.log.error({ err: problem.cause ?? problem, code: problem.code }, "request failed");
  for (const name of ["etag", "cache-control", "content-encoding", "content-length", "vary"])
    reply.removeHeader(name);
  reply
    .code(problem.status)
    .headers({ "content-type": PROBLEM_TYPE, "cache-control": "no-store" })
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** A whole HTTP answer, for a connection on which no request could be read. */
export function rawProblemAnswer(problem: Problem, requestId: string): string {
  const body = JSON.stringify(problemBody(problem, requestId));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    `X-Request-Id: ${requestId}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
