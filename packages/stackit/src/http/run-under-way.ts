import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { SyncRun } from "../contract/sync-run.ts";
import { sendJson } from "./json-answer.ts";
import { content } from "./responses.ts";

/** For `responses`: what `answerRunUnderWay` answers. */
export const RUN_UNDER_WAY = {
  202: {
    ...content("The run as it stands; it goes on.", "application/json", Type.Ref("SyncRun")),
    headers: { Location: Type.String({ description: "Where the run is." }) },
  },
};

export function runLocation(repoId: string, runId: string): string {
  return `/api/v1/repos/${encodeURIComponent(repoId)}/sync-runs/${runId}`;
}

/** 202, with where the run is. */
export function answerRunUnderWay(reply: FastifyReply, repoId: string, run: SyncRun): FastifyReply {
  reply.header("location", runLocation(repoId, run.id));
  return sendJson(reply, 202, run);
}
