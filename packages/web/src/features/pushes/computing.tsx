import { useState } from "react";
import { formatSpan } from "../../lib/durations.ts";
import { useServices, useTicking } from "../../services.ts";
import { ProgressBar } from "../freshness/progress-bar.tsx";

/** What is told of an answer that lets one wait. Nothing in the first second, in which most come. */
export function Computing({ what }: { what: string }) {
  const { ticker } = useServices();
  const [since] = useState(() => ticker.now());
  const seconds = useTicking((now) => Math.max(0, Math.floor((now - since) / 1000)));
  return (
    <div className="computing meta">
      <p role="status">{seconds > 0 && `${what}…`}</p>
      {seconds > 0 && (
        <>
          <p className="num" aria-hidden="true">
            {formatSpan(seconds * 1000)}
          </p>
          <ProgressBar name={what} progress={undefined} look="line" />
        </>
      )}
    </div>
  );
}
