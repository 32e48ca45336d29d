import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** Answers in the server's place, or returns false to let the server answer after all. */
export type Instead = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * What may stand between a browser and the server, such as a proxy: it can answer itself, hold a stream back, end it, and tell of another
 * version than the server's.
 */
export interface ServerFront extends AsyncDisposable {
  readonly url: string;
  /** Method and path of everything that was asked, oldest first. */
  readonly requests: readonly string[];
  /** Asked before the server while it is set. */
  instead: Instead | undefined;
  /** Told in the place of the server's, while it is set. */
  version: string | undefined;
  /** How often the event stream was asked for. */
  readonly streams: number;
  /** No byte more of the streams that are open now is passed on; what would have come is lost. */
  stallStreams(): void;
  /** Ends each open stream as a server does that means to, or breaks it off. */
  endStreams(how?: "end" | "break"): void;
}

export const isStream = ({ url = "" }: IncomingMessage): boolean => /^\/api\/v1\/events(\?|$)/.test(url);

export async function serverFront(target: string): Promise<ServerFront> {
  const open = new Set<ServerResponse>();
  const stalled = new WeakSet<ServerResponse>();
  const requests: string[] = [];
  const server = createServer((asked, answer) => {
    requests.push(`${asked.method} ${asked.url}`);
    answer.on("error", () => {});
    if (!front.instead?.(asked, answer)) pass(asked, answer);
  });

  function pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { "accept-encoding": _, "if-none-match": tag, ...others } = asked.headers;
    const headers = { ...others, ...(tag && front.version === undefined && { "if-none-match": tag }) };
    const passed = request(new URL(asked.url ?? "/", target), { method: asked.method, headers });
    passed.on("error", () => answer.destroy());
    passed.on("response", (told) => {
      told.on("error", () => answer.destroy());
      if (isStream(asked)) passStream(told, answer);
      else void passWhole(told, answer);
    });
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  }

  function passStream(told: IncomingMessage, answer: ServerResponse): void {
    open.add(answer);
    answer.on("close", () => open.delete(answer));
    answer.writeHead(told.statusCode ?? 502, told.headers);
    told.setEncoding("utf8").on("data", (part: string) => {
      if (!stalled.has(answer)) answer.write(renamed(part));
    });
    told.on("end", () => answer.end());
  }

  async function passWhole(told: IncomingMessage, answer: ServerResponse): Promise<void> {
    const isText = told.headers["content-type"]?.startsWith("application/json");
    if (!isText || front.version === undefined) {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      told.pipe(answer);
      return;
    }
    const { "content-length": _, etag: __, ...headers } = told.headers;
    const body = await text(told);
    answer.writeHead(told.statusCode ?? 502, headers).end(renamed(body));
  }

  function renamed(said: string): string {
    const { version } = front;
    return version === undefined ? said : said.replace(/"version":"[^"]*"/, `"version":"${version}"`);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const front: ServerFront = {
    url: `http://127.0.0.1:${port}`,
    requests,
    instead: undefined,
    version: undefined,
    get streams() {
      return requests.filter((asked) => /^GET \/api\/v1\/events(\?|$)/.test(asked)).length;
    },
    stallStreams() {
      for (const answer of open) stalled.add(answer);
    },
    endStreams(how = "end") {
      for (const answer of open) {
        if (how === "end") answer.end();
        else answer.destroy();
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return front;
}
