import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { gunzipSync } from "node:zlib";
import { testGitEnv } from "./test-git.ts";

/** What a request of Git asks for: what the host can do, which refs there are, objects, or to take objects. */
export type Ask = "discovery" | "ls-refs" | "fetch" | "push";

/** Answers in the host's place, or returns false to let the host answer after all. See git-host-behaviours.ts. */
export type Front = (
  request: IncomingMessage,
  response: ServerResponse,
  ask: Ask,
) => boolean | Promise<boolean>;

export interface GitHttpHost extends AsyncDisposable {
  /** Without a slash at its end; a repository is `<url>/<name of its folder>`. */
  readonly url: string;
  /** Method and path of everything that was asked, oldest first. */
  readonly requests: readonly string[];
  /** What was asked by these requests, in the same order. */
  readonly asks: readonly Ask[];
  /** The `Authorization` of each request, in the same order; empty where there was none. */
  readonly credentials: readonly string[];
  /** Asked before the host itself while it is set. */
  front: Front | undefined;
  /** What the body of the host's own answer passes through, while it is set. */
  through: ((request: IncomingMessage) => Duplex | undefined) | undefined;
}

export interface GitHttpHostOptions {
  /** PEM texts; with them the host speaks https. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** By default a free one. */
  readonly port?: number;
}

/**
 * Serves the bare repositories in `folder` over smart HTTP, by `git http-backend`, and remembers each request: the proof
 * that nobody contacted a remote is an empty list. Pushes are accepted.
 */
export async function gitHttpHost(folder: string, options: GitHttpHostOptions = {}): Promise<GitHttpHost> {
  const requests: string[] = [];
  const asks: Ask[] = [];
  const credentials: string[] = [];
  const take: RequestListener = async (request, response) => {
    response.on("error", () => {});
    const body = await buffer(request).catch(() => undefined);
    if (!body) return;
    const ask = askOf(request, body);
    requests.push(`${request.method} ${request.url}`);
    asks.push(ask);
    credentials.push(request.headers.authorization ?? "");
    if (await host.front?.(request, response, ask)) return;
    if (!response.destroyed) runBackend(folder, request, body, response, host.through?.(request));
  };
  const server = options.tls ? createHttpsServer(options.tls, take) : createServer(take);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const host: GitHttpHost = {
    url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    requests,
    asks,
    credentials,
    front: undefined,
    through: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return host;
}

function askOf({ method, url = "", headers }: IncomingMessage, body: Buffer): Ask {
  if (method !== "POST") return "discovery";
  if (url.endsWith("/git-receive-pack")) return "push";
  const said = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return said.includes("command=ls-refs") ? "ls-refs" : "fetch";
}

function runBackend(
  folder: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  through?: Duplex,
): void {
  const url = new URL(request.url ?? "/", "http://host");
  const header = (name: string) => String(request.headers[name] ?? "");
  const backend = spawn("git", ["-c", "http.receivepack=true", "http-backend"], {
    cwd: folder,
    env: {
      ...testGitEnv(folder),
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: header("git-protocol"),
      REQUEST_METHOD: request.method ?? "GET",
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header("content-type"),
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      REMOTE_ADDR: "127.0.0.1",
      REMOTE_USER: "tester",
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  backend.on("error", () => response.writeHead(500).end());
  backend.stdin.on("error", () => {});
  backend.stdin.end(body);
  response.on("close", () => backend.kill());

  // A CGI answer: header lines, an empty line, and then the body as it comes.
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    backend.stdout.off("data", readHead);
    let status = 200;
    for (const line of head.subarray(0, end).toString("latin1").split("\r\n")) {
      const colon = line.indexOf(":");
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
      if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(status);
    backend.stdout.unshift(head.subarray(end + 4));
    const streams = through ? [backend.stdout, through, response] : [backend.stdout, response];
    pipeline(streams).catch(() => {}); // Who asked has gone.
  };
  backend.stdout.on("data", readHead);
  backend.stdout.on("end", () => {
    if (!response.headersSent) response.writeHead(500).end();
  });
}
