import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { proxyEnvironment } from "../environment.ts";
import type { Redirect } from "./redirect.ts";
import { failureOfStatus, NO_GIT_HOST, RemoteError, toRemoteError } from "./remote-failure.ts";

export interface ExchangeOptions {
  /** Sent to this URL's origin and to no other. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
  /** How long the remote may say nothing. */
  readonly silenceMs: number;
  /** Absent to ask for what the remote can do. */
  readonly body?: string;
}

/** How many exchanges there are at once is for those to decide who ask. So many connections to a host are kept for the next ones. */
const CONNECTIONS = { keepAlive: true, maxFreeSockets: 4 };

/**
 * Asks Git hosts over smart HTTP (gitprotocol-http), through the proxy that the environment names. Connections are kept for the next
 * exchange. Disposal closes them.
 */
export class Connections implements Disposable {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  /** `proxyEnv`: the variables that name a proxy, as git reads them. */
  constructor(proxyEnv: Readonly<Record<string, string>> = proxyEnvironment()) {
    this.#http = new HttpAgent({ ...CONNECTIONS, proxyEnv });
    this.#https = new HttpsAgent({ ...CONNECTIONS, proxyEnv });
  }

  /**
   * The answer as it comes, from its first byte on. Whoever does not read it to its end must return it, which breaks it off. The time in
   * which nobody reads is not counted as silence. Reading throws RemoteError.
   * @throws {RemoteError}
   */
  async exchange(
    address: string,
    options: ExchangeOptions,
  ): Promise<AsyncGenerator<Buffer, void> | Redirect> {
    const silence = new Silence(options.silenceMs);
    const fail = (error: unknown): RemoteError => {
      silence.end();
      return silence.isOver && !options.signal.aborted ? silence.error : toRemoteError(error, options.signal);
    };
    try {
      const response = await this.#send(new URL(address), options, silence.signal);
      // Whoever reads it may leave it in the midst, without a word.
      response.once("close", () => silence.end());
      const { statusCode: status = 0, headers } = response;
      const expected = `application/x-git-upload-pack-${options.body === undefined ? "advertisement" : "result"}`;
      if (status === 200 && headers["content-type"] === expected) return listen(response, silence, fail);
      // What else it says is not read, however long it is.
      response.destroy();
      if (status === 200) throw new RemoteError("error", NO_GIT_HOST);
      const { location } = headers;
      if (status >= 300 && status < 400 && location !== undefined) return { status, location };
      throw failureOfStatus(status, headers["retry-after"]);
    } catch (error) {
      throw fail(error);
    }
  }

  #send(
    url: URL,
    { authorization, body, signal }: ExchangeOptions,
    silence: AbortSignal,
  ): Promise<IncomingMessage> {
    const headers: Record<string, string> = {
      "git-protocol": "version=2",
      "user-agent": "git/stackit",
      ...(authorization !== undefined && { authorization }),
      ...(body !== undefined && {
        "content-type": "application/x-git-upload-pack-request",
        accept: "application/x-git-upload-pack-result",
        "content-length": String(Buffer.byteLength(body)),
      }),
    };
    const method = body === undefined ? "GET" : "POST";
    const options = { method, headers };
    const stopped = AbortSignal.any([signal, silence]);
    const send = () =>
      new Promise<IncomingMessage>((done, failed) => {
        let answer: IncomingMessage | undefined;
        const take = (response: IncomingMessage): void => {
          answer = response;
          // Whoever reads it is told; when it is broken off, perhaps nobody does.
          response.on("error", () => {});
          done(response);
        };
        const request =
          url.protocol === "https:"
            ? httpsRequest(url, { ...options, agent: this.#https }, take)
            : httpRequest(url, { ...options, agent: this.#http }, take);
        // Node's own `signal` throws where nobody can catch it when the answer has come and is not read yet.
        const stop = (): unknown => (answer ?? request).destroy(new Error("stopped"));
        stopped.addEventListener("abort", stop, { once: true });
        request.once("close", () => stopped.removeEventListener("abort", stop));
        request.on("error", () => {});
        request.once("error", (error) => {
          // The host had closed the connection that was kept from the last exchange. A new one is the proof.
          if (request.reusedSocket && isReset(error)) send().then(done, failed);
          else failed(error);
        });
        if (stopped.aborted) stop();
        request.end(body);
      });
    return send();
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** Aborts its signal when nothing was heard for so long while somebody waited. */
class Silence {
  readonly #abort = new AbortController();
  readonly #ms: number;
  readonly #timer: NodeJS.Timeout;
  #isWaiting = true;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setTimeout(() => {
      if (this.#isWaiting) this.#abort.abort();
      else this.#timer.refresh();
    }, ms);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  get error(): RemoteError {
    return new RemoteError("timeout", `The remote said nothing for ${this.#ms / 1000} s.`);
  }

  wait(): void {
    this.#isWaiting = true;
    this.#timer.refresh();
  }

  heard(): void {
    this.#isWaiting = false;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function* listen(
  response: IncomingMessage,
  silence: Silence,
  fail: (error: unknown) => RemoteError,
): AsyncGenerator<Buffer, void> {
  try {
    silence.wait();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      silence.heard();
      yield chunk;
      silence.wait();
    }
  } catch (error) {
    throw fail(error);
  }
}

function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}
