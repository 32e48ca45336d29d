import type { SyncProgress } from "stackit/contract/sync-run";
import { percentOf, progressWords } from "./progress-words.ts";

/**
 * A thin line that fills. `look`: `rule` lies on the bottom edge of what it is in and takes no room; `line` takes its own.
 * Without progress, or where nobody knows how much there is, something only moves.
 */
export function ProgressBar({
  name,
  progress,
  look,
}: {
  name: string;
  progress: SyncProgress | undefined;
  look: "rule" | "line";
}) {
  const percent = progress && percentOf(progress);
  const words = progress && progressWords(progress);
  return (
    <div
      role="progressbar"
      className={`progress ${look}`}
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={words && `${words.step}, ${words.amount}`}
    >
      {percent === undefined ? (
        <i className="unknown" />
      ) : (
        // A new phase begins anew: it does not run back.
        <i key={progress?.phase} style={{ transform: `scaleX(${percent / 100})` }} />
      )}
    </div>
  );
}
