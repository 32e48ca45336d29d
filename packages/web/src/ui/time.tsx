import { formatAbsolute, formatAgo, formatSpan } from "../lib/durations.ts";
import { useTicking } from "../services.ts";

interface Instant {
  at: string;
  /** Whether it can be gone to by key, which shows the full time. For a few that matter, not for each row of a list. */
  focusable?: boolean;
}

/** How long ago something was, counting. The full time is in the tooltip and for a screen reader that asks. */
export function Age({ at, focusable, short = false }: Instant & { short?: boolean }) {
  const time = Date.parse(at);
  const text = useTicking((now) => (short ? formatSpan(now - time) : formatAgo(now - time)));
  return (
    <time dateTime={at} title={formatAbsolute(time)} tabIndex={focusable ? 0 : undefined}>
      {text}
    </time>
  );
}

/** "in 4 min"; "now" when it is due. */
export function Until({ at, focusable }: Instant) {
  const time = Date.parse(at);
  const text = useTicking((now) => (time - now < 1000 ? "now" : `in ${formatSpan(time - now)}`));
  return (
    <time dateTime={at} title={formatAbsolute(time)} tabIndex={focusable ? 0 : undefined}>
      {text}
    </time>
  );
}
