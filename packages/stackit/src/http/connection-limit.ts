import type { Server } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { clientKey, plainAddress } from "./address.ts";

const LOG_EVERY_MS = 60_000;

export interface ConnectionLimits {
  /** Open at once. */
  readonly all: number;
  /** Of one client, unless it is a proxy that is trusted. */
  readonly perClient: number;
  /** Addresses and CIDR ranges. */
  readonly trustedProxies: readonly string[];
}

/**
 * Each connection holds a file descriptor, and without free ones neither the store nor git can work. At a limit a further one is
 * closed as it comes. What holds those that are open is bounded in time: the request timeout, until a request has arrived, the stall
 * timeout while an answer is not read, and the keep-alive timeout between two. Logged at most once a minute.
 */
export function limitConnections(
  server: Server,
  { all, perClient, trustedProxies }: ConnectionLimits,
  { clock, logger }: { clock: Pick<Clock, "now">; logger: Pick<FastifyBaseLogger, "warn"> },
): void {
  const open = new Map<string, number>();
  const proxies = listOf(trustedProxies);
  let refused = 0;
  let mayLogAtMs = Number.NEGATIVE_INFINITY;

  function refuse(limit: number): void {
    refused++;
    const now = clock.now();
    if (now < mayLogAtMs) return;
    mayLogAtMs = now + LOG_EVERY_MS;
    logger.warn({ open: limit, refused }, "too many connections are open: further ones are closed");
    refused = 0;
  }

  server.maxConnections = all;
  server.on("drop", () => refuse(all));
  server.on("connection", (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? "");
    if (proxies.check(address, isIPv6(address) ? "ipv6" : "ipv4")) return;
    const client = clientKey(address);
    const before = open.get(client) ?? 0;
    if (before >= perClient) {
      refuse(perClient);
      socket.destroy();
      return;
    }
    open.set(client, before + 1);
    socket.once("close", () => {
      const left = (open.get(client) ?? 1) - 1;
      if (left > 0) open.set(client, left);
      else open.delete(client);
    });
  });
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    list.addSubnet(address, bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits), family);
  }
  return list;
}
