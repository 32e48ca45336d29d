import type { HookHealth } from "../contract/repo.ts";
import type { KnownHook } from "./hooks.ts";

/** Who has not mended a webhook for so long does not want it. */
const SILENT_MS = 30 * 24 * 60 * 60_000;

/** At a time in epoch milliseconds. */
export function hookHealth({ lastPushAtMs, silence }: KnownHook, nowMs: number): HookHealth {
  if (lastPushAtMs === undefined) return { health: "none" };
  const lastPushAt = new Date(lastPushAtMs).toISOString();
  if (!silence) return { health: "announcing", lastPushAt };
  const { sinceMs, runId } = silence;
  if (nowMs - sinceMs > SILENT_MS) return { health: "none", lastPushAt };
  return { health: "silent", lastPushAt, silentSince: new Date(sinceMs).toISOString(), runId };
}
