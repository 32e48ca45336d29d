/** How long ago, in one unit, rounded down: `now`, `40 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. */
export function ago(instant: string | undefined, nowMs: number): string {
  if (instant === undefined) return "never";
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(instant)) / 1000));
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}
