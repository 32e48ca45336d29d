import { untraced } from "./tracing.ts";

/**
 * Two kinds of time. `now` decides (deadlines, order, durations) and never jumps; `wallNow` is only shown to people,
 * because the machine's clock may be set at any moment. Both are milliseconds.
 */
export interface Clock {
  /** Monotonic, from an arbitrary start. */
  now(): number;
  /** Since the epoch. */
  wallNow(): number;
  /**
   * Calls once. It may come a little early (a timer's grain) or much too early (beyond 24 days), so the callee looks
   * at the clock again where that matters. The returned function cancels and may be called at any time. What the call begins is no part
   * of what was being traced when it was arranged.
   */
  after(delayMs: number, call: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after(delayMs, call) {
    const inMs = Math.min(Math.max(0, Math.ceil(delayMs)), LONGEST_TIMER_MS);
    const timer = setTimeout(() => untraced(call), inMs);
    return () => clearTimeout(timer);
  },
};
