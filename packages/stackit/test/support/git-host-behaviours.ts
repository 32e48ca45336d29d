import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Ask, Front } from "./git-http-host.ts";

/** Behaves so for what is asked for, and well for everything else. */
export function on(ask: Ask, front: Front): Front {
  return (request, response, asked) => (asked === ask ? front(request, response, asked) : false);
}

/** The first so many requests are answered well, whatever they ask for. */
export function after(count: number, front: Front): Front {
  let asked = 0;
  return (request, response, ask) => (++asked > count ? front(request, response, ask) : false);
}

export function refuse(status: number, headers: Record<string, string> = {}, text = ""): Front {
  return (_request, response) => {
    response.writeHead(status, headers).end(text);
    return true;
  };
}

/** Wants a user and refuses every one; with `accepted`, a value of `Authorization`, all but that one. */
export function askForCredentials(accepted?: string, status = 401): Front {
  const refusal = refuse(status, { "www-authenticate": 'Basic realm="shop"' });
  return (request, response, ask) =>
    request.headers.authorization === accepted && accepted !== undefined
      ? false
      : refusal(request, response, ask);
}

/** Each request is sent to the same path below another address. */
export function redirect(origin: string, status = 302): Front {
  return (request, response) => {
    response.writeHead(status, { location: `${origin}${request.url}` }).end();
    return true;
  };
}

/** Takes the request and never answers. */
export function hang(): Front {
  return () => true;
}

/** Waits with each answer until the promise has settled. */
export function waitFor(opened: Promise<unknown>): Front {
  return async () => {
    await opened;
    return false;
  };
}

/** Breaks the connection off when so many bytes of the true answer have been sent. */
export function cut(afterBytes: number): Front {
  return (_request, response) => {
    let left = afterBytes;
    rewrite(response, (chunk, write) => {
      write(chunk.subarray(0, Math.max(0, left)));
      left -= chunk.length;
      // What was written is on its way before the end is.
      if (left < 0) setImmediate(() => response.destroy());
    });
    return false;
  };
}

/** Sends the true answer byte by byte, so slowly that it never ends, and yet never stops. */
export function drip(everyMs = 50): Front {
  return (_request, response) => {
    let waiting = Buffer.alloc(0);
    const timer = setInterval(() => {
      sent?.(waiting.subarray(0, 1));
      waiting = waiting.subarray(1);
    }, everyMs);
    let sent: ((part: Buffer) => void) | undefined;
    response.on("close", () => clearInterval(timer));
    rewrite(response, (chunk, write) => {
      sent = write;
      waiting = Buffer.concat([waiting, chunk]);
    });
    response.end = () => response;
    return false;
  };
}

/** Closes each connection that is used again, as hosts do that have forgotten it. */
export function dropKeptConnections(): Front {
  const seen = new WeakSet<Socket>();
  return ({ socket }) => {
    if (seen.has(socket)) socket.destroy();
    seen.add(socket);
    return socket.destroyed;
  };
}

/** Answers from another repository on the host, as a replica does that has not heard of the last pushes. */
export function answerFrom(name: string): Front {
  return (request) => {
    request.url = request.url?.replace(/^\/[^/]+/, `/${name}`);
    return false;
  };
}

/** Speaks only the protocol of before version 2. */
export function speakOldProtocol(): Front {
  return (request) => {
    delete request.headers["git-protocol"];
    return false;
  };
}

function rewrite(
  response: ServerResponse,
  take: (chunk: Buffer, write: (part: Buffer) => void) => void,
): void {
  const write = response.write.bind(response);
  response.write = (chunk: unknown) => {
    take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk)), (part) => void write(part));
    return true;
  };
}
