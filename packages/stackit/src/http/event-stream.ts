import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../access/caller.ts";
import { Problem } from "../contract/problem-error.ts";
import { sseFrame } from "../events/sse-frame.ts";
import type { Clock } from "../lib/clock.ts";
import { clientKey } from "./address.ts";
import type { EventSource } from "./server-parts.ts";

/** What may wait for one reader. A slower one is closed; it comes back and is told what it missed. */
const MAX_UNREAD_BYTES = 2 ** 20;
/** A replay leaves room for what happens meanwhile. When more was missed, reading all anew is cheaper. */
const MAX_REPLAY_BYTES = MAX_UNREAD_BYTES / 2;
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 1000;
/** After the server has ended: by then the next one may be there, and not all readers come back in the same instant. */
const COME_BACK_MS = { first: 500, last: 3000 };

export interface EventStreamOptions {
  readonly source: EventSource;
  readonly version: string;
  readonly clock: Clock;
  readonly limits: { streams: number; streamsPerClient: number };
}

export interface StreamRequest {
  /** Only what concerns this repository. */
  readonly repoId?: string;
  readonly generation?: number;
  /** The position of the last event that the reader knows. */
  readonly since?: string;
}

interface Stream {
  readonly raw: FastifyReply["raw"];
  readonly client: string;
  readonly caller: Caller;
  readonly repoId: string | undefined;
  unsubscribe: () => void;
  /** At the last heartbeat something waited to be read. */
  wasBehind: boolean;
}

/**
 * All open event streams. Each event becomes bytes once, and one timer beats for all.
 * - A stream: `connected`, then what was missed or `resync`, then live. Nothing is lost or told twice in between.
 * - A stream ends with the sign-in of its reader, and within a heartbeat when its repository is not shown to the reader any more.
 * - `close` ends every stream, tells each reader another time to come back, and takes no more. A stopping server closes ended connections, drained or not.
 */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #open = new Set<Stream>();
  readonly #perClient = new Map<string, number>();
  #stopHeart: () => void = () => {};
  #closed = false;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Takes over the reply for as long as the reader stays.
   * @throws {Problem} `events/too-many-streams`
   */
  open(request: FastifyRequest, reply: FastifyReply, wanted: StreamRequest): void {
    const { caller } = request;
    const client = caller.id || clientKey(request.ip);
    this.#admit(client, reply);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { ...headersOf(reply), ...STREAM_HEADERS });
    if (request.method === "HEAD" || this.#closed) {
      raw.end();
      return;
    }
    const stream: Stream = {
      raw,
      client,
      caller,
      repoId: wanted.repoId,
      unsubscribe: () => {},
      wasBehind: false,
    };
    const { ended, leave } = caller.open();
    const end = (): void => this.#end(stream);
    ended.addEventListener("abort", end, { once: true });
    raw.once("close", () => {
      ended.removeEventListener("abort", end);
      leave();
      this.#forget(stream);
    });
    this.#keep(stream);
    if (ended.aborted) end();
    else this.#greet(stream, wanted);
  }

  close(): void {
    this.#closed = true;
    this.#stopHeart();
    const { first, last } = COME_BACK_MS;
    const stepMs = (last - first) / Math.max(1, this.#open.size - 1);
    for (const [index, stream] of [...this.#open].entries()) {
      if (!stream.raw.destroyed) stream.raw.write(`retry: ${Math.round(first + index * stepMs)}\n\n`);
      this.#end(stream);
    }
  }

  #end({ raw, unsubscribe }: Stream): void {
    unsubscribe();
    raw.end();
  }

  #admit(client: string, reply: FastifyReply): void {
    const { streams, streamsPerClient } = this.#options.limits;
    const isClientFull = (this.#perClient.get(client) ?? 0) >= streamsPerClient;
    if (!isClientFull && this.#open.size < streams) return;
    reply.header("retry-after", "10");
    const limit = isClientFull ? `${streamsPerClient} for each client` : `${streams} in all`;
    throw new Problem("events/too-many-streams", `This server keeps at most ${limit} open.`);
  }

  #keep(stream: Stream): void {
    this.#open.add(stream);
    this.#perClient.set(stream.client, (this.#perClient.get(stream.client) ?? 0) + 1);
    if (this.#open.size === 1) this.#beatLater();
  }

  #forget(stream: Stream): void {
    stream.unsubscribe();
    this.#open.delete(stream);
    const left = (this.#perClient.get(stream.client) ?? 1) - 1;
    if (left > 0) this.#perClient.set(stream.client, left);
    else this.#perClient.delete(stream.client);
    if (this.#open.size === 0) this.#stopHeart();
  }

  /** Replays before it returns; what happens afterwards is written as it comes. */
  #greet(stream: Stream, { repoId, generation, since }: StreamRequest): void {
    const { source } = this.#options;
    const connected = { ...(generation === undefined ? {} : { generation }), ...this.#now() };
    const greeting = [Buffer.from(`retry: ${RECONNECT_MS}\n\n`), sseFrame("connected", connected)];
    const missed: Buffer[] = [];
    let isLive = false;
    stream.unsubscribe = source.subscribe(
      {
        ...(since === undefined ? {} : { since }),
        // What the caller may see is asked at each event, since it may be less than when the stream was opened.
        filter: (event) =>
          (repoId === undefined || event.repoId === repoId) &&
          stream.caller.roleOn(event.repoId) !== undefined,
      },
      {
        event: (frame) => (isLive ? this.#write(stream, frame) : missed.push(frame)),
        resync: (position) => {
          const frame = sseFrame("resync", { serverTime: this.#now().serverTime }, position);
          if (isLive) this.#write(stream, frame);
          else missed.splice(0, missed.length, frame);
        },
      },
    );
    isLive = true;
    if (missed.reduce((bytes, { length }) => bytes + length, 0) > MAX_REPLAY_BYTES) {
      missed.splice(0, missed.length, sseFrame("resync", { serverTime: this.#now().serverTime }));
    }
    // An id alone is no event, yet the reader keeps it: a stream that breaks before its first event is resumed too.
    const place = Buffer.from(`id: ${source.position}\n\n`);
    this.#write(stream, Buffer.concat([...greeting, ...missed, place]));
  }

  #beatLater(): void {
    this.#stopHeart = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#beatLater();
      const beat = sseFrame("heartbeat", this.#now());
      for (const stream of this.#open) {
        const { caller, repoId } = stream;
        if (repoId !== undefined && caller.roleOn(repoId) === undefined) this.#end(stream);
        else this.#beat(stream, beat);
      }
    });
  }

  /** Who is behind from one heartbeat to the next is closed like one who is far behind. */
  #beat(stream: Stream, beat: Buffer): void {
    const isBehind = stream.raw.writableLength > 0;
    if (isBehind && stream.wasBehind) stream.raw.destroy();
    else this.#write(stream, beat);
    stream.wasBehind = isBehind;
  }

  #write({ raw }: Stream, bytes: Buffer): void {
    if (raw.destroyed) return;
    if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
    else raw.write(bytes);
  }

  #now(): { serverTime: string; version: string } {
    const { clock, version } = this.#options;
    return { serverTime: new Date(clock.wallNow()).toISOString(), version };
  }
}

const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

function headersOf(reply: FastifyReply): Record<string, number | string | string[]> {
  return Object.fromEntries(
    Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}
