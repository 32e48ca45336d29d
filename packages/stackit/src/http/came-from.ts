import type { FastifyRequest } from "fastify";
import type { AuditEntry } from "../contract/audit.ts";
import { plainAddress } from "./address.ts";

/** From where it was asked, for the audit: behind a trusted proxy the address that the proxy tells. */
export function cameFrom({ ip, id }: FastifyRequest): Pick<AuditEntry, "address" | "requestId"> {
  return { address: plainAddress(ip), requestId: id };
}
