import type { FastifyReply, FastifyRequest } from "fastify";
import type { AskedDiff, DiffAnswers } from "./diff-answers.ts";
import type { AnswerBytes } from "./json-answer.ts";

const BUSY_FOR_SEC = "2";

/**
 * From memory, or made now; `onMaking` is called before that. Who finds the server busy is told when to ask again.
 * @throws {Problem} `server/busy`, and what reading throws
 */
export async function madeAnswer(
  diffs: DiffAnswers,
  asked: AskedDiff,
  request: FastifyRequest,
  reply: FastifyReply,
  onMaking: () => void = () => {},
): Promise<AnswerBytes> {
  const kept = diffs.find(asked);
  if (kept) return kept;
  onMaking();
  return diffs.make(asked, request.signal, () => reply.header("retry-after", BUSY_FOR_SEC));
}
