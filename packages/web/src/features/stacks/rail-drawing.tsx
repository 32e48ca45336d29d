import { memo } from "react";
import type { NodeShape, NodeTone } from "./branch-state.ts";
import type { LineStyle, RailLine, RailRow } from "./rail.ts";

export const COLUMN_WIDTH = 18;
const RADIUS = 4.5;

const dashes: Record<LineStyle, string | undefined> = { solid: undefined, dashed: "4 3", dotted: "1.5 4" };

function x(column: number): number {
  return 12 + column * COLUMN_WIDTH;
}

export function railWidth(columns: number): number {
  return 24 + (columns - 1) * COLUMN_WIDTH;
}

/** The part of the rail that runs through one row. The words beside it say the same. */
export const RailDrawing = memo(function RailDrawing({
  rail,
  shape,
  tone,
  height,
  columns,
  isHere,
}: {
  rail: RailRow;
  shape: NodeShape;
  tone: NodeTone;
  height: number;
  columns: number;
  isHere: boolean;
}) {
  const middle = height / 2;
  const center = x(rail.column);
  const width = railWidth(columns);
  return (
    <svg aria-hidden="true" className="rail" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {rail.passes.map(({ column, style }) => (
        <path key={column} d={`M${x(column)} 0V${height}`} strokeDasharray={dashes[style]} />
      ))}
      {rail.up && <path d={`M${center} 0V${middle}`} strokeDasharray={dashes[rail.up]} />}
      {rail.joins.map(({ column, style }) => (
        <path
          key={column}
          d={`M${x(column)} 0V${middle - 8}q0 8-8 8H${center}`}
          strokeDasharray={dashes[style]}
        />
      ))}
      <path d={`M${center} ${middle}V${height}`} strokeDasharray={dashes[rail.down]} />
      <g className={`node ${tone}`} transform={`translate(${center} ${middle})`}>
        {isHere && <circle className="halo" r="8.5" />}
        <Node shape={shape} />
      </g>
    </svg>
  );
});

function Node({ shape }: { shape: NodeShape }) {
  switch (shape) {
    case "none":
      return <circle r="3.5" />;
    case "draft":
      return <circle r={RADIUS} strokeDasharray="2.4 2.3" />;
    case "open":
      return <circle r={RADIUS} />;
    case "merged":
      return <path className="filled" d="M0-5.5 5.5 0 0 5.5-5.5 0Z" />;
    case "closed":
      return <path d="M-4-4h8v8h-8z" />;
    case "moved":
      return <path d="M0-5.2 5.4 4.2H-5.4Z" />;
  }
}

/** The end of a stack's rail: a short bar. */
export function TrunkDrawing({
  height,
  columns,
  lines,
}: {
  height: number;
  columns: number;
  lines: readonly RailLine[];
}) {
  const width = railWidth(columns);
  const middle = height / 2;
  const end = x(0);
  return (
    <svg aria-hidden="true" className="rail" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {lines.map(({ column, style }) => (
        <path
          key={column}
          d={column === 0 ? `M${end} 0V${middle}` : `M${x(column)} 0V${middle - 8}q0 8-8 8H${end}`}
          strokeDasharray={dashes[style]}
        />
      ))}
      <path className="trunk-bar" d={`M${end - 7} ${middle}h14`} />
    </svg>
  );
}

/** The layers next to the trunk that are merged and folded away. */
export function MergedDrawing({ height, columns }: { height: number; columns: number }) {
  const width = railWidth(columns);
  return (
    <svg aria-hidden="true" className="rail" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      <path d={`M${x(0)} 0V${height}`} />
      <g className="node merged" transform={`translate(${x(0)} ${height / 2})`}>
        <path className="filled" d="M0-4.5 4.5 0 0 4.5-4.5 0Z" />
      </g>
    </svg>
  );
}
