import type { RunHistory } from "../../store/run-history.ts";

/** Of the intervals that adapt: `minMs` ≤ `baseMs` ≤ `maxMs`, and none is 0. */
export interface IntervalBounds {
  /** Where nothing speaks for asking sooner. */
  readonly baseMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** A number is fixed: milliseconds, 0 is never. */
export type Pace = number | IntervalBounds;

export interface ChosenInterval {
  /** From the end of one run to the next asking. */
  readonly everyMs: number;
  /** For people: a few words that stay true until the next run. */
  readonly reason: string;
}

/** Of the interval, more or less: what once came together drifts apart. */
const JITTER = 0.1;
const MINUTE_MS = 60_000;

/**
 * Half of the time for which the repository had been quiet at its last run, within the bounds; the base at least, unless
 * its last change came without a webhook. Undefined for never. It is the same until the next run ends.
 */
export function chooseInterval(
  pace: Pace,
  { news, lastSuccessAt }: Pick<RunHistory, "news" | "lastSuccessAt">,
): ChosenInterval | undefined {
  if (pace === 0) return undefined;
  if (typeof pace === "number") return { everyMs: pace, reason: "set for this repository" };
  const { baseMs, minMs, maxMs } = pace;
  if (!news || lastSuccessAt === undefined) return { everyMs: baseMs, reason: "not synced yet" };
  // Somebody may have set the machine's clock back in between.
  const quietMs = Math.max(0, Date.parse(lastSuccessAt) - Date.parse(news.at));
  const leastMs = news.by === "look" ? minMs : baseMs;
  const halfMs = Math.round(quietMs / 2000) * 1000;
  return { everyMs: Math.min(maxMs, Math.max(leastMs, halfMs)), reason: reasonOf(news.by, quietMs) };
}

/** From `fraction` 0 to 1: 10 % less to 10 % more, and never beyond the bounds. */
export function jittered(pace: Pace, everyMs: number, fraction: number): number {
  const { minMs, maxMs } = typeof pace === "number" ? { minMs: 0, maxMs: Number.POSITIVE_INFINITY } : pace;
  const fromMs = Math.max(minMs, everyMs * (1 - JITTER));
  const toMs = Math.min(maxMs, everyMs * (1 + JITTER));
  return Math.round(fromMs + (toMs - fromMs) * fraction);
}

function reasonOf(by: NonNullable<RunHistory["news"]>["by"], quietMs: number): string {
  const span = quietMs < MINUTE_MS ? undefined : spanWords(quietMs);
  if (by === "first-run")
    return span === undefined ? "no change since the first sync" : `no change in ${span}`;
  const change = span === undefined ? "changed at the last sync" : `quiet for ${span}`;
  return by === "look" ? change : `${change}; a webhook announced the last change`;
}

const UNITS = [
  ["day", 1440 * MINUTE_MS],
  ["hour", 60 * MINUTE_MS],
  ["minute", MINUTE_MS],
] as const;

/** In one unit, rounded down: `1 minute`, `3 hours`. */
function spanWords(ms: number): string {
  const [name, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? UNITS[2];
  const many = Math.floor(ms / unitMs);
  return `${many} ${name}${many === 1 ? "" : "s"}`;
}
