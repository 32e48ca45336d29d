import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * Lets `server.close()` settle as soon as the last answer is sent. By itself it waits for connections on which no request has come
 * yet, as browsers open them in advance, and for those that fell idle a moment too late.
 * Returns what begins that: connections without a request end at once, each other one after its answer.
 */
export function endConnections(server: Server): () => void {
  /** Each with how many requests it waits for an answer to. */
  const connections = new Map<Socket, number>();
  let ending = false;

  server.on("connection", (socket: Socket) => {
    if (ending) return void socket.destroy();
    connections.set(socket, 0);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("request", ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const open = (connections.get(socket) ?? 1) - 1;
      if (!socket.destroyed) connections.set(socket, open);
      if (ending && open === 0) socket.destroySoon();
    });
  });
  return () => {
    ending = true;
    for (const [socket, open] of connections) if (open === 0) socket.destroySoon();
  };
}
