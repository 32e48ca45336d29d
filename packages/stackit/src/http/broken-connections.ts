import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Problem } from "../contract/problem-error.ts";
import { rawProblemAnswer, toProblem } from "./problem.ts";

/** Answers on a socket from which no request could be read. For node:http's `clientError`. */
export function answerBrokenConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const isUnreadable = error.code?.startsWith("HPE_") && error.code !== "HPE_HEADER_OVERFLOW";
  const problem = isUnreadable
    ? new Problem("request/invalid", "This is not a valid HTTP/1.1 request.", { cause: error })
    : toProblem(error);
  socket.end(rawProblemAnswer(problem, requestId));
}

/** An expectation that we do not know is ignored, as RFC 9110 allows, where node:http would answer 417 by itself. */
export function ignoreExpectations(server: Server): void {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}
