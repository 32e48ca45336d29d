import type { Freshness } from "stackit/contract/repo";
import { PULSE_BARS, PULSE_HEIGHT_PX, pulseBars, pulseWords } from "./pulse.ts";

const STEP_PX = 6;
const BAR_PX = 4;
const WIDTH_PX = PULSE_BARS * STEP_PX - (STEP_PX - BAR_PX);

/** How the last syncs went, at a glance. One that failed carries a cap, so that it is told without its colour. */
export function PulseBars({ recent }: { recent: Freshness["recent"] }) {
  const bars = pulseBars(recent);
  const words = pulseWords(recent);
  return (
    <svg
      className="pulse"
      role="img"
      aria-label={words}
      width={WIDTH_PX}
      height={PULSE_HEIGHT_PX}
      viewBox={`0 0 ${WIDTH_PX} ${PULSE_HEIGHT_PX}`}
    >
      <title>{words}</title>
      {Array.from({ length: PULSE_BARS }, (_, index) => {
        const x = index * STEP_PX;
        const bar = bars[index - (PULSE_BARS - bars.length)];
        if (!bar)
          return <rect key={x} className="none" x={x} y={PULSE_HEIGHT_PX - 1} width={BAR_PX} height={1} />;
        const y = PULSE_HEIGHT_PX - bar.heightPx;
        return (
          <g key={x} className={bar.tone}>
            <rect x={x} y={y} width={BAR_PX} height={bar.heightPx} rx={1} />
            {bar.tone === "bad" && <rect x={x} y={y - 4} width={BAR_PX} height={2} />}
          </g>
        );
      })}
    </svg>
  );
}
