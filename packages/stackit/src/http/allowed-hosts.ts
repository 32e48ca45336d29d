import { isIP } from "node:net";
import { isLoopback, plainAddress } from "./address.ts";

export interface HostRules {
  /** Host names of the base URL and of the configuration, lower case, without port. */
  readonly names: ReadonlySet<string>;
}

export function hostRules(config: { baseUrl?: URL; allowedHosts?: readonly string[] }): HostRules {
  const names = (config.allowedHosts ?? []).map((name) => name.toLowerCase());
  return { names: new Set(config.baseUrl ? [config.baseUrl.hostname.toLowerCase(), ...names] : names) };
}

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * Whether a request that reached us at `localAddress` may name `host`. A page whose name was rebound to our address
 * still sends its own name, so only names that a stranger cannot own pass: the literal address that was connected to,
 * the loopback names when that address is loopback, and what the operator named. Any port passes, for tunnels.
 */
export function isAllowedHost(host: string | undefined, localAddress: string, rules: HostRules): boolean {
  const name = HOST.exec(host ?? "")?.[1]?.toLowerCase();
  // A port may be larger than any that there is.
  if (name === undefined || !URL.canParse(`http://${host}`)) return false;
  if (rules.names.has(name)) return true;
  const address = plainAddress(name);
  if (isLoopback(localAddress)) return name === "localhost" || address === "127.0.0.1" || address === "::1";
  return isIP(address) !== 0 && address === plainAddress(localAddress);
}
