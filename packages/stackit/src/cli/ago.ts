/** How long ago, in one unit, rounded down: `now`, `40 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function ago(instant: string | undefined, nowMs: number): string {
  if (instant === undefined) return "never";
  const span = spanOf(nowMs - Date.parse(instant));
  return span === undefined ? "now" : `${span} ago`;
}

/** As `ago`, for what is still to come: `now`, `in 40 s`. */
export function soon(instant: string, nowMs: number): string {
  const span = spanOf(Date.parse(instant) - nowMs);
  return span === undefined ? "now" : `in ${span}`;
}

/** How often, in the same unit: `every 5 min`. */
export function every(seconds: number): string {
  return `every ${spanOf(seconds * 1000) ?? "second"}`;
}

/** Undefined for next to nothing. */
function spanOf(ms: number): string | undefined {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 2) return undefined;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
