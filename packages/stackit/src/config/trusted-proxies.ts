import { BlockList, isIP } from "node:net";
import { ConfigError } from "./config-error.ts";
import type { Setting } from "./read-env.ts";

/** @throws {ConfigError} for what is no address and no range of addresses. */
export function parseTrustedProxies(setting: Setting | undefined): string[] {
  if (!setting) return [];
  const ranges = setting.value.split(",").map((range) => range.trim());
  const wrong = ranges.find((range) => !isRange(range));
  if (wrong === undefined) return ranges;
  throw new ConfigError(
    `${setting.origin} lists ${JSON.stringify(wrong)}; each must be an address or a range of a reverse proxy, such as 127.0.0.1 or 10.0.0.0/8, and commas separate them.`,
    { mend: `Set ${setting.origin} to the addresses of the proxies in front of this server.` },
  );
}

function isRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
    // Whoever believes everybody believes nobody in particular: every client could claim any address.
    return Number(bits) > 0;
  } catch {
    return false;
  }
}
