import { connect } from "node:net";

/** A request as it goes over the wire, so that it can be wrong in any way. */
export interface RawRequest {
  readonly method: string;
  /** With the query, as it is written in the first line. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Of a stream only what came with its head. */
  readonly body: string;
  /** All of it, with the head. */
  readonly text: string;
}

/** The bytes of a request on a connection of its own. */
export function bytesOf({ method, target, headers, body }: RawRequest): Buffer {
  const own = body ? [["content-length", String(body.length)]] : [];
  const lines = [...headers, ...own, ["connection", "close"]].map(([name, value]) => `${name}: ${value}`);
  const head = `${[`${method} ${target} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body ?? Buffer.alloc(0)]);
}

/** What repeats them at a shell, against a server on its usual port. */
export function asShellCommand(bytes: Buffer): string {
  const escaped = bytes
    .toString("latin1")
    .replaceAll(/[^ !#-$&-[\]-~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)
    .replaceAll("'", "\\x27");
  return `printf '%b' '${escaped}' | nc 127.0.0.1 8080`;
}

/**
 * Sends them and reads the answer to its end, or a stream's head. A server may answer and hang up before it has read all of a body; its system then
 * resets the connection, and ours may throw away what had come of the answer (RFC 9112, 9.6). Such a request is sent again.
 * @throws when no whole answer has come within the time.
 */
export async function exchange(origin: string, bytes: Buffer, withinMs: number): Promise<RawAnswer> {
  const isOver = AbortSignal.timeout(withinMs);
  for (;;) {
    const { all, wasReset } = await sendOnce(origin, bytes, isOver);
    const answer = parse(all);
    if (!wasReset || isWhole(answer, bytes)) return answer;
  }
}

async function sendOnce(
  origin: string,
  bytes: Buffer,
  isOver: AbortSignal,
): Promise<{ all: Buffer; wasReset: boolean }> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  let wasReset = false;
  socket.on("error", () => {
    wasReset = true;
  });
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    if (/^content-type: text\/event-stream.*\r\n\r\n/ims.test(chunk.toString("latin1"))) socket.destroy();
  });
  const closed = new Promise<void>((done) => socket.once("close", () => done()));
  const destroy = () => socket.destroy();
  isOver.addEventListener("abort", destroy, { once: true });
  if (isOver.aborted) destroy();
  socket.write(bytes);
  await closed;
  isOver.removeEventListener("abort", destroy);
  const all = Buffer.concat(chunks);
  if (isOver.aborted) throw new Error(`no answer in time, but: ${JSON.stringify(String(all))}`);
  return { all, wasReset };
}

function isWhole({ status, headers, text }: RawAnswer, request: Buffer): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  if (status === 204 || status === 304 || request.toString("latin1", 0, 5) === "HEAD ") return true;
  const length = headers.get("content-length");
  return length === undefined ? text.endsWith("0\r\n\r\n") : text.length - headEnd - 4 >= Number(length);
}

function parse(all: Buffer): RawAnswer {
  const bytes = Buffer.from(all.toString("latin1").replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ""), "latin1");
  const headEnd = bytes.indexOf("\r\n\r\n");
  const head = bytes.subarray(0, Math.max(0, headEnd)).toString("latin1");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  const headers = new Map(
    head
      .split("\r\n")
      .slice(1)
      .map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
  );
  const body = bytes.subarray(headEnd + 4);
  return { status, headers, body: unchunked(body, headers).toString(), text: bytes.toString("latin1") };
}

function unchunked(body: Buffer, headers: ReadonlyMap<string, string>): Buffer {
  if (headers.get("transfer-encoding") !== "chunked") return body;
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const length = Number.parseInt(body.subarray(at, lineEnd).toString("latin1"), 16);
    if (!(length > 0)) break;
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 4 + length;
  }
  return Buffer.concat(parts);
}
