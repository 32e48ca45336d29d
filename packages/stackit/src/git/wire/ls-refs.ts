import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { proxyEnvironment } from "../environment.ts";
import { displayName } from "../ref-name.ts";
import { explainConnection } from "./connection-failure.ts";
import { DELIMITER, FLUSH, PacketError, packet, readPackets } from "./pkt-line.ts";
import { isPermanent, MAX_REDIRECTS, type Redirect, redirectedBase } from "./redirect.ts";
import { failureOfStatus, NO_GIT_HOST, RemoteError } from "./remote-failure.ts";

export interface AdvertisedRefs {
  /** Full name → object id. */
  readonly refs: ReadonlyMap<string, string>;
  /** The ref that the remote's HEAD stands for; also when that branch has no commit yet, where the remote says so. */
  readonly head: string | undefined;
  /** `sha1` or `sha256`; undefined when git was asked, which does not tell. */
  readonly objectFormat?: string;
}

/** What a look found, and where: the remote may have sent it on. */
export interface RefLook {
  /** The URL that was asked, or the one of the same origin that it stands for now. */
  readonly url: URL;
  /** `older-protocol`: the remote can be asked by git alone. */
  readonly found: AdvertisedRefs | "older-protocol";
}

export interface RefLookOptions {
  readonly prefixes: readonly string[];
  /** Sent to this URL's origin and to no other. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
}

const AGENT = "agent=stackit";
const DISCOVERY = "/info/refs?service=git-upload-pack";
/** How many looks there are at once is for those to decide who ask. So many connections to a host are kept for the next ones. */
const CONNECTIONS = { keepAlive: true, maxFreeSockets: 4 };
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Where a repository is asked by protocol v2. */
interface Place {
  /** Without a slash at its end. */
  readonly base: string;
  readonly objectFormat: string;
}

/** Looks at the refs of remotes. */
export interface RemoteLooker {
  /**
   * One look at one moment. Prefixes are exact names or end in a slash; others' refs that a remote sends too are left out.
   * `found` is the same object as the last time when the remote says the same.
   * @throws {RemoteError}
   */
  look(url: URL, options: RefLookOptions): Promise<RefLook>;
}

/**
 * Looks at the refs of remotes over smart HTTP by speaking protocol v2 itself (gitprotocol-v2, gitprotocol-http): one request to a
 * remote that is known to speak it, two otherwise, and no process. A redirect is followed when it leads to a repository of the
 * same origin, as forges answer for one that was renamed; credentials go nowhere else. Connections are kept for the next look.
 * Disposal closes them.
 */
export class RefLooker implements RemoteLooker, Disposable {
  readonly #silenceMs: number;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  /** By the URL that is asked: where that leads. */
  readonly #known = new Map<string, Place>();
  /** The last answer by the URL and what was asked for: most looks find the same again, byte by byte. */
  readonly #answers = new Map<string, { readonly raw: Buffer; readonly found: AdvertisedRefs }>();

  /** `silenceMs`: how long a remote may say nothing. `proxyEnv`: the variables that name a proxy, as git reads them. */
  constructor({
    silenceMs = 30_000,
    proxyEnv = proxyEnvironment(),
  }: { silenceMs?: number; proxyEnv?: Readonly<Record<string, string>> } = {}) {
    this.#silenceMs = silenceMs;
    this.#http = new HttpAgent({ ...CONNECTIONS, proxyEnv });
    this.#https = new HttpsAgent({ ...CONNECTIONS, proxyEnv });
  }

  async look(url: URL, options: RefLookOptions): Promise<RefLook> {
    const asked = url.href.replace(/\/$/, "");
    const known = this.#known.get(asked);
    if (known) {
      const look = await this.#list(asked, known, options).catch((error: unknown) => {
        this.#known.delete(asked);
        throw error;
      });
      if (!("location" in look)) return look;
      // It has moved on since.
      this.#known.delete(asked);
    }
    const discovered = await this.#discover(asked, options);
    const { base, objectFormat, isLasting } = discovered;
    if (objectFormat === undefined) return { url: new URL(base), found: "older-protocol" };
    const look = await this.#list(asked, { base, objectFormat }, options);
    if ("location" in look) throw failureOfStatus(look.status, undefined);
    if (isLasting) this.#known.set(asked, { base, objectFormat });
    return look;
  }

  async #list(
    asked: string,
    { base, objectFormat }: Place,
    options: RefLookOptions,
  ): Promise<RefLook | Redirect> {
    const body = askForRefs(objectFormat, options.prefixes);
    const answer = await this.#exchange(`${base}/git-upload-pack`, options, body);
    if (!Buffer.isBuffer(answer)) return answer;
    const url = new URL(base);
    const key = [asked, ...options.prefixes].join(" ");
    const last = this.#answers.get(key);
    if (last?.found.objectFormat === objectFormat && last.raw.equals(answer))
      return { url, found: last.found };
    const found = { ...parseAnswer(answer, options.prefixes), objectFormat };
    this.#answers.set(key, { raw: answer, found });
    return { url, found };
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** No `objectFormat`: the remote does not speak protocol v2. `isLasting`: the next look may begin there. */
  async #discover(
    asked: string,
    options: RefLookOptions,
  ): Promise<{ base: string; objectFormat: string | undefined; isLasting: boolean }> {
    let base = asked;
    let isLasting = true;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#exchange(`${base}${DISCOVERY}`, options);
      if (Buffer.isBuffer(answer)) return { base, objectFormat: objectFormatOf(answer), isLasting };
      const next = redirectedBase(base, answer, DISCOVERY);
      if (next === undefined) throw failureOfStatus(answer.status, undefined);
      base = next;
      isLasting &&= isPermanent(answer);
    }
    throw new RemoteError("error", "It redirects from one address to the next without an end.");
  }

  async #exchange(address: string, options: RefLookOptions, body?: string): Promise<Buffer | Redirect> {
    const url = new URL(address);
    const isHttps = url.protocol === "https:";
    const headers: Record<string, string> = {
      "git-protocol": "version=2",
      "user-agent": "git/stackit",
      ...(options.authorization !== undefined && { authorization: options.authorization }),
      ...(body !== undefined && {
        "content-type": "application/x-git-upload-pack-request",
        accept: "application/x-git-upload-pack-result",
        "content-length": String(Buffer.byteLength(body)),
      }),
    };
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), this.#silenceMs);
    const signal = AbortSignal.any([options.signal, silence.signal]);
    const common = { method: body === undefined ? "GET" : "POST", headers, signal };
    const send = () =>
      new Promise<IncomingMessage>((done, failed) => {
        const request = isHttps
          ? httpsRequest(url, { ...common, agent: this.#https }, done)
          : httpRequest(url, { ...common, agent: this.#http }, done);
        request.once("error", (error) => {
          // The host had closed the connection that was kept from the last look. A new one is the proof.
          if (request.reusedSocket && isReset(error)) send().then(done, failed);
          else failed(error);
        });
        request.end(body);
      });
    try {
      const response = await send();
      const expected = `application/x-git-upload-pack-${body === undefined ? "advertisement" : "result"}`;
      const { statusCode: status = 0 } = response;
      if (status !== 200) {
        // What else it says is not read, however long it is.
        response.destroy();
        const { location } = response.headers;
        if (status >= 300 && status < 400 && location !== undefined) return { status, location };
        throw failureOfStatus(status, response.headers["retry-after"]);
      }
      if (response.headers["content-type"] !== expected) {
        response.destroy();
        throw new RemoteError("error", NO_GIT_HOST);
      }
      return await collect(response, () => timer.refresh());
    } catch (error) {
      if (silence.signal.aborted && !options.signal.aborted) {
        throw new RemoteError("timeout", `The remote said nothing for ${this.#silenceMs / 1000} s.`);
      }
      throw toRemoteError(error, options.signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

export function askForRefs(objectFormat: string, prefixes: readonly string[]): string {
  return [
    packet("command=ls-refs\n"),
    packet(`${AGENT}\n`),
    packet(`object-format=${objectFormat}\n`),
    DELIMITER,
    packet("symrefs\n"),
    packet("ref-prefix HEAD\n"),
    ...prefixes.map((prefix) => packet(`ref-prefix ${prefix}\n`)),
    FLUSH,
  ].join("");
}

/** @returns undefined when the remote does not speak protocol v2 */
export function objectFormatOf(advertisement: Buffer): string | undefined {
  const lines = dataLines(advertisement);
  // Some hosts head the answer with the name of the service, as protocol v0 does.
  const version = lines.find((line) => !line.startsWith("# service="));
  if (version !== "version 2") return undefined;
  if (!lines.some((line) => line === "ls-refs" || line.startsWith("ls-refs="))) return undefined;
  const format = lines.find((line) => line.startsWith("object-format="));
  return format?.slice("object-format=".length) ?? "sha1";
}

async function collect(response: IncomingMessage, heard: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    heard();
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw tooManyRefs();
  }
  return Buffer.concat(chunks);
}

export function tooManyRefs(): RemoteError {
  return new RemoteError("error", "The remote advertises more refs than are read.");
}

/** Of what was asked for by `askForRefs`. @throws {RemoteError} */
export function parseAnswer(answer: Buffer, prefixes: readonly string[]): AdvertisedRefs {
  const refs = new Map<string, string>();
  let head: string | undefined;
  let isComplete = false;
  try {
    for (const part of readPackets(answer)) {
      if (part.kind === "flush") isComplete = true;
      if (part.kind !== "data") continue;
      const line = part.payload;
      const oidEnd = line.indexOf(" ");
      const end = line.endsWith("\n") ? line.length - 1 : line.length;
      const space = line.indexOf(" ", oidEnd + 1);
      const ref = line.slice(oidEnd + 1, space < 0 ? end : space);
      if (ref === "HEAD") {
        const target = /symref-target:(\S+)/.exec(line)?.[1];
        head = target === undefined ? undefined : displayName(target);
      } else if ((oidEnd === 40 || oidEnd === 64) && prefixes.some((prefix) => ref.startsWith(prefix))) {
        refs.set(displayName(ref), line.slice(0, oidEnd));
      }
    }
  } catch (error) {
    if (error instanceof PacketError) throw new RemoteError("error", NO_GIT_HOST, { cause: error });
    throw error;
  }
  // Without its end it may be half of the refs, and what is missing would look deleted.
  if (!isComplete) throw new RemoteError("error", "The remote's answer ended early.");
  return { refs, head };
}

/** @throws {RemoteError} */
export function dataLines(answer: Buffer): string[] {
  try {
    return [...readPackets(answer)].flatMap((part) =>
      part.kind === "data" ? [part.payload.replace(/\n$/, "")] : [],
    );
  } catch (error) {
    throw new RemoteError("error", NO_GIT_HOST, { cause: error });
  }
}

function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function toRemoteError(error: unknown, signal: AbortSignal): RemoteError {
  if (error instanceof RemoteError) return error;
  if (signal.aborted) return new RemoteError("aborted", "The look was given up.", { cause: error });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return new RemoteError("unreachable", explainConnection(code), { cause: error });
}
