import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Ends connections whose client does not take its answer: not a byte of it could be sent for `stallMs`. Until then an answer holds its
 * bytes and its connection. Who waits for an answer that is not there yet is left alone.
 */
export function endSlowReaders(server: Server, stallMs: number): void {
  /** How many requests of a connection wait for the end of their answer; absent before the first. */
  const answering = new WeakMap<Socket, number>();

  server.on("request", ({ socket }, response) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    response.once("close", () => answering.set(socket, (answering.get(socket) ?? 1) - 1));
  });
  server.setTimeout(stallMs, (socket: Socket) => {
    const answers = answering.get(socket);
    // Before the first request, and in the middle of one, the request timeout decides.
    if (answers === undefined || (answers > 0 && socket.writableLength === 0)) return;
    socket.destroy();
  });
}
