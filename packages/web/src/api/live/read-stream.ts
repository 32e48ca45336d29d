import { failureOf } from "../client.ts";
import { paths } from "../paths.ts";
import type { LinkFailure } from "./link.ts";
import { createSseReader, type SseMessage } from "./sse.ts";

/** The server ends a stream that it keeps for less than this on purpose only when something is wrong. */
const SHORTEST_LIFE_MS = 2000;

export type StreamEnd = { kind: "ended" } | { kind: "failed"; failure: LinkFailure };

export interface StreamListener {
  message(message: SseMessage): void;
  /** Everything up to here was read. */
  position(id: string): void;
  /** Bytes came, whole message or not. */
  alive(): void;
  /** The stream broke; why is still being found out. */
  broken(): void;
}

/** Reads one event stream until it ends, by itself or by `signal`. Never throws. */
export async function readStream(
  since: string | undefined,
  listener: StreamListener,
  signal: AbortSignal,
): Promise<StreamEnd> {
  const openedAt = Date.now();
  try {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (since) headers["Last-Event-ID"] = since;
    const response = await fetch(paths.events(since), { headers, signal, cache: "no-store" });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (!response.ok) return { kind: "failed", failure: await refusalOf(response) };
    if (!response.body || !isStream)
      return { kind: "failed", failure: { kind: "cut", status: response.status } };
    listener.alive();
    const sse = createSseReader();
    const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await chunks.read();
      if (done) break;
      listener.alive();
      for (const message of sse.push(value)) listener.message(message);
      if (sse.position !== undefined) listener.position(sse.position);
    }
    if (Date.now() - openedAt >= SHORTEST_LIFE_MS) return { kind: "ended" };
    return { kind: "failed", failure: { kind: "cut" } };
  } catch {
    if (signal.aborted) return { kind: "ended" };
    listener.broken();
    return { kind: "failed", failure: { kind: (await serverAnswers()) ? "cut" : "silent" } };
  }
}

async function refusalOf(response: Response): Promise<LinkFailure> {
  const { status, requestId, retryAfterMs } = await failureOf(response);
  const kind =
    status === 401
      ? "signed-out"
      : status === 429 || status === 503
        ? "refused"
        : status >= 500
          ? "server"
          : "cut";
  return {
    kind,
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Tells a server that is gone from a stream that something on the way does not let through. */
async function serverAnswers(): Promise<boolean> {
  try {
    await fetch(paths.config, { signal: AbortSignal.timeout(3000), cache: "no-store" });
    return true;
  } catch {
    return false;
  }
}
