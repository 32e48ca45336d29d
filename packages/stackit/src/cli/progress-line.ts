import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { RepoStatus } from "../contract/repo.ts";
import { ServerAnswerError, type ServerClient } from "./ask-server.ts";
import { progressWords } from "./progress-words.ts";

const EVERY_MS = 500;
const TO_START = "\r";
const CLEAR_TO_END = "\x1b[K";

/**
 * While `work` is under way, shows how far the run of the repository is: one line, written over in place and wiped in the end.
 * Nothing where the stream is no terminal. Settles as `work` does.
 */
export async function withProgressLine<T>(
  work: Promise<T>,
  { client, repoId, stream }: { client: ServerClient; repoId: string; stream: Writable },
): Promise<T> {
  if (!isTerminal(stream)) return work;
  const over = new AbortController();
  const shown = show({ client, repoId, stream }, over.signal);
  try {
    return await work;
  } finally {
    over.abort();
    await shown;
  }
}

async function show(
  { client, repoId, stream }: { client: ServerClient; repoId: string; stream: Writable },
  over: AbortSignal,
): Promise<void> {
  let isShown = false;
  try {
    for (;;) {
      await sleep(EVERY_MS, undefined, { signal: over });
      const { freshness } = await client.ask("GET", `/repos/${encodeURIComponent(repoId)}`, RepoStatus);
      over.throwIfAborted();
      const words = progressWords(freshness);
      if (words === undefined && !isShown) continue;
      const line = words === undefined ? "" : `${repoId}: ${words}`;
      stream.write(TO_START + line.slice(0, columnsOf(stream) - 1) + CLEAR_TO_END);
      isShown = true;
    }
  } catch (error) {
    // Whoever asked for the work is told of a server that has gone, and knows when it gave up itself.
    const isTold = error instanceof ServerAnswerError || client.signal.aborted || over.aborted;
    if (!isTold) throw error;
  } finally {
    if (isShown) stream.write(TO_START + CLEAR_TO_END);
  }
}

function isTerminal(stream: Writable): boolean {
  return "isTTY" in stream && stream.isTTY === true;
}

/** A line that wraps could not be written over. */
function columnsOf(stream: Writable): number {
  return "columns" in stream && typeof stream.columns === "number" ? stream.columns : 80;
}
