export interface BackoffOptions {
  baseMs: number;
  capMs: number;
}

/**
 * How long to wait before the attempt that follows `failures` failures in a row: anything up to `baseMs` doubled with
 * each failure, so that many who failed together do not come back together. With 2 s and 5 min the upper ends are
 * 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 … seconds.
 */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffOptions, random: () => number): number {
  const upperEnd = Math.min(capMs, baseMs * 2 ** Math.max(0, failures - 1));
  return random() * upperEnd;
}
