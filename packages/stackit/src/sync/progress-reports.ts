import type { SyncProgress } from "../contract/sync-run.ts";
import type { Clock } from "../lib/clock.ts";
import type { LaneRun } from "./lane.ts";

/** Observers hear of the same run's progress no more often. */
export const PROGRESS_EVERY_MS = 500;

/**
 * What a target says of its progress stands in the run's record at once. It is told at once too when nothing was for a
 * while, otherwise as it then stands when the while is over. After `stop` nothing is written or told.
 */
export function progressReports(
  run: LaneRun,
  clock: Clock,
  tell: () => void,
): { report: (progress: SyncProgress) => void; stop: () => void } {
  let isStopped = false;
  let isUntold = false;
  let cancelPause: (() => void) | undefined;

  const tellAndPause = (): void => {
    isUntold = false;
    cancelPause = clock.after(PROGRESS_EVERY_MS, () => {
      cancelPause = undefined;
      if (isUntold) tellAndPause();
    });
    tell();
  };

  return {
    report(progress) {
      if (isStopped) return;
      run.record = { ...run.record, progress };
      if (cancelPause) isUntold = true;
      else tellAndPause();
    },
    stop() {
      isStopped = true;
      cancelPause?.();
    },
  };
}
