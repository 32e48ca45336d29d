import type { Freshness } from "stackit/contract/repo";
import { listed } from "../../lib/words.ts";

type Recent = Freshness["recent"][number];

export interface PulseBar {
  tone: "ok" | "quiet" | "warn" | "bad";
  heightPx: number;
}

export const PULSE_BARS = 12;
export const PULSE_HEIGHT_PX = 20;
const LOWEST_PX = 4;
/** Runs of these lengths are the lowest and the highest bars; between them each tenfold adds the same. */
const SHORTEST_MS = 10;
const LONGEST_MS = 60_000;

/** The last runs as bars, the latest last. How high says how long it took; one that failed is short, whatever it took. */
export function pulseBars(recent: readonly Recent[]): PulseBar[] {
  return recent.slice(-PULSE_BARS).map(({ outcome, durationMs = 0 }) => {
    const tone = tones[outcome];
    return { tone, heightPx: tone === "bad" ? LOWEST_PX : heightOf(durationMs) };
  });
}

const tones: Record<Recent["outcome"], PulseBar["tone"]> = {
  updated: "ok",
  unchanged: "quiet",
  partial: "warn",
  held: "warn",
  failed: "bad",
};

function heightOf(durationMs: number): number {
  const share =
    Math.log(Math.max(durationMs, SHORTEST_MS) / SHORTEST_MS) / Math.log(LONGEST_MS / SHORTEST_MS);
  return Math.round(LOWEST_PX + Math.min(1, share) * (PULSE_HEIGHT_PX - LOWEST_PX));
}

/** "Last syncs: 3 succeeded and 9 failed". */
export function pulseWords(recent: readonly Recent[]): string {
  const of = (...outcomes: Recent["outcome"][]) =>
    recent.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const counts = [
    [of("updated", "unchanged", "partial"), "succeeded"],
    [of("held"), "held back"],
    [of("failed"), "failed"],
  ] as const;
  const told = counts.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
  return told.length === 0 ? "No sync yet" : `Last syncs: ${listed(told)}`;
}
