import type { Freshness } from "../contract/repo.ts";

const NUMBERS = new Intl.NumberFormat("en");

/** How far the run at work is: `cloning 45 % · 1,234 of 2,700 objects · 3.2 MiB`. Undefined while there is nothing to tell. */
export function progressWords({ activity, progress }: Freshness): string | undefined {
  if (!progress) return undefined;
  const { phase, objects, totalObjects, bytes } = progress;
  const verb = activity === "cloning" ? "cloning" : "fetching";
  const things = phase === "resolving" ? "deltas" : "objects";
  const isKnown = totalObjects !== undefined && totalObjects > 0;
  const percent = isKnown ? ` ${Math.floor((100 * objects) / totalObjects)} %` : "";
  const parts = [
    `${verb}${phase === "receiving" ? "" : `, ${phase}`}${percent}`,
    `${NUMBERS.format(objects)}${isKnown ? ` of ${NUMBERS.format(totalObjects)}` : ""} ${things}`,
  ];
  if (bytes > 0) parts.push(formatBytes(bytes));
  return parts.join(" · ");
}

function formatBytes(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  if (bytes < 2 ** 20) return `${Math.round(bytes / 2 ** 10)} KiB`;
  if (bytes < 2 ** 30) return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
