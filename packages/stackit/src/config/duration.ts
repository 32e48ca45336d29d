const MS_PER_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const DAY_MS = 86_400_000;

/** Milliseconds of `250ms`, `30s`, `5m`, `1h` or `0`; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (text === "0") return 0;
  const [, digits, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.round(Number(digits) * MS_PER_UNIT[unit as keyof typeof MS_PER_UNIT]);
}

/** The end of the sentence "it must be …". */
export const ALLOWED_INTERVAL = "0 for never, or a duration from 1s to 24h, such as 30s, 5m or 1h";

/** Milliseconds between two askings of a remote; undefined for what `ALLOWED_INTERVAL` does not allow. */
export function parseIntervalMs(text: string): number | undefined {
  const ms = parseDurationMs(text);
  return ms === 0 || (ms !== undefined && ms >= 1000 && ms <= DAY_MS) ? ms : undefined;
}
