import { formatAbsolute, formatAgo, formatSpan } from "../lib/durations.ts";
import { useTicking } from "../services.ts";

/** How long ago something was, counting. The full time is in the tooltip and for a screen reader that asks. */
export function Age({ at, short = false }: { at: string; short?: boolean }) {
  const time = Date.parse(at);
  const text = useTicking((now) => (short ? formatSpan(now - time) : formatAgo(now - time)));
  return (
    <time dateTime={at} title={formatAbsolute(time)}>
      {text}
    </time>
  );
}

/** "in 4 min"; "now" when it is due. */
export function Until({ at }: { at: string }) {
  const time = Date.parse(at);
  const text = useTicking((now) => (time - now < 1000 ? "now" : `in ${formatSpan(time - now)}`));
  return (
    <time dateTime={at} title={formatAbsolute(time)}>
      {text}
    </time>
  );
}
