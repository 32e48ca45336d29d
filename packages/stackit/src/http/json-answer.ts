import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { codedTag, matchesTag, strongTag } from "./etag.ts";

const gzipOffThread = promisify(gzip);
const GZIP_ABOVE_BYTES = 1024;
/** Beyond this the fastest level: it compresses JSON to about a sixth as well, in a third of the time. */
const FAST_GZIP_ABOVE_BYTES = 256 * 1024;
/** An element of Accept-Encoding, with its parameters. */
const GZIP = /(?:^|,)\s*gzip\s*(;[^,]*)?(?:,|$)/i;
const ANY_CODING = /(?:^|,)\s*\*\s*(;[^,]*)?(?:,|$)/;
const WEIGHT = /;\s*q=([^;]*)/i;

/** A body that may be sent many times. */
export class AnswerBytes {
  readonly plain: Buffer;
  readonly isWorthGzip: boolean;
  #gzipping: Promise<Buffer> | undefined;
  #gzipped: Buffer | undefined;

  constructor(plain: Buffer, { isWorthGzip }: { isWorthGzip: boolean }) {
    this.plain = plain;
    this.isWorthGzip = isWorthGzip;
  }

  /** Compressed at most once. */
  gzipped(): Promise<Buffer> {
    this.#gzipping ??= this.#gzip();
    return this.#gzipping;
  }

  /** What `gzipped` gave, once it has settled: many readers of the same bytes need not wait a turn each. */
  get readyGzip(): Buffer | undefined {
    return this.#gzipped;
  }

  async #gzip(): Promise<Buffer> {
    const level =
      this.plain.length > FAST_GZIP_ABOVE_BYTES ? constants.Z_BEST_SPEED : constants.Z_DEFAULT_COMPRESSION;
    this.#gzipped = await gzipOffThread(this.plain, { level });
    return this.#gzipped;
  }
}

export class JsonBytes extends AnswerBytes {
  constructor(value: unknown) {
    const plain = Buffer.from(JSON.stringify(value));
    super(plain, { isWorthGzip: plain.length > GZIP_ABOVE_BYTES });
  }
}

/** Whether the client already has what `tag` names; sets the headers of the answer either way. */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.headers({ etag: tag, "cache-control": "no-cache", vary: "accept-encoding" });
  const tags = [tag, codedTag(tag, "gz")];
  return matchesTag(request.headers["if-none-match"], tags);
}

/** Answers 200 with `bytes`, compressed where the client takes it, or 304. Call `isUnchanged` first to spare `bytes`. */
export function answerJson(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  bytes: AnswerBytes,
): Promise<FastifyReply> | FastifyReply {
  if (isUnchanged(request, reply, tag)) return reply.code(304).send();
  reply.type("application/json; charset=utf-8");
  if (!bytes.isWorthGzip || !acceptsGzip(request.headers["accept-encoding"])) return reply.send(bytes.plain);
  const send = (body: Buffer) =>
    reply.headers({ etag: codedTag(tag, "gz"), "content-encoding": "gzip" }).send(body);
  return bytes.readyGzip ? send(bytes.readyGzip) : bytes.gzipped().then(send);
}

/** The same for a value that is made anew for each request; its tag is that of its content. */
export function answerValue(
  request: FastifyRequest,
  reply: FastifyReply,
  value: unknown,
): Promise<FastifyReply> | FastifyReply {
  const bytes = new JsonBytes(value);
  return answerJson(request, reply, strongTag(bytes.plain.toString("latin1")), bytes);
}

/** Of what was done or is just so: nobody keeps it. */
export function sendJson(reply: FastifyReply, status: number, value: object): FastifyReply {
  reply.code(status).header("cache-control", "no-store").type("application/json; charset=utf-8");
  return reply.send(JSON.stringify(value));
}

export function acceptsGzip(acceptEncoding: string | string[] | undefined): boolean {
  if (acceptEncoding === undefined) return false;
  const codings = [acceptEncoding].flat().join(",");
  return (weightIn(GZIP, codings) ?? weightIn(ANY_CODING, codings) ?? 0) > 0;
}

/** Undefined when `coding` matches none of them. */
function weightIn(coding: RegExp, codings: string): number | undefined {
  const found = coding.exec(codings);
  if (!found) return undefined;
  const weight = WEIGHT.exec(found[1] ?? "")?.[1];
  return weight === undefined ? 1 : Number(weight);
}
