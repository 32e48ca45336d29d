import type { Freshness } from "stackit/contract/repo";
import type { SyncProgress } from "stackit/contract/sync-run";
import { formatBytes, formatNumber } from "../../lib/words.ts";

/** Whole percents of the phase, rounded down; undefined where nobody knows how much there is. */
export function percentOf({ objects, totalObjects }: SyncProgress): number | undefined {
  if (totalObjects === undefined || totalObjects === 0) return undefined;
  return Math.min(100, Math.floor((100 * objects) / totalObjects));
}

const phases: Record<SyncProgress["phase"], string> = {
  counting: "The remote is counting",
  compressing: "The remote is compressing",
  receiving: "Receiving",
  resolving: "Resolving",
  checking: "Checking",
};

/** "Receiving 45 %", with "1,234 of 2,700 objects · 3.2 MiB" beside it. */
export function progressWords(progress: SyncProgress): { step: string; amount: string } {
  const { phase, objects, totalObjects, bytes } = progress;
  const percent = percentOf(progress);
  const things = phase === "resolving" ? "deltas" : "objects";
  const total = percent === undefined ? "" : ` of ${formatNumber(totalObjects ?? 0)}`;
  const received = bytes > 0 ? ` · ${formatBytes(bytes)}` : "";
  return {
    step: percent === undefined ? phases[phase] : `${phases[phase]} ${percent}\u202f%`,
    amount: `${formatNumber(objects)}${total} ${things}${received}`,
  };
}

/** What the bar is about, before the repository's name. */
export function progressName({ activity }: Freshness): string {
  return activity === "cloning" ? "Cloning" : "Fetching";
}

/** For where there is little room: "Cloning 45 % · 3.2 MiB". */
export function shortProgressWords(freshness: Freshness): string | undefined {
  const { progress } = freshness;
  if (!progress) return undefined;
  const percent = percentOf(progress);
  const verb = progressName(freshness);
  const step = progress.phase === "receiving" ? verb : `${verb}, ${progress.phase}`;
  return [
    percent === undefined ? step : `${step} ${percent}\u202f%`,
    ...(progress.bytes > 0 ? [formatBytes(progress.bytes)] : []),
  ].join(" · ");
}
