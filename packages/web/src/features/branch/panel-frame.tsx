import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";
import { read, write } from "../../ui/use-stored.ts";

const STORAGE_KEY = "stackit.panel-width";
const MIN_WIDTH = 344;
/** What is left of the list beside the widest panel. */
const MIN_LIST = 420;
const STEP = 24;

/** The panel beside the list, with a border that can be dragged, or moved with the arrow keys. */
export function PanelFrame({ children }: { children: ReactNode }) {
  const [width, setWidth] = useState(initialWidth);

  function resize(wanted: number): void {
    const next = clampWidth(wanted);
    setWidth(next);
    write(STORAGE_KEY, String(next));
  }

  function drag(event: PointerEvent<HTMLElement>): void {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    resize(window.innerWidth - event.clientX);
  }

  function step(event: KeyboardEvent): void {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    resize(width + (event.key === "ArrowLeft" ? STEP : -STEP));
  }

  return (
    <div className="panel-frame" style={{ "--panel-width": `${width}px` } as CSSProperties}>
      {/* biome-ignore lint/a11y/useSemanticElements: a rule cannot be dragged; this is the separator of two panes. */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the panel"
        aria-valuenow={width}
        aria-valuemin={MIN_WIDTH}
        aria-valuemax={maxWidth()}
        tabIndex={0}
        className="panel-border"
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={step}
      />
      {children}
    </div>
  );
}

function maxWidth(): number {
  return Math.max(MIN_WIDTH, window.innerWidth - MIN_LIST);
}

function clampWidth(width: number): number {
  return Math.round(Math.min(maxWidth(), Math.max(MIN_WIDTH, width)));
}

function initialWidth(): number {
  const stored = Number(read(STORAGE_KEY));
  return clampWidth(stored > 0 ? stored : Math.min(960, window.innerWidth * 0.48));
}
