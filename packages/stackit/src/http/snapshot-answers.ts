import type { FastifyReply, FastifyRequest } from "fastify";
import type { Snapshot } from "../repos/served-repo.ts";
import { strongTag } from "./etag.ts";
import { answerJson, isUnchanged, JsonBytes } from "./json-answer.ts";

/** The answers that show a whole snapshot, and so are worth keeping as bytes as long as it lives. */
export type WholeAnswer = "view" | "stacks" | "branches";

interface KeptAnswer {
  readonly tag: string;
  /** From the first reader on who does not have it yet. */
  bytes?: JsonBytes;
}

/** Answers reads from snapshots. Equal tags mean equal bytes, so the version and the generation are part of a tag. */
export class SnapshotAnswers {
  readonly #version: string;
  readonly #kept = new WeakMap<Snapshot, Map<WholeAnswer, KeptAnswer>>();

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
    const kept = this.#keptOf(snapshot, which);
    if (isUnchanged(request, reply, kept.tag)) return reply.code(304).send();
    if (!kept.bytes) {
      beforeMaking();
      kept.bytes = new JsonBytes(make());
    }
    return answerJson(request, reply, kept.tag, kept.bytes);
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

  /** With its tag, where it was made already. */
  made(
    snapshot: Snapshot,
    which: WholeAnswer,
  ): { readonly tag: string; readonly bytes: JsonBytes } | undefined {
    const kept = this.#kept.get(snapshot)?.get(which);
    return kept?.bytes && { tag: kept.tag, bytes: kept.bytes };
  }

  tagOf(snapshot: Snapshot, which: WholeAnswer): string {
    return this.#keptOf(snapshot, which).tag;
  }

  #keptOf(snapshot: Snapshot, which: WholeAnswer): KeptAnswer {
    const answers = this.#kept.get(snapshot) ?? new Map<WholeAnswer, KeptAnswer>();
    this.#kept.set(snapshot, answers);
    const kept = answers.get(which) ?? { tag: this.#tag(snapshot, which) };
    answers.set(which, kept);
    return kept;
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
