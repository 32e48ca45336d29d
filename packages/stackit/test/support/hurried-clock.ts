import { type Clock, systemClock } from "../../src/lib/clock.ts";

/** On which everything waits so many times shorter than in fact. The time that is shown is the real one. */
export function hurriedClock(times: number): Clock {
  return {
    now: () => systemClock.now() * times,
    wallNow: systemClock.wallNow,
    after: (delayMs, call) => systemClock.after(delayMs / times, call),
  };
}
