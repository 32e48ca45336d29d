import type { FastifyReply, FastifyRequest } from "fastify";
import type { Snapshot } from "../repos/served-repo.ts";
import { strongTag } from "./etag.ts";
import { answerJson, isUnchanged, JsonBytes } from "./json-answer.ts";

/** The answers that show a whole snapshot, and so are worth keeping as bytes as long as it lives. */
export type WholeAnswer = "view" | "stacks" | "branches";

/** Answers reads from snapshots. Equal tags mean equal bytes, so the version and the generation are part of a tag. */
export class SnapshotAnswers {
  readonly #version: string;
  readonly #kept = new WeakMap<Snapshot, Map<WholeAnswer, JsonBytes>>();

  constructor(version: string) {
    this.#version = version;
  }

  /** `beforeMaking` is called when the answer is not in memory and may refuse by throwing. */
  whole(
    { request, reply, snapshot }: SnapshotRead,
    which: WholeAnswer,
    make: () => unknown,
    beforeMaking: () => void,
  ): Promise<FastifyReply> | FastifyReply {
    const tag = this.#tag(snapshot, which);
    if (isUnchanged(request, reply, tag)) return reply.code(304).send();
    const kept = this.#kept.get(snapshot) ?? new Map<WholeAnswer, JsonBytes>();
    this.#kept.set(snapshot, kept);
    let bytes = kept.get(which);
    if (!bytes) {
      beforeMaking();
      bytes = new JsonBytes(make());
      kept.set(which, bytes);
    }
    return answerJson(request, reply, tag, bytes);
  }

  /** `variant` names the part among all that can be read from a snapshot. */
  part(
    { request, reply, snapshot }: SnapshotRead,
    variant: readonly string[],
    make: () => unknown,
  ): Promise<FastifyReply> | FastifyReply {
    const tag = this.#tag(snapshot, ...variant);
    if (isUnchanged(request, reply, tag)) return reply.code(304).send();
    return answerJson(request, reply, tag, new JsonBytes(make()));
  }

  #tag(snapshot: Snapshot, ...variant: readonly string[]): string {
    return strongTag(this.#version, snapshot.generation, snapshot.fingerprint, ...variant);
  }
}

export interface SnapshotRead {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly snapshot: Snapshot;
}
