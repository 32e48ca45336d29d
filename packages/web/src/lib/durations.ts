/** Keeps a number and its unit on one line. */
const THIN = "\u202f";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span without direction: "12 s", "3 min", "4 h", "6 d", "5 wk", "7 mo", "2 y". */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < MINUTE) return `${seconds}${THIN}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}${THIN}min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)}${THIN}h`;
  const days = Math.floor(seconds / DAY);
  if (days < 21) return `${days}${THIN}d`;
  if (days < 63) return `${Math.floor(days / 7)}${THIN}wk`;
  if (days < 730) return `${Math.floor(days / 30.44)}${THIN}mo`;
  return `${Math.floor(days / 365.25)}${THIN}y`;
}

/** "just now" below five seconds, then "12 s ago". What lies ahead of the clock counts as just now. */
export function formatAgo(ms: number): string {
  return ms < 5000 ? "just now" : `${formatSpan(ms)} ago`;
}

/** How long something took: "84 ms", "1.4 s", "12 s", "2 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}${THIN}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}${THIN}s`;
  return formatSpan(ms);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];

// By hand, as a formatter for en-GB says it: the first formatter of a page takes as long as a fifth of the list.

/** "23 Nov 2026, 10:42:07". */
export function formatAbsolute(at: number): string {
  const date = new Date(at);
  const day = `${date.getDate()} ${MONTHS[date.getMonth()] ?? ""} ${date.getFullYear()}`;
  return `${day}, ${formatClock(at)}:${twoDigits(date.getSeconds())}`;
}

/** "10:42". */
export function formatClock(at: number): string {
  const date = new Date(at);
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`;
}

function twoDigits(n: number): string {
  return String(n).padStart(2, "0");
}
