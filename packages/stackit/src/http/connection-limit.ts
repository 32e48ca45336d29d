import type { Server } from "node:http";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../lib/clock.ts";

const LOG_EVERY_MS = 60_000;

/**
 * Each connection holds a file descriptor, and without free ones neither the store nor git can work. At the limit a further one is
 * closed as it comes. What holds those that are open is bounded in time: the request timeout, until a request has arrived, and the
 * keep-alive timeout between two. Logged at most once a minute.
 */
export function limitConnections(
  server: Server,
  maxOpen: number,
  { clock, logger }: { clock: Pick<Clock, "now">; logger: Pick<FastifyBaseLogger, "warn"> },
): void {
  let refused = 0;
  let mayLogAtMs = Number.NEGATIVE_INFINITY;
  server.maxConnections = maxOpen;
  server.on("drop", () => {
    refused++;
    const now = clock.now();
    if (now < mayLogAtMs) return;
    mayLogAtMs = now + LOG_EVERY_MS;
    logger.warn({ open: maxOpen, refused }, "too many connections are open: further ones are closed");
    refused = 0;
  });
}
