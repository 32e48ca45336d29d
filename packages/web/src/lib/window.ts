/** Where rows of known heights lie, and which of them a viewport needs. */
export function offsetsOf(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  for (const [index, height] of heights.entries()) offsets[index + 1] = (offsets[index] ?? 0) + height;
  return offsets;
}

/** The row that covers `y`; the last one for what lies below. */
export function rowAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

export interface Range {
  start: number;
  /** Exclusive. */
  end: number;
}

/**
 * The rows to draw for what is seen between `top` and `bottom`, with `overscan` pixels around it. Both ends are rounded
 * outwards to steps of eight rows, so that a small scroll draws nothing.
 */
export function rangeFor(offsets: Float64Array, top: number, bottom: number, overscan: number): Range {
  const length = offsets.length - 1;
  if (length <= 0) return { start: 0, end: 0 };
  const start = rowAt(offsets, top - overscan);
  const end = rowAt(offsets, bottom + overscan) + 1;
  return { start: Math.floor(start / 8) * 8, end: Math.min(length, Math.ceil(end / 8) * 8) };
}
