import { statfs } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import type { OpsFacts } from "../http/server-parts.ts";

/** What operators are told of a server that runs with this configuration; no secret is in it. */
export function opsFacts(config: Config): OpsFacts {
  return {
    startedAt: new Date().toISOString(),
    slots: config.maxSyncs,
    slotsPerHost: config.maxSyncsPerHost,
    settings: settingsOf(config),
    async disk() {
      try {
        const { bavail, blocks, bsize } = await statfs(config.dataDir);
        return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
      } catch {
        return undefined;
      }
    },
  };
}

function settingsOf(config: Config): { name: string; value: string }[] {
  const { signIn, githubApp, trustedProxies, webhookSecrets } = config;
  const settings: Record<string, string | undefined> = {
    "Open to": config.posture,
    "Data folder": config.dataDir,
    "Listens on": `${config.bind}:${config.port}`,
    "Opened at": config.baseUrl?.origin,
    "Trusted proxies": trustedProxies.join(", ") || "none",
    "Sign-in": signIn ? "GitHub" : "none",
    "GitHub App": githubApp ? "configured" : "none",
    "Webhook secrets": String(webhookSecrets.length),
    "Sync interval": seconds(config.syncIntervalMs),
    "Shortest interval": seconds(config.syncIntervalMinMs),
    "Longest interval": seconds(config.syncIntervalMaxMs),
    "Deadline of a run": seconds(config.syncTimeoutMs),
    "Log level": config.logLevel,
  };
  return Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function seconds(ms: number): string {
  return ms === 0 ? "off" : `${ms / 1000} s`;
}
