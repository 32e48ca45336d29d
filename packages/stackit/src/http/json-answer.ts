import type { IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { codedTag, matchesTag, strongTag } from "./etag.ts";

const gzipOffThread = promisify(gzip);
const JSON_TYPE = "application/json; charset=utf-8";
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

/** What a client is to be answered with. */
interface Answer {
  readonly status: 200 | 304;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of a 304 undefined, and of what is being compressed not there yet. */
  readonly body: Buffer | Promise<Buffer> | undefined;
}

/** `bytes`, compressed where the client takes it, or that the client has what `tag` names. */
export function chooseAnswer(asked: IncomingHttpHeaders, tag: string, bytes: AnswerBytes): Answer {
  if (hasAlready(asked, tag)) return { status: 304, headers: validators(tag), body: undefined };
  if (!bytes.isWorthGzip || !acceptsGzip(asked["accept-encoding"])) {
    return { status: 200, headers: { ...validators(tag), "content-type": JSON_TYPE }, body: bytes.plain };
  }
  const headers = {
    ...validators(codedTag(tag, "gz")),
    "content-type": JSON_TYPE,
    "content-encoding": "gzip",
  };
  return { status: 200, headers, body: bytes.readyGzip ?? bytes.gzipped() };
}

/** Whether the client already has what `tag` names; sets the headers of the answer either way. */
export function isUnchanged(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  reply.headers(validators(tag));
  return hasAlready(request.headers, tag);
}

/** Answers 200 with `bytes` or 304. Call `isUnchanged` first to spare `bytes`. */
export function answerJson(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  bytes: AnswerBytes,
): Promise<FastifyReply> | FastifyReply {
  const { status, headers, body } = chooseAnswer(request.headers, tag, bytes);
  reply.code(status).headers(headers);
  return body instanceof Promise ? body.then((ready) => reply.send(ready)) : reply.send(body);
}

function validators(tag: string) {
  return { etag: tag, "cache-control": "no-cache", vary: "accept-encoding" };
}

function hasAlready(asked: IncomingHttpHeaders, tag: string): boolean {
  return matchesTag(asked["if-none-match"], [tag, codedTag(tag, "gz")]);
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
  reply.code(status).header("cache-control", "no-store").type(JSON_TYPE);
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
