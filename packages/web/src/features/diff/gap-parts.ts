import { count, formatNumber } from "../../lib/words.ts";
import type { Gap } from "./file-context.ts";

/** What of a gap is asked for: the lines that follow what is above it, those before what is below, or all. */
export type GapPart = "down" | "up" | "all";

export interface LineRange {
  start: number;
  end: number;
}

const STEP_LINES = 20;
/** As many as the server gives at once. */
const MOST_LINES = 5000;

/** What one press reads. Without a known end, it may be less. */
export function rangeOf(gap: Gap, part: GapPart): LineRange {
  const { start, end = Number.MAX_SAFE_INTEGER } = gap;
  const lines = part === "all" ? MOST_LINES : STEP_LINES;
  return part === "up" || gap.place === "top"
    ? { start: Math.max(start, end - lines + 1), end }
    : { start, end: Math.min(start + lines - 1, end) };
}

/** What has to be read so that a line of the gap is seen, with some lines around it. Undefined for a line that is elsewhere or too far. */
export function rangeAround(gap: Gap, line: number): LineRange | undefined {
  const { start, end = Number.MAX_SAFE_INTEGER } = gap;
  if (line < start || line > end) return undefined;
  const isNearerAbove = gap.place === "bottom" || (gap.place === "between" && line - start < end - line);
  const range = isNearerAbove
    ? { start, end: Math.min(end, line + STEP_LINES) }
    : { start: Math.max(start, line - STEP_LINES), end };
  return range.end - range.start < MOST_LINES ? range : undefined;
}

export interface GapButton {
  part: GapPart;
  label: string;
  /** What it does, for those who do not see where it is. */
  name: string;
}

/** What can be asked for of a gap. A small one is only shown whole. */
export function gapButtons(gap: Gap): GapButton[] {
  const { place, start, end } = gap;
  const hidden = end === undefined ? undefined : end - start + 1;
  const button = (part: GapPart, label: string): GapButton => {
    const range = rangeOf(gap, part);
    const last = end === undefined && part === "all" ? "the end" : `line ${range.end}`;
    return { part, label, name: `Show line ${range.start} to ${last}` };
  };
  if (hidden !== undefined && hidden <= STEP_LINES) return [button("all", count(hidden, "line"))];
  const all = hidden === undefined ? "All" : `All ${formatNumber(hidden)}`;
  return [
    ...(place === "top" ? [] : [button("down", `${STEP_LINES}`)]),
    ...(place === "bottom" ? [] : [button("up", `${STEP_LINES}`)]),
    button("all", hidden !== undefined && hidden > MOST_LINES ? formatNumber(MOST_LINES) : all),
  ];
}
