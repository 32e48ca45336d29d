import type { ServerEventName, ServerEvents } from "../contract/events.ts";

/** One event as it travels on the stream. Without an id the reader's place in the log stays where it was. */
export function sseFrame<N extends ServerEventName>(name: N, data: ServerEvents[N], id?: string): Buffer {
  const idLine = id === undefined ? "" : `id: ${id}\n`;
  return Buffer.from(`${idLine}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
